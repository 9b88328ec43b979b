//! The context that expressions see: `$context`, `$Context`, `$$`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Execution, FrameId, Millis, Run, Tokens};
use crate::program::{Language, Program};

pub(super) fn of(
    program: &Program,
    execution: &Execution,
    frame: FrameId,
    tokens: &dyn Tokens,
) -> Value {
    let run = execution.run(frame);
    // While a step's input is made, the step that follows is about to begin with the next event.
    let entered = run.map_or(execution.events + 1, |run| run.entered);
    let token = tokens.token(&execution.header, entered);
    match program.language {
        Language::First => first(execution, &token),
        Language::Second => second(program, execution, run, &token),
        Language::States => states(program, execution, run, &token),
    }
}

fn first(execution: &Execution, token: &str) -> Value {
    let header = &execution.header;
    json!({
        "flow": {"name": header.flow},
        "execution": {"name": header.name, "input": header.input, "startedTime": moment(execution.started)},
        "task": {"token": token},
    })
}

fn second(program: &Program, execution: &Execution, run: Option<&Run>, token: &str) -> Value {
    let header = &execution.header;
    let error = run.and_then(|run| run.fault.as_ref());
    json!({
        "Execution": {"Name": header.name, "Input": header.input, "RoleArn": header.role},
        "Current": {
            "Name": run.map_or("", |run| &program.step(run.step).name),
            "Input": run.map_or(&Value::Null, |run| &run.input),
            "Output": Value::Null,
            "Error": {
                "Code": error.map_or("", |fault| &fault.error),
                "Detail": error.map_or("", |fault| &fault.cause),
            },
            "RetryCount": run.map_or(0, |run| run.tries.iter().sum::<u64>()),
            "TaskToken": token,
        },
    })
}

fn states(program: &Program, execution: &Execution, run: Option<&Run>, token: &str) -> Value {
    let header = &execution.header;
    json!({
        "Execution": {
            "Id": format!("{}:{}", header.flow, header.name),
            "Name": header.name,
            "Input": header.input,
            "RoleArn": header.role,
            "StartTime": moment(execution.started),
        },
        "StateMachine": {"Name": header.flow, "Id": header.flow},
        "State": {
            "Name": run.map_or("", |run| &program.step(run.step).name),
            "RetryCount": run.map_or(0, |run| run.tries.iter().sum::<u64>()),
        },
        "Task": {"Token": token},
    })
}

fn moment(millis: Millis) -> String {
    Timestamp::from_millisecond(millis)
        .map_or_else(|_| String::new(), |moment| format!("{moment:.3}"))
}
