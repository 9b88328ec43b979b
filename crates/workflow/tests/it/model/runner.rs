//! Runs a flow while choices decide what comes next: which call comes back, when time passes, what is killed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use workflow::engine::{
    Call, Command, Effect, Event, EventKind, Execution, Fault, Header, Millis, Mode, apply,
};
use workflow::{Program, Target};

use crate::stage::Plain;

/// What a function replies, the same for the same input.
pub(super) fn reply(number: u8, input: &Value) -> Value {
    let sum: u64 = input.to_string().bytes().map(u64::from).sum();
    json!({"n": (sum + u64::from(number)) % 10})
}

/// An execution that ended.
pub(super) struct Run {
    pub(super) result: Result<Value, String>,
    events: Vec<Event>,
}

struct Runner<'p> {
    program: &'p Program,
    events: Vec<Event>,
    execution: Option<Execution>,
    open: Vec<Call>,
    tries: BTreeMap<u64, u64>,
    last: Option<Command>,
    now: Millis,
}

impl Run {
    pub(super) fn of(program: &Program, input: Value, choices: &[u8]) -> Self {
        let mut runner = Runner {
            program,
            events: Vec::new(),
            execution: None,
            open: Vec::new(),
            tries: BTreeMap::new(),
            last: None,
            now: 1_000,
        };
        runner.tell(Command::Start(Header {
            flow: "f".to_owned(),
            name: "n".to_owned(),
            input,
            mode: Mode::Standard,
            role: String::new(),
            token: None,
            caller: None,
            part: None,
        }));
        let mut choices = choices.iter().copied();
        while runner.there().is_running() {
            runner.go_on(choices.next().unwrap_or(2));
        }
        let there = runner.there();
        let result = match (&there.output, &there.fault) {
            (Some(output), _) => Ok(output.clone()),
            (None, fault) => Err(fault
                .as_ref()
                .map_or_else(String::new, |fault| fault.error.clone())),
        };
        Self {
            result,
            events: runner.events,
        }
    }

    /// What tasks replied, sorted.
    pub(super) fn results(&self) -> Vec<String> {
        let results = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::TaskSucceeded { output, .. } => Some(output.to_string()),
            _ => None,
        });
        let mut results: Vec<String> = results.collect();
        results.sort();
        results
    }

    /// No call that was scheduled has two ends, and no end is without a call.
    pub(super) fn each_call_ended_once(&self) -> Result<(), TestCaseError> {
        let mut out: BTreeMap<u64, bool> = BTreeMap::new();
        for event in &self.events {
            match &event.kind {
                EventKind::TaskScheduled { frame, .. } => {
                    let before = out.insert(*frame, true);
                    prop_assert_ne!(before, Some(true), "two calls at once in a frame");
                }
                EventKind::TaskSucceeded { frame, .. } | EventKind::TaskFailed { frame, .. } => {
                    let before = out.insert(*frame, false);
                    prop_assert_eq!(before, Some(true), "an end without a call");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Runner<'_> {
    fn there(&self) -> &Execution {
        self.execution.as_ref().expect("it began")
    }

    fn tell(&mut self, command: Command) -> usize {
        let turned = apply(
            self.program,
            self.execution.take(),
            command,
            self.now,
            &Plain,
        );
        let count = turned.events.len();
        self.events.extend(turned.events);
        self.execution = turned.execution;
        for effect in turned.effects {
            match effect {
                Effect::Call(call) => self.open.push(*call),
                Effect::Cancel(scheduled) => self.open.retain(|call| call.scheduled != scheduled),
                _ => {}
            }
        }
        // All of them each time would make long executions slow to test.
        if self.events.len() < 100 {
            let folded = Execution::of(self.program, &self.events);
            assert_eq!(
                folded, self.execution,
                "events do not add up to the execution"
            );
        }
        count
    }

    fn go_on(&mut self, choice: u8) {
        let due = self
            .there()
            .due()
            .filter(|due| *due < self.there().deadline);
        match (choice, due, self.last.clone()) {
            (0, ..) => self.kill(),
            // What is told twice means nothing the second time.
            (1, _, Some(last)) => assert_eq!(self.tell(last), 0),
            (3, Some(due), _) => self.tick(due),
            (_, Some(due), _) if self.open.is_empty() => self.tick(due),
            _ => self.answer(usize::from(choice)),
        }
    }

    /// Only the events are left, as they come back from a file.
    fn kill(&mut self) {
        let text = serde_json::to_string(&self.events).expect("events are JSON");
        self.events = serde_json::from_str(&text).expect("events come back");
        let again = Execution::of(self.program, &self.events).expect("it began");
        self.open = again.open_calls(self.program, &Plain);
        self.execution = Some(again);
    }

    fn tick(&mut self, due: Millis) {
        self.now = due.max(self.now);
        self.tell(Command::Tick);
    }

    fn answer(&mut self, choice: usize) {
        assert!(!self.open.is_empty(), "the execution stands still");
        let call = self.open.remove(choice % self.open.len());
        let command = Command::Returned {
            scheduled: call.scheduled,
            outcome: self.outcome(&call),
        };
        self.last = Some(command.clone());
        self.tell(command);
    }

    fn outcome(&mut self, call: &Call) -> Result<Value, Fault> {
        let (name, input) = match (&call.target, &call.parameters) {
            (Target::Function { name, .. }, _) => (name.clone(), call.input.clone()),
            (_, Some(parameters)) => {
                let name = parameters["name"].as_str().unwrap_or_default();
                (name.to_owned(), parameters["body"].clone())
            }
            _ => (String::new(), Value::Null),
        };
        let parts: Vec<&str> = name.split('-').collect();
        let [number, fails, error] = parts[..] else {
            panic!("`{name}` is no function of this test");
        };
        let tries = self.tries.entry(call.attempt.entered).or_default();
        *tries += 1;
        if *tries <= fails.parse().expect("a number") {
            return Err(Fault::new(error, "so"));
        }
        Ok(reply(number[1..].parse().expect("a number"), &input))
    }
}
