//! The context that expressions see: `$context`, `$Context`, `$$`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Attempt, Execution, FrameId, Millis, Run, State, Tokens};
use crate::expression::{Chance, Scene, evaluate};
use crate::program::{Kind, Language, Program, ScopeKind, StepId};

/// Where and when an expression is evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) frame: FrameId,
    /// The step that is about to begin there, and the moment, while its input is made; also when it is made again.
    pub(super) entering: Option<(StepId, Millis)>,
}

impl Spot {
    /// That of the step which a frame is at.
    pub(super) const fn of(frame: FrameId) -> Self {
        let entering = None;
        Self { frame, entering }
    }

    /// The step there. While its input is made, nothing of what became of it is seen.
    fn run(self, execution: &Execution) -> Option<&Run> {
        execution
            .run(self.frame)
            .filter(|_| self.entering.is_none())
    }
}

pub(super) fn of(
    program: &Program,
    execution: &Execution,
    spot: Spot,
    tokens: &dyn Tokens,
) -> Value {
    // While a step's input is made, the step that follows is about to begin with the next event.
    let next = Attempt {
        entered: execution.events + 1,
        earlier: 0,
    };
    let attempt = execution.run(spot.frame).map_or(next, Run::attempt);
    let token = tokens.token(&execution.header, attempt);
    match program.language {
        Language::First => first(execution, &token),
        Language::Second => second(program, execution, spot, &token),
        Language::States => states(program, execution, spot, tokens, &token),
    }
}

/// The step at a spot and since when.
fn step_at(execution: &Execution, spot: Spot) -> Option<(StepId, Millis)> {
    let run = spot.run(execution);
    run.map(|run| (run.step, run.since)).or(spot.entering)
}

fn repetitions(run: Option<&Run>) -> u64 {
    run.map_or(0, |run| run.tries.iter().sum())
}

fn first(execution: &Execution, token: &str) -> Value {
    let header = &execution.header;
    json!({
        "flow": {"name": header.flow},
        "execution": {"name": header.name, "input": header.input, "startedTime": moment(execution.started)},
        "task": {"token": token},
    })
}

fn second(program: &Program, execution: &Execution, spot: Spot, token: &str) -> Value {
    let header = &execution.header;
    let run = spot.run(execution);
    let error = run.and_then(|run| run.fault.as_ref());
    json!({
        "Execution": {"Name": header.name, "Input": header.input, "RoleArn": header.role},
        "Current": {
            "Name": step_at(execution, spot).map_or("", |(step, _)| &program.step(step).name),
            "Input": run.map_or(&Value::Null, |run| &run.input),
            "Output": Value::Null,
            "Error": {
                "Code": error.map_or("", |fault| &fault.error),
                "Detail": error.map_or("", |fault| &fault.cause),
            },
            "RetryCount": repetitions(run),
            "TaskToken": token,
        },
    })
}

fn states(
    program: &Program,
    execution: &Execution,
    spot: Spot,
    tokens: &dyn Tokens,
    token: &str,
) -> Value {
    let header = &execution.header;
    let mut context = json!({
        "Execution": {
            "Id": format!("{}:{}", header.flow, header.name),
            "Name": header.name,
            "Input": header.input,
            "RoleArn": header.role,
            "StartTime": moment(execution.started),
            "RedriveCount": execution.redriven.map_or(0, |(times, _)| times),
        },
        "StateMachine": {"Name": header.flow, "Id": header.flow},
        "Task": {"Token": token},
    });
    if let Some((_, last)) = execution.redriven {
        context["Execution"]["RedriveTime"] = json!(moment(last));
    }
    if let Some((step, since)) = step_at(execution, spot) {
        context["State"] = json!({
            "Name": program.step(step).name,
            "EnteredTime": moment(since),
            "RetryCount": repetitions(spot.run(execution)),
        });
    }
    if let Some((index, value)) = item(program, execution, spot.frame, tokens) {
        context["Map"] = map_item(index, &value);
    }
    context
}

/// How the context shows the item of an iteration.
pub(super) fn map_item(index: usize, value: &Value) -> Value {
    json!({"Item": {"Index": index, "Value": value}})
}

/// The item of the innermost iteration around a frame.
fn item(
    program: &Program,
    execution: &Execution,
    frame: FrameId,
    tokens: &dyn Tokens,
) -> Option<(usize, Value)> {
    let frame = execution.frames.get(&frame)?;
    let parent = frame.parent?;
    if program.scopes[frame.scope].kind != ScopeKind::Iteration {
        return item(program, execution, parent, tokens);
    }
    let run = execution.run(parent)?;
    let (Kind::Map(fan), State::Inside { items, .. }) = (&program.step(run.step).kind, &run.state)
    else {
        return None;
    };
    if let Some(items) = &items.0 {
        return Some((frame.index, items.get(frame.index)?.clone()));
    }
    // After a crash the items are found again: they follow from the input and the context of the map.
    let context = || of(program, execution, Spot::of(parent), tokens);
    let chance = Chance::of("");
    let scene = Scene {
        global: &run.variables,
        ..Scene::of(&run.input, &context, &chance)
    };
    let list = evaluate(&fan.items.list, &scene).ok()?;
    Some((frame.index, list.get(frame.index)?.clone()))
}

fn moment(millis: Millis) -> String {
    Timestamp::from_millisecond(millis)
        .map_or_else(|_| String::new(), |moment| format!("{moment:.3}"))
}
