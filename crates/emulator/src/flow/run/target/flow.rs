//! Flows as targets of tasks.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Call, EventKind, Fault, Header, Status};
use workflow::{Pattern, Target};

use super::{Called, Came, Runner, parameter};
use crate::flow::call::check_name;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::{Row, moment};
use crate::flow::run::{Begin, request_id};
use crate::flow::table;

/// Characters of a name of its own that tell of its caller.
const OWN: usize = 115;

/// Begins an execution of a flow that a resource names.
pub(super) async fn start(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    flow: &str,
) -> Called {
    let flow = parameter(call, "FlowName")
        .and_then(Value::as_str)
        .unwrap_or(flow);
    let (row, _) = started(runner, (header, call), flow).await?;
    Ok(Came::Begun(json!({
        "Name": row.name,
        "FlowName": row.flow,
        "Status": row.status,
        "StartedTime": moment(row.started),
    })))
}

/// The execution that a call begins, and the call's request.
async fn started(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    flow: &str,
) -> Result<(Row, String), Fault> {
    // What waits for completion is told by the execution itself; what waits for a report is told by whoever reports.
    let token = call
        .token
        .clone()
        .filter(|_| call.pattern == Pattern::Completion);
    let input = match parameter(call, "Input") {
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| {
            Fault::new(
                "fnf.InvalidArgument",
                "the parameter Input is a text that is not JSON",
            )
        })?,
        Some(value) => value.clone(),
        None => call.input.clone(),
    };
    let caller = request_id(header, (call.scheduled, call.since));
    let name = match parameter(call, "ExecutionName").and_then(Value::as_str) {
        Some(name) => {
            check_name("ExecutionName", name).map_err(|error| fault(&error))?;
            name.to_owned()
        }
        None => own_name(header, call, &caller),
    };
    let asked = (token, caller.as_str(), call.pattern);
    let row = begin(runner, flow, (&name, input), asked).await;
    Ok((row.map_err(|error| fault(&error))?, caller))
}

/// A name that tells where it comes from. Each try of a step has another, and a call made again after a crash the same.
pub(super) fn own_name(header: &Header, call: &Call, caller: &str) -> String {
    let told = format!("{}-{}", header.name, call.step);
    let told = told.chars().take(OWN).map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => c,
        _ => '_',
    });
    format!("{}-{}", told.collect::<String>(), &caller[24..])
}

/// `FNF:StartExecution`: the flow by `resourceArn`, and a reply, as the second language has them
/// (<https://help.aliyun.com/document_detail/2400188>); or the flow by `FlowName`, as the first has it.
pub(super) async fn act(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let Some(resource) = parameter(call, "ResourceArn").and_then(Value::as_str) else {
        return match parameter(call, "FlowName").and_then(Value::as_str) {
            Some(flow) => start(runner, (header, call), flow).await,
            None => Err(Fault::new(
                "fnf.MissingParameter",
                "the parameter resourceArn is missing",
            )),
        };
    };
    let Target::Flow(flow) = Target::of_resource(resource) else {
        return Err(Fault::new(
            "fnf.InvalidArgument",
            format!("{resource} is no flow"),
        ));
    };
    let (row, request) = started(runner, (header, call), &flow).await?;
    Ok(Came::Begun(json!({
        "FlowName": row.flow,
        "ExecutionName": row.name,
        "RequestID": request,
    })))
}

/// Begins an execution of a flow, or finds the one that this very call began before a crash.
pub(super) async fn begin(
    runner: &Arc<Runner>,
    flow: &str,
    (name, input): (&str, Value),
    (token, caller, pattern): (Option<String>, &str, Pattern),
) -> Outcome<Row> {
    let wanted = flow.to_owned();
    let found = runner
        .store
        .read(move |db| table::flow::find(db, &wanted))
        .await;
    let found = found?.ok_or_else(|| FlowError::no_flow(flow))?;
    let begin = Begin {
        definition: found.definition.clone(),
        flow: found,
        qualifier: String::new(),
        name: name.to_owned(),
        input,
        token,
        caller: Some(caller.to_owned()),
        item: None,
    };
    match runner.start(begin).await {
        Err(error) if error.code == "ExecutionAlreadyExists" => {
            let found = there(runner, (flow, name), (pattern, caller)).await;
            found.ok_or(error)
        }
        answered => answered,
    }
}

/// The execution of that name, if it was begun by this very call before a crash. Also another one that goes on, as
/// the API has it; but not for a call that waits for more than the reply: of its end that one would not tell it.
async fn there(
    runner: &Arc<Runner>,
    (flow, name): (&str, &str),
    (pattern, caller): (Pattern, &str),
) -> Option<Row> {
    let (flow, name) = (flow.to_owned(), name.to_owned());
    let read = runner.ledger.read(move |db| {
        let row = table::execution::find(db, &flow, &name)?;
        let events = row
            .as_ref()
            .map(|row| table::turn::events(db, row.id))
            .transpose()?;
        Ok::<_, FlowError>((row, events.unwrap_or_default()))
    });
    let (row, events) = read.await.ok()?;
    let is_mine = events.first().is_some_and(|event| match &event.kind {
        EventKind::ExecutionStarted { header, .. } => header.caller.as_deref() == Some(caller),
        _ => false,
    });
    row.filter(|row| {
        let goes_on = row.status == Status::Running.name();
        is_mine || (goes_on && pattern == Pattern::Response)
    })
}

fn fault(error: &FlowError) -> Fault {
    Fault::new(format!("fnf.{}", error.code), error.message.clone())
}
