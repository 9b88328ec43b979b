//! Flows.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::Severity;
use workflow::engine::Mode;

use crate::flow::call::Call;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::Flow;
use crate::flow::run::Runner;
use crate::flow::table;
use crate::identity::request_uuid;

/// The longest definition, in bytes.
const DEFINITION: usize = 1024 * 1024;
/// The longest description.
const DESCRIPTION: usize = 4096;

/// `CreateFlow`.
pub(super) async fn create(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let name = call.name("Name")?;
    let definition = call.need("Definition")?;
    let mode = match call.text("ExecutionMode") {
        None | Some("Standard") => Mode::Standard,
        Some("Express") => Mode::Express,
        Some(other) => {
            return Err(FlowError::invalid(format!(
                "ExecutionMode {other:?} is neither Standard nor Express."
            )));
        }
    };
    check((&name, mode), &definition)?;
    if call.text("ExternalStorageLocation").is_some() {
        return Err(FlowError::unserved("ExternalStorageLocation"));
    }
    let now = runner.now();
    let flow = Flow {
        id: request_uuid(),
        name,
        definition,
        description: call.words("Description", DESCRIPTION)?,
        kind: kind(&call.need("Type")?)?,
        role: call.words("RoleArn", 256)?,
        mode,
        environment: environment(call)?.unwrap_or_else(|| json!({"Variables": []})),
        group: call.words("ResourceGroupId", 256)?,
        created: now,
        modified: now,
    };
    let kept = flow.clone();
    if !runner
        .store
        .write(move |db| table::flow::create(db, &kept))
        .await?
    {
        return Err(FlowError::taken(
            "FlowAlreadyExists",
            format!("Flow {} exists already.", flow.name),
        ));
    }
    Ok(flow.shown())
}

/// `UpdateFlow`: what is not given stays. Executions that run go on by the definition that they began with.
pub(super) async fn update(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let mut flow = find(runner, &call.name("Name")?)?;
    if let Some(definition) = call.text("Definition") {
        check((&flow.name, flow.mode), definition)?;
        definition.clone_into(&mut flow.definition);
    }
    if call.0.params.iter().any(|(key, _)| key == "Description") {
        flow.description = call.words("Description", DESCRIPTION)?;
    }
    if let Some(text) = call.text("Type") {
        flow.kind = kind(text)?;
    }
    if call.0.params.iter().any(|(key, _)| key == "RoleArn") {
        flow.role = call.words("RoleArn", 256)?;
    }
    if let Some(environment) = environment(call)? {
        flow.environment = environment;
    }
    flow.modified = runner.now();
    let kept = flow.clone();
    runner
        .store
        .write(move |db| table::flow::update(db, &kept))
        .await?;
    Ok(flow.shown())
}

/// `DescribeFlow`, as it is or as a version has it.
pub(super) async fn describe(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let mut flow = find(runner, &call.name("Name")?)?;
    if let Some(version) = call.text("FlowVersion") {
        flow.definition = super::version::find(runner, &flow.name, version)
            .await?
            .definition;
    }
    let mut shown = flow.shown();
    let name = flow.name.clone();
    let running = runner
        .ledger
        .read(move |db| table::execution::running_of(db, &name))
        .await?;
    // Not a field of the vendor's: how many executions a change would leave to the older definition.
    shown["RunningExecutions"] = json!(running);
    Ok(shown)
}

/// `ListFlows`.
pub(super) async fn list(runner: &Runner, call: &Call<'_>) -> Outcome<Value> {
    let page = call.page(60, 1000)?;
    let all = runner.store.read(table::flow::all).await?;
    let (flows, next) = page.cut(all, |flow| flow.name.clone());
    let flows: Vec<Value> = flows.iter().map(Flow::shown).collect();
    Ok(json!({"Flows": flows, "NextToken": next}))
}

/// `DeleteFlow`: its executions go with it, those that run too.
pub(super) async fn delete(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let name = call.name("Name")?;
    let wanted = name.clone();
    let deleted = runner.ledger.change(move |db| {
        if !table::flow::delete(db, &wanted)? {
            return Err(FlowError::no_flow(&wanted));
        }
        Ok(table::execution::delete_of(db, &wanted)?)
    });
    let (ids, reports) = deleted.await?;
    runner.forget(&ids).await;
    for report in reports {
        runner.pass_on(report);
    }
    Ok(json!({}))
}

/// The flow of that name.
pub(super) fn find(runner: &Runner, name: &str) -> Outcome<Flow> {
    let found = runner.store.peek(|db| table::flow::find(db, name))?;
    found.ok_or_else(|| FlowError::no_flow(name))
}

fn kind(text: &str) -> Outcome<String> {
    match text {
        "FDL" | "DEFAULT" => Ok(text.to_owned()),
        other => Err(FlowError::invalid(format!("Type {other:?} is not FDL."))),
    }
}

/// A definition is taken only if it can run in the flow's mode.
fn check((name, mode): (&str, Mode), definition: &str) -> Outcome<()> {
    if definition.len() > DEFINITION {
        return Err(FlowError::invalid(format!(
            "Definition is longer than {DEFINITION} bytes."
        )));
    }
    let (mut program, mut findings) = workflow::read(definition);
    if let Some(read) = program.as_ref().filter(|_| mode == Mode::Express) {
        let unfit = workflow::express(read);
        if !unfit.is_empty() {
            findings.extend(unfit);
            program = None;
        }
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    let Some(program) = program else {
        return Err(FlowError::invalid(format!(
            "The definition of flow {name} is wrong: {}",
            errors.join("; ")
        )));
    };
    match program.name {
        Some(own) if own != name => Err(FlowError::invalid(format!(
            "The definition's Name is {own:?}, and the flow's is {name:?}: they must be the same."
        ))),
        _ => Ok(()),
    }
}

fn environment(call: &Call) -> Outcome<Option<Value>> {
    let Some(given) = call.json("Environment")? else {
        return Ok(None);
    };
    let variables = given["Variables"].as_array().cloned().unwrap_or_default();
    if variables
        .iter()
        .any(|variable| !variable["Name"].is_string())
    {
        return Err(FlowError::invalid(
            "Each of Environment's Variables needs a Name.",
        ));
    }
    Ok(Some(json!({"Variables": variables})))
}
