//! An execution's events as `GetExecutionHistory` shows them.

use serde_json::{Value, json};
use workflow::engine::{Again, Event, EventKind, Execution, Fault, FrameId, State, Tokens};
use workflow::{Kind, Pattern, Program, StepId};

use super::model::moment;
use super::run::request_id;

/// The history of an execution as replies show it. What the details hold is a choice where no source tells it.
///
/// Where a task that waits for a report begins, its token is told: whoever may read the history may report.
pub(super) fn shown(program: &Program, events: &[Event], tokens: &dyn Tokens) -> Vec<Value> {
    let Some((first, rest)) = events.split_first() else {
        return Vec::new();
    };
    let Some(mut execution) = Execution::of(program, std::slice::from_ref(first)) else {
        return Vec::new();
    };
    let one = |execution: &Execution, event: &Event| one(program, execution, (event, tokens));
    let mut all = vec![one(&execution, first)];
    for event in rest {
        // A step's name is known until the step ends, and only after it began.
        if matches!(event.kind, EventKind::StepEntered { .. }) {
            execution.fold(program, event);
            all.push(one(&execution, event));
        } else {
            if event.kind.is_history() {
                all.push(one(&execution, event));
            }
            execution.fold(program, event);
        }
    }
    all
}

fn one(program: &Program, execution: &Execution, (event, tokens): (&Event, &dyn Tokens)) -> Value {
    let step = event
        .kind
        .frame()
        .and_then(|frame| Some((frame, execution.frames.get(&frame)?.at.as_ref()?)));
    let name = step.map_or("", |(_, run)| &program.step(run.step).name);
    let scheduled = step.and_then(|(_, run)| match run.state {
        State::Calling { scheduled, .. } => Some((scheduled, run.since)),
        _ => None,
    });
    let scheduled = scheduled.filter(|_| event.kind.name().starts_with("Task"));
    let mut detail = detail(&event.kind);
    if let (EventKind::TaskStarted { .. }, Some(scheduled)) = (&event.kind, scheduled) {
        detail["requestId"] = json!(request_id(&execution.header, scheduled));
        let waiting = step.filter(|(_, run)| is_reported_on(program, run.step));
        if let Some((_, run)) = waiting {
            detail["taskToken"] = json!(tokens.token(&execution.header, run.attempt()));
        }
    }
    json!({
        "EventId": event.id,
        "ScheduleEventId": scheduled.map_or(0, |(event, _)| event),
        "Type": event.kind.name(),
        "StepName": name,
        "Time": moment(event.time),
        "EventDetail": detail.to_string(),
    })
}

/// Whether a step is a task that others report on.
fn is_reported_on(program: &Program, step: StepId) -> bool {
    match &program.step(step).kind {
        Kind::Task(task) => task.pattern == Pattern::Callback,
        _ => false,
    }
}

fn detail(kind: &EventKind) -> Value {
    match kind {
        EventKind::ExecutionStarted { header, .. } => json!({"input": header.input}),
        EventKind::ExecutionSucceeded { output } => json!({"output": output}),
        EventKind::ExecutionFailed { fault }
        | EventKind::ExecutionStopped { fault }
        | EventKind::ExecutionTimedOut { fault } => {
            json!({"error": fault.error, "cause": fault.cause})
        }
        EventKind::ExecutionRedriven { .. } => json!({}),
        EventKind::TaskSubmitFailed {
            frame,
            fault,
            again,
        }
        | EventKind::TaskFailed {
            frame,
            fault,
            again,
        }
        | EventKind::TaskTimedOut {
            frame,
            fault,
            again,
        } => failed(*frame, fault, again.as_ref()),
        EventKind::MapRunFailed { frame, name, fault } => {
            let mut detail = failed(*frame, fault, None);
            detail["output"] = json!({"MapRunName": name});
            detail
        }
        EventKind::StepFailed {
            frame,
            fault,
            again,
            caught,
        } => {
            let mut detail = failed(*frame, fault, again.as_ref());
            detail["caught"] = json!(caught);
            detail
        }
        other => inner(other),
    }
}

fn failed(frame: FrameId, fault: &Fault, again: Option<&Again>) -> Value {
    let retry = again.map(|again| moment(again.at));
    json!({"frame": frame, "error": fault.error, "cause": fault.cause, "retry": retry})
}

/// Of what happens inside an execution and goes well.
fn inner(kind: &EventKind) -> Value {
    match kind {
        EventKind::StepEntered {
            frame,
            input,
            until,
            ..
        } => {
            json!({"frame": frame, "input": input, "until": until.map(moment)})
        }
        EventKind::StepStarted { frame, case, count } => {
            json!({"frame": frame, "case": case, "count": count})
        }
        EventKind::BranchEntered {
            frame,
            index,
            input,
        }
        | EventKind::IterationEntered {
            frame,
            index,
            input,
        } => {
            json!({"frame": frame, "index": index, "input": input})
        }
        EventKind::BranchExited { frame, output }
        | EventKind::IterationExited { frame, output }
        | EventKind::TaskSubmitted { frame, output }
        | EventKind::TaskSucceeded { frame, output } => json!({"frame": frame, "output": output}),
        EventKind::StepExited {
            frame,
            output,
            assigned,
        } => match assigned {
            Some(assigned) => {
                json!({"frame": frame, "output": output, "assignedVariables": assigned})
            }
            None => json!({"frame": frame, "output": output}),
        },
        EventKind::TaskScheduled {
            frame, deadline, ..
        } => {
            json!({"frame": frame, "deadline": deadline.map(moment)})
        }
        EventKind::MapRunStarted { frame, name, .. }
        | EventKind::MapRunSucceeded { frame, name } => {
            json!({"frame": frame, "output": {"MapRunName": name}})
        }
        other => json!({"frame": other.frame()}),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use workflow::engine::EventKind;

    use super::inner;

    #[test]
    fn variables_that_a_step_sets_are_shown_only_if_there_are_some() {
        let exited = |assigned| EventKind::StepExited {
            frame: 0,
            output: json!(1),
            assigned,
        };
        let shown = inner(&exited(Some(json!({"x": 2}))));
        let wanted = json!({"frame": 0, "output": 1, "assignedVariables": {"x": 2}});
        assert_eq!(shown, wanted);
        assert_eq!(inner(&exited(None)), json!({"frame": 0, "output": 1}));
    }
}
