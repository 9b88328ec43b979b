//! Executions.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use workflow::engine::{Command, EVENTS, Event, Execution, Fault, Mode, Status};

use super::{alias, flow, version};
use crate::flow::call::{Call, check_name};
use crate::flow::error::{FlowError, Outcome};
use crate::flow::history;
use crate::flow::model::{Flow, Row, moment};
use crate::flow::run::{Begin, Runner};
use crate::flow::table::{self, execution::Wanted};
use crate::identity::request_uuid;
use crate::store::StoreError;

/// The longest wait of `DescribeExecution`, in seconds.
const WAIT: u64 = 60;
/// The statuses that the vendor's executions have. None here is starting: one that is shown has begun.
const STATUSES: [&str; 6] = [
    "Starting",
    Status::Running.name(),
    Status::Succeeded.name(),
    Status::Failed.name(),
    Status::Stopped.name(),
    Status::TimedOut.name(),
];

/// `StartExecution`. While an execution of that name goes on, it is that one, as the vendor has it
/// (alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-startexecution).
pub(super) async fn start(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let name = match call.text("ExecutionName") {
        Some(name) => {
            check_name("ExecutionName", name)?;
            name.to_owned()
        }
        None => format!("_{}", request_uuid()),
    };
    let (begin, input) = begin(runner, call, flow, name).await?;
    let definition = begin.definition.clone();
    let named = (begin.flow.name.clone(), begin.name.clone());
    let row = match runner.start(begin).await {
        Ok(row) => row,
        Err(error) if error.code == "ExecutionAlreadyExists" => {
            return going_on(runner, named).await?.ok_or(error);
        }
        Err(error) => return Err(error),
    };
    // The vendor's reply leaves open how far the execution is.
    Ok(json!({
        "Name": row.name,
        "FlowName": row.flow,
        "FlowDefinition": definition,
        "Status": "",
        "Input": input,
        "Output": "",
        "StartedTime": moment(row.started),
        "StoppedTime": "",
    }))
}

/// The execution of a flow and a name, if it goes on.
async fn going_on(runner: &Runner, (flow, name): (String, String)) -> Outcome<Option<Value>> {
    let (row, execution) = whole(runner, flow, name).await?;
    if !execution.is_running() {
        return Ok(None);
    }
    let definition = definition_of(runner, &row).await?;
    Ok(Some(shown(&row, Some((&execution, &definition)))))
}

/// `StartSyncExecution`: of express flows only; its name need not be unique.
pub(super) async fn start_sync(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    if flow.mode != Mode::Express {
        let said = format!("Flow {} is not of the mode Express.", flow.name);
        return Err(FlowError::conflict("InvalidExecutionMode", said));
    }
    let environment = flow.environment.clone();
    let name = match call.text("ExecutionName") {
        Some(name) => {
            check_name("ExecutionName", name)?;
            format!("{name}:{}", request_uuid())
        }
        None => format!("_{}", request_uuid()),
    };
    let (begin, _) = begin(runner, call, flow, name).await?;
    let row = runner.start(begin).await?;
    let execution = match runner.ended(row.id).await? {
        Some(seen) => seen,
        None => Arc::new(whole(runner, row.flow.clone(), row.name.clone()).await?.1),
    };
    let fault = execution.fault.as_ref();
    Ok(json!({
        "Name": row.name,
        "FlowName": row.flow,
        "Status": execution.status.name(),
        "Output": output(&execution),
        "ErrorCode": fault.map_or("", |fault| &fault.error),
        "ErrorMessage": fault.map_or("", |fault| &fault.cause),
        "Environment": environment,
        "StartedTime": moment(row.started),
        "StoppedTime": execution.stopped.map_or_else(String::new, moment),
    }))
}

async fn begin(
    runner: &Runner,
    call: &Call<'_>,
    flow: Flow,
    name: String,
) -> Outcome<(Begin, String)> {
    let (text, input) = call.input("Input")?;
    let qualifier = call.text("Qualifier").unwrap_or_default().to_owned();
    let definition = definition(runner, &flow, &qualifier).await?;
    let token = call.text("CallbackFnFTaskToken").map(str::to_owned);
    Ok((
        Begin {
            flow,
            definition,
            qualifier,
            name,
            input,
            token,
            caller: None,
            item: None,
        },
        text,
    ))
}

/// What a qualifier leads to: the flow as it is, a version, or what an alias chooses by its weights.
async fn definition(runner: &Runner, flow: &Flow, qualifier: &str) -> Outcome<String> {
    if qualifier.is_empty() || qualifier == "LATEST" {
        return Ok(flow.definition.clone());
    }
    let mut number = qualifier.to_owned();
    let alias = alias::by_name(runner, &flow.name, qualifier).await?;
    if alias.is_none() && !version::is_number(qualifier) {
        return Err(alias::absent(&flow.name, qualifier));
    }
    if let Some(alias) = alias {
        let mut drawn = [0_u8; 8];
        getrandom::fill(&mut drawn)
            .map_err(|error| FlowError::from(StoreError::Commit(error.to_string())))?;
        let drawn = u64::from_le_bytes(drawn) % 100;
        let mut reached = 0;
        for route in &alias.routes {
            reached += u64::from(route.weight);
            if drawn < reached {
                number.clone_from(&route.version);
                break;
            }
        }
    }
    Ok(version::find(runner, &flow.name, &number).await?.definition)
}

/// `DescribeExecution`, which may wait for its end.
pub(super) async fn describe(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let (flow, name) = named(call)?;
    let wait = call.number("WaitTimeSeconds", 0, (0, WAIT))?;
    if wait > 0 {
        let row = row(runner, &flow, &name).await?;
        if row.status == Status::Running.name() {
            let ended = runner.ended(row.id);
            drop(tokio::time::timeout(Duration::from_secs(wait), ended).await);
        }
    }
    let (row, execution) = whole(runner, flow, name).await?;
    let definition = definition_of(runner, &row).await?;
    Ok(shown(&row, Some((&execution, &definition))))
}

/// `StopExecution`.
pub(super) async fn stop(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let (flow, name) = named(call)?;
    let fault = Fault::new(call.words("Error", 128)?, call.words("Cause", 4096)?);
    let row = row(runner, &flow, &name).await?;
    let told = runner.tell(row.id, Command::Stop(fault)).await?;
    if told.event.is_none() {
        let said = format!("Execution {name} of flow {flow} has ended already.");
        return Err(FlowError::conflict("ExecutionAlreadyTerminated", said));
    }
    let (row, execution) = whole(runner, flow, name).await?;
    let definition = definition_of(runner, &row).await?;
    let mut shown = shown(&row, Some((&execution, &definition)));
    shown["RoleArn"] = json!(execution.header.role);
    Ok(shown)
}

/// `RedriveExecution`: begins again what failed. Not an action of the vendor's.
pub(super) async fn redrive(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let (flow, name) = named(call)?;
    let row = row(runner, &flow, &name).await?;
    let told = runner.tell(row.id, Command::Redrive).await?;
    let is_redriven = told.event.is_some();
    let (row, execution) = whole(runner, flow, name).await?;
    if !is_redriven {
        let Row { name, flow, .. } = &row;
        let said = if execution.is_full() {
            format!("Execution {name} of flow {flow} has {EVENTS} events, the most there may be.")
        } else {
            format!("Execution {name} of flow {flow} has not failed.")
        };
        return Err(FlowError::conflict("ExecutionNotRedrivable", said));
    }
    Ok(shown(&row, None))
}

/// `ListExecutions`, the newest first.
pub(super) async fn list(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let flow = flow::find(runner, &call.name("FlowName")?)?;
    let limit = usize::try_from(call.number("Limit", 60, (1, 100))?).unwrap_or(60);
    let time = |name: &str| -> Outcome<Option<i64>> {
        let Some(text) = call.text(name) else {
            return Ok(None);
        };
        let moment: Result<jiff::Timestamp, _> = text.parse();
        moment
            .map(|moment| Some(moment.as_millisecond()))
            .map_err(|_| FlowError::invalid(format!("{name} is no time.")))
    };
    let before = call.text("NextToken").map(str::parse).transpose();
    let status = call.text("Status");
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        let known = STATUSES.join(", ");
        return Err(FlowError::invalid(format!(
            "Status must be one of {known}."
        )));
    }
    let wanted = Wanted {
        flow: flow.name,
        status: status.map(str::to_owned),
        prefix: call
            .text("ExecutionNamePrefix")
            .unwrap_or_default()
            .to_owned(),
        qualifier: call.text("Qualifier").map(str::to_owned),
        map_run: call.text("MapRunName").map(str::to_owned),
        from: time("StartedTimeBegin")?,
        to: time("StartedTimeEnd")?,
        before: before.map_err(|_| FlowError::invalid("NextToken is not one that was given."))?,
        limit: limit + 1,
    };
    let mut rows = runner
        .ledger
        .read(move |db| table::execution::list(db, &wanted))
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| row.id.to_string())
        .unwrap_or_default();
    let is_short = call.flag("MetadataOnly")?.unwrap_or(false);
    let mut executions = Vec::new();
    for row in &rows {
        if is_short {
            executions.push(shown(row, None));
            continue;
        }
        let (_, execution) = whole(runner, row.flow.clone(), row.name.clone()).await?;
        let definition = definition_of(runner, row).await?;
        executions.push(shown(row, Some((&execution, &definition))));
    }
    Ok(json!({"Executions": executions, "NextToken": next}))
}

/// `GetExecutionHistory`.
pub(super) async fn history(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let (flow, name) = named(call)?;
    let limit = call.number("Limit", 60, (1, 999))?;
    let after: u64 = match call.text("NextToken").map(str::parse).transpose() {
        Ok(after) => after.unwrap_or(0),
        Err(_) => return Err(FlowError::invalid("NextToken is not one that was given.")),
    };
    let row = row(runner, &flow, &name).await?;
    let program = runner.program(&row.digest).await?;
    let events = events(runner, row.id).await?;
    let number = |event: &Value| event["EventId"].as_u64().unwrap_or(0);
    let mut shown = history::shown(&program, &events, &runner.seal);
    shown.retain(|event| number(event) > after);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = shown.len() > limit;
    shown.truncate(limit);
    let last = shown.last().filter(|_| is_more);
    let next = last.map_or_else(String::new, |event| number(event).to_string());
    Ok(json!({"Events": shown, "NextToken": next}))
}

/// The flow and the execution that a call is about.
pub(super) fn named(call: &Call) -> Outcome<(String, String)> {
    Ok((call.name("FlowName")?, call.need("ExecutionName")?))
}

/// The row of an execution that must be there.
pub(super) async fn row(runner: &Runner, flow: &str, name: &str) -> Outcome<Row> {
    let found = runner.ledger.peek(|db| {
        let row = table::execution::find(db, flow, name)?;
        let is_alone = row.is_none() && table::flow::find(db, flow)?.is_none();
        Ok::<_, StoreError>((row, is_alone))
    });
    match found.await? {
        (Some(row), _) => Ok(row),
        (None, true) => Err(FlowError::no_flow(flow)),
        (None, false) => Err(FlowError::no_execution(flow, name)),
    }
}

/// Everything that happened to an execution.
pub(super) async fn events(runner: &Runner, id: i64) -> Outcome<Vec<Event>> {
    Ok(runner
        .ledger
        .read_one(id, move |db| table::turn::events(db, id))
        .await?)
}

/// An execution with everything that happened to it.
async fn whole(runner: &Runner, flow: String, name: String) -> Outcome<(Row, Execution)> {
    let row = row(runner, &flow, &name).await?;
    let program = runner.program(&row.digest).await?;
    let events = events(runner, row.id).await?;
    let execution =
        Execution::of(&program, &events).ok_or_else(|| FlowError::no_execution(&flow, &name))?;
    Ok((row, execution))
}

async fn definition_of(runner: &Runner, row: &Row) -> Outcome<String> {
    let digest = row.digest.clone();
    Ok(runner
        .store
        .read(move |db| table::execution::definition(db, &digest))
        .await?
        .unwrap_or_default())
}

fn shown(row: &Row, whole: Option<(&Execution, &str)>) -> Value {
    let mut shown = json!({
        "Name": row.name,
        "FlowName": row.flow,
        "Status": row.status,
        "StartedTime": moment(row.started),
        "StoppedTime": row.stopped.map_or_else(String::new, moment),
    });
    if let Some((execution, definition)) = whole {
        shown["Status"] = json!(execution.status.name());
        shown["FlowDefinition"] = json!(definition);
        shown["Input"] = json!(execution.header.input.to_string());
        shown["Output"] = json!(output(execution));
        shown["StoppedTime"] = json!(execution.stopped.map_or_else(String::new, moment));
        shown["Environment"] = json!({"Variables": []});
    }
    shown
}

fn output(execution: &Execution) -> String {
    execution
        .output
        .as_ref()
        .map_or_else(String::new, Value::to_string)
}
