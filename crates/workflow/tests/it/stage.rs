//! A stage on which a flow runs: a clock that jumps, and a closure in the place of the world.

use std::collections::VecDeque;

use serde_json::Value;
use workflow::engine::{
    Attempt, Call, Command, Effect, Event, Execution, Fault, Header, Millis, Mode, Status, Tokens,
    apply,
};
use workflow::{Finding, Program, Severity, Target};

/// Tokens that anyone can read.
pub(crate) struct Plain;

impl Tokens for Plain {
    fn token(&self, header: &Header, attempt: Attempt) -> String {
        let Attempt { entered, earlier } = attempt;
        format!("{}#{}#{entered}-{earlier}", header.flow, header.name)
    }
}

/// What the world makes of a call. `None`: it never comes back.
pub(crate) type World<'w> = dyn FnMut(&Call) -> Option<Result<Value, Fault>> + 'w;

pub(crate) struct Stage<'w> {
    pub(crate) program: Program,
    pub(crate) execution: Option<Execution>,
    pub(crate) events: Vec<Event>,
    pub(crate) calls: Vec<Call>,
    pub(crate) reports: Vec<(String, Result<Value, Fault>)>,
    pub(crate) now: Millis,
    is_killed: bool,
    open: VecDeque<Call>,
    world: Box<World<'w>>,
}

pub(crate) fn program(text: &str) -> Program {
    let (program, findings) = workflow::read(text);
    program.unwrap_or_else(|| panic!("{}", list(&findings)))
}

pub(crate) fn list(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.join(
        "
",
    )
}

pub(crate) fn errors(text: &str) -> Vec<String> {
    let (_, findings) = workflow::read(text);
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(ToString::to_string)
        .collect()
}

pub(crate) fn warnings(text: &str) -> Vec<String> {
    let (_, findings) = workflow::read(text);
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warning)
        .map(ToString::to_string)
        .collect()
}

impl<'w> Stage<'w> {
    pub(crate) fn new(
        text: &str,
        world: impl FnMut(&Call) -> Option<Result<Value, Fault>> + 'w,
    ) -> Self {
        Self {
            program: program(text),
            execution: None,
            events: Vec::new(),
            calls: Vec::new(),
            reports: Vec::new(),
            now: 1_600_000_000_000,
            is_killed: false,
            open: VecDeque::new(),
            world: Box::new(world),
        }
    }

    /// Is killed after everything that it is told: only the events are left each time.
    pub(crate) fn killed(mut self) -> Self {
        self.is_killed = true;
        self
    }

    /// Starts with an input and runs until nothing more happens by itself.
    pub(crate) fn start(mut self, input: Value) -> Self {
        self = self.begin(input);
        self.settle();
        self
    }

    /// Starts with an input and carries out calls, without letting time pass.
    pub(crate) fn begin(mut self, input: Value) -> Self {
        let header = Header {
            flow: "flow".to_owned(),
            name: "run".to_owned(),
            input,
            mode: Mode::Standard,
            role: "acs:ram::1:role/flow".to_owned(),
            token: None,
            caller: None,
            part: None,
        };
        self.tell(Command::Start(header));
        self.carry_out();
        self
    }

    pub(crate) fn tell(&mut self, command: Command) {
        let before = self.execution.take();
        let turned = apply(&self.program, before, command, self.now, &Plain);
        self.events.extend(turned.events);
        self.execution = turned.execution;
        for effect in turned.effects {
            match effect {
                Effect::Call(call) => {
                    self.calls.push((*call).clone());
                    self.open.push_back(*call);
                }
                Effect::Cancel(scheduled) => self.open.retain(|call| call.scheduled != scheduled),
                Effect::Report { token, outcome } => self.reports.push((token, outcome)),
                other => panic!("nothing here does {other:?}"),
            }
        }
        // All of them each time would make long executions slow to test.
        if self.events.len() < 300 || self.is_killed {
            let folded = Execution::of(&self.program, &self.events);
            assert_eq!(
                folded, self.execution,
                "events do not add up to the execution"
            );
            if let Some(folded) = folded.filter(|_| self.is_killed) {
                self.open = folded.open_calls(&self.program, &Plain).into();
                self.execution = Some(folded);
            }
        }
    }

    /// Carries out calls until there are none.
    pub(crate) fn carry_out(&mut self) {
        while let Some(call) = self.open.pop_front() {
            if let Some(outcome) = (self.world)(&call) {
                self.tell(Command::Returned {
                    scheduled: call.scheduled,
                    outcome,
                });
            }
        }
    }

    /// Carries out calls, and jumps to the next moment when there are none.
    pub(crate) fn settle(&mut self) {
        while self.execution().is_running() {
            self.carry_out();
            if !self.execution().is_running() {
                return;
            }
            let due = self.execution().due().unwrap_or(Millis::MAX);
            if due >= self.execution().deadline && self.waits() {
                return;
            }
            self.now = due.max(self.now);
            self.tell(Command::Tick);
        }
    }

    fn waits(&self) -> bool {
        self.execution().waiting_calls().next().is_some()
    }

    pub(crate) fn execution(&self) -> &Execution {
        self.execution.as_ref().expect("it began")
    }

    pub(crate) fn status(&self) -> Status {
        self.execution().status
    }

    pub(crate) fn output(&self) -> Value {
        match (&self.execution().output, &self.execution().fault) {
            (Some(output), _) => output.clone(),
            (None, fault) => panic!("{:?} {fault:?}", self.status()),
        }
    }

    pub(crate) fn fault(&self) -> Fault {
        self.execution().fault.clone().expect("it failed")
    }

    /// The names of the steps in the order in which they began.
    pub(crate) fn steps(&self) -> Vec<String> {
        let entered = self.events.iter().filter_map(|event| match &event.kind {
            workflow::engine::EventKind::StepEntered { step, .. } => {
                Some(self.program.step(*step).name.clone())
            }
            _ => None,
        });
        entered.collect()
    }

    pub(crate) fn called(&self) -> Vec<String> {
        self.calls.iter().map(|call| call.step.clone()).collect()
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.kind.name()).collect()
    }
}

/// A world that returns what it is given.
#[allow(clippy::unnecessary_wraps, reason = "it stands for the world")]
pub(crate) fn echo(call: &Call) -> Option<Result<Value, Fault>> {
    Some(Ok(call
        .parameters
        .clone()
        .unwrap_or_else(|| call.input.clone())))
}

#[allow(clippy::unnecessary_wraps, reason = "it stands for the world")]
pub(crate) fn failure(error: &str) -> Option<Result<Value, Fault>> {
    Some(Err(Fault::new(error, "as told")))
}

pub(crate) fn function(call: &Call) -> &str {
    match &call.target {
        Target::Function { name, .. } => name,
        _ => "",
    }
}
