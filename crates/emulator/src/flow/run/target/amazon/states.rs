//! `states:startExecution`.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use workflow::engine::{Call, Event, EventKind, Fault, Header};
use workflow::{Pattern, Target};

use super::super::flow::{begin, own_name};
use super::super::{Called, Came, Runner, parameter};
use super::with_request;
use crate::flow::call::check_name;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::Row;
use crate::flow::run::effect::request_id;
use crate::flow::table::{self, report::Report};
use crate::flow::token::Telling;

/// Begins an execution of the flow that `StateMachineArn` names, by `Name` and with `Input`, which is an empty object when
/// it is absent. A task that waits for its end is told so.
pub(in super::super) async fn start(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    telling: Telling,
) -> Called {
    let text = |name: &str| parameter(call, name).and_then(Value::as_str);
    let arn =
        text("StateMachineArn").ok_or_else(|| fault(&FlowError::missing("StateMachineArn")))?;
    let flow = flow(arn).ok_or_else(|| {
        let words = format!("{arn} names a version, an alias or no state machine");
        Fault::new("StepFunctions.InvalidArnException", words)
    })?;
    let input = match parameter(call, "Input") {
        None => json!({}),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|error| {
            let words = format!("Input is a text that is not JSON: {error}");
            Fault::new("StepFunctions.InvalidExecutionInputException", words)
        })?,
        Some(value) => value.clone(),
    };
    let request = request_id(header, (call.scheduled, call.since));
    let name = match text("Name") {
        Some(name) => {
            check_name("Name", name).map_err(|error| fault(&error))?;
            name.to_owned()
        }
        None => own_name(header, call, &request),
    };
    let waits = call.pattern == Pattern::Completion;
    let token = waits.then(|| runner.seal.of_end(header, call.attempt, telling));
    let asked = (token, request.as_str(), call.pattern);
    let row = begin(runner, flow, (&name, input), asked).await;
    let row = row.map_err(|error| fault(&error))?;
    let output = json!({"ExecutionArn": arn_of(&row), "StartDate": row.started});
    let output = with_request(output, 200, &request);
    Ok(match call.pattern {
        Pattern::Response => Came::Done(output),
        Pattern::Callback | Pattern::Completion => Came::Begun(output),
    })
}

impl Runner {
    /// What a step is told of the end of an execution that it began.
    ///
    /// # Errors
    /// The execution cannot be read.
    pub(in crate::flow::run) async fn told(
        &self,
        report: &Report,
        telling: Telling,
    ) -> Outcome<Result<Value, Fault>> {
        if telling == Telling::Bare {
            return Ok(report.outcome.clone());
        }
        let id = report.execution;
        let read = self.ledger.read(move |db| {
            let row = table::execution::by_id(db, id)?;
            Ok::<_, FlowError>((row, table::turn::events(db, id)?))
        });
        let (row, events) = read.await?;
        let mut said = ended(&report.outcome, telling);
        // Of one that was deleted there is no more to say.
        if let Some(row) = row {
            let about = described(&row, &events, telling);
            said.extend(about.into_iter().flatten());
            if report.outcome.is_err() {
                said.insert("Status".to_owned(), json!(failure(&row.status)));
            }
        }
        let said = Value::Object(said);
        Ok(match &report.outcome {
            Ok(_) => Ok(said),
            Err(_) => Err(Fault::new("States.TaskFailed", said.to_string())),
        })
    }
}

/// How an execution ended, as `DescribeExecution` of the vendor tells of it.
fn ended(outcome: &Result<Value, Fault>, telling: Telling) -> Map<String, Value> {
    let said = match outcome {
        Ok(output) => json!({
            "Output": shown(output, telling),
            "OutputDetails": {"Included": true},
            "RedriveStatus": "NOT_REDRIVABLE",
            "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            "Status": "SUCCEEDED",
        }),
        Err(fault) => json!({
            "Cause": fault.cause,
            "Error": fault.error,
            "RedriveStatus": "REDRIVABLE",
            "Status": "FAILED",
        }),
    };
    said.as_object().cloned().unwrap_or_default()
}

/// What else it tells of an execution: recorded with moments in milliseconds.
fn described(row: &Row, events: &[Event], telling: Telling) -> Option<Map<String, Value>> {
    let input = events.iter().find_map(|event| match &event.kind {
        EventKind::ExecutionStarted { header, .. } => Some(&header.input),
        _ => None,
    });
    let redriven = |event: &&Event| matches!(event.kind, EventKind::ExecutionRedriven { .. });
    let said = json!({
        "ExecutionArn": arn_of(row),
        "Input": shown(input?, telling),
        "InputDetails": {"Included": true},
        "Name": row.name,
        "RedriveCount": events.iter().filter(redriven).count(),
        "StartDate": row.started,
        "StateMachineArn": row.flow,
        "StopDate": row.stopped,
    });
    said.as_object().cloned()
}

/// How the vendor calls the status of an execution that did not succeed.
fn failure(status: &str) -> &'static str {
    match status {
        "Stopped" => "ABORTED",
        "TimedOut" => "TIMED_OUT",
        _ => "FAILED",
    }
}

/// Input or output: as a text of JSON, or as it is.
fn shown(value: &Value, telling: Telling) -> Value {
    match telling {
        Telling::Texts => Value::from(value.to_string()),
        Telling::Bare | Telling::Values => value.clone(),
    }
}

/// The same as `$$.Execution.Id`.
fn arn_of(row: &Row) -> String {
    format!("{}:{}", row.flow, row.name)
}

/// The flow that an ARN names, or its name: `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`, `acs:fnf:…:flow/NAME`,
/// `$$.StateMachine.Id`. Nothing if it names a version or an alias, or something else.
fn flow(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts[..] {
        [name] | ["arn", _, "states", _, _, "stateMachine", name] => Some(name),
        ["acs", ..] if matches!(Target::of_resource(arn), Target::Flow(_)) => {
            arn.rsplit_once("flow/").map(|(_, name)| name)
        }
        _ => None,
    }
}

/// The errors of the vendor by their names there, others by their names here.
fn fault(error: &FlowError) -> Fault {
    let name = match error.code {
        "FlowNotExists" => "StepFunctions.StateMachineDoesNotExistException".to_owned(),
        "ExecutionAlreadyExists" => "StepFunctions.ExecutionAlreadyExistsException".to_owned(),
        other => format!("fnf.{other}"),
    };
    Fault::new(name, error.message.clone())
}

#[cfg(test)]
mod tests {
    use super::flow;

    #[test]
    fn all_spellings_of_a_state_machine_name_a_flow() {
        for (arn, name) in [
            ("sub", Some("sub")),
            ("arn:aws:states:us-east-1:1:stateMachine:sub", Some("sub")),
            ("arn:aws:states:us-east-1:1:stateMachine:sub:live", None),
            ("acs:fnf:cn-hangzhou:1:flow/sub", Some("sub")),
            ("acs:fc:cn-hangzhou:1:functions/sub", None),
        ] {
            assert_eq!(flow(arn), name, "{arn}");
        }
    }
}
