//! Amazon States Language: small machines, and how they end.
//!
//! What is expected follows three kinds of sources. Recorded from executions of the vendor, as `LocalStack`'s snapshot
//! tests publish them (`tests/aws/services/stepfunctions/v2`): which texts, numbers and kinds the operators of choices
//! accept (`choice_operators`), what functions yield (`intrinsic_functions`: rounding, blank texts, splitting, formats),
//! outputs of parallel states and which moments are refused with `States.Runtime` (`scenarios`), that `States.ALL` matches
//! `States.DataLimitExceeded` (`error_handling`), that time-outs are `States.Timeout` and see the input before
//! `Parameters` (`timeouts`), states that fail, results that are no templates, the context (`base`). From the text of the
//! language and the vendor's pages: everything else, such as defaults of `Retry`, what `States.TaskFailed` matches,
//! `States.NoChoiceMatched`, `States.IntrinsicFailure`. The name `States.ReferencePathConflict`, and `States.Runtime` for
//! paths that lead nowhere, are those of executions that users showed in public.

mod choices;
mod data;
mod errors;
mod inside;
mod reading;
mod variables;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use workflow::Target;
use workflow::engine::{Call, Fault, Millis};

use crate::stage::Stage;

/// A machine, what it is given, and how it ends.
pub(super) struct Scenario {
    title: &'static str,
    states: String,
    input: Value,
    end: Result<Value, &'static str>,
    steps: Option<&'static str>,
    calls: Option<usize>,
    seconds: Option<Millis>,
}

/// A machine that starts at its state `A`.
pub(super) fn machine(title: &'static str, states: &str) -> Scenario {
    Scenario {
        title,
        states: format!("StartAt: A\nStates:\n{states}"),
        input: json!({}),
        end: Ok(json!({})),
        steps: None,
        calls: None,
        seconds: None,
    }
}

impl Scenario {
    pub(super) fn given(mut self, input: Value) -> Self {
        self.input = input;
        self
    }

    pub(super) fn gives(mut self, output: Value) -> Self {
        self.end = Ok(output);
        self
    }

    pub(super) fn fails(mut self, error: &'static str) -> Self {
        self.end = Err(error);
        self
    }

    /// The names of its steps in the order in which they began.
    pub(super) const fn through(mut self, steps: &'static str) -> Self {
        self.steps = Some(steps);
        self
    }

    /// How many calls it made.
    pub(super) const fn calls(mut self, count: usize) -> Self {
        self.calls = Some(count);
        self
    }

    /// How long it took by its own clock.
    pub(super) const fn takes(mut self, seconds: Millis) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// It ends so, also when only its events are left after each of its turns.
    fn check(&self) {
        for is_killed in [false, true] {
            let mut tries = BTreeMap::new();
            let world = |call: &Call| world(call, &mut tries);
            let stage = Stage::new(&self.states, world);
            let stage = if is_killed { stage.killed() } else { stage };
            self.check_end(&stage.start(self.input.clone()));
        }
    }

    fn check_end(&self, stage: &Stage) {
        let title = self.title;
        let execution = stage.execution();
        let end = match (&execution.output, &execution.fault) {
            (Some(output), _) => Ok(output.clone()),
            (None, fault) => Err(fault.as_ref().map_or("", |fault| fault.error.as_str())),
        };
        assert_eq!(end, self.end, "{title}: {:?}", execution.fault);
        if let Some(steps) = self.steps {
            assert_eq!(stage.steps().join(" "), steps, "{title}");
        }
        if let Some(calls) = self.calls {
            assert_eq!(stage.calls.len(), calls, "{title}");
        }
        if let Some(seconds) = self.seconds {
            assert_eq!(stage.now - execution.started, seconds * 1000, "{title}");
        }
    }
}

pub(super) fn check_all(scenarios: impl IntoIterator<Item = Scenario>) {
    for scenario in scenarios {
        scenario.check();
    }
}

/// Functions that do what they are called: `echo`, `big`, `never`, `fail-ERROR`, `flaky-TIMES-ERROR`.
fn world(call: &Call, tries: &mut BTreeMap<u64, usize>) -> Option<Result<Value, Fault>> {
    let name = match &call.target {
        Target::Function { name, .. } => name.as_str(),
        _ => "echo",
    };
    let times = tries.entry(call.attempt.entered).or_default();
    *times += 1;
    let parts: Vec<&str> = name.split('-').collect();
    match parts[..] {
        ["never"] => None,
        ["big"] => Some(Ok(json!("x".repeat(300 * 1024)))),
        ["fail", error] => Some(Err(Fault::new(error, "as told"))),
        ["flaky", count, error] if *times <= count.parse().expect("a number") => {
            Some(Err(Fault::new(error, "as told")))
        }
        ["flaky", ..] => Some(Ok(json!(format!("try {times}")))),
        _ => crate::stage::echo(call),
    }
}
