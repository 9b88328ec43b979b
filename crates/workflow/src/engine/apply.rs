//! One command at a time: what happens, and what is to be done outside.

use serde_json::Value;

use super::context::Spot;
use super::execution::Execution;
use super::fault::Way;
use super::limits::EVENTS;
use super::{
    Attempt, Call, Change, Child, Event, EventKind, Fault, FrameId, Header, ItemId, Millis,
    Opening, State, Tokens, Unopened, Writing,
};
use crate::data::Around;
use crate::expression::NOTHING;
use crate::program::{Next, Program};

/// What an execution is told.
#[derive(Debug, Clone)]
pub enum Command {
    /// Begin. Only for an execution that is not there yet.
    Start(Header),
    /// A call that an effect asked for came back.
    Returned {
        /// The number of the event that scheduled it.
        scheduled: u64,
        /// What it replied, or how the task failed.
        outcome: Result<Value, Fault>,
    },
    /// A call that an effect asked for could not be made.
    Refused {
        /// The number of the event that scheduled it.
        scheduled: u64,
        /// Why.
        fault: Fault,
    },
    /// Somebody reported to the token of a try of a step that waits for it.
    Reported {
        /// Which try. A report to an earlier one than the step is at comes too late.
        attempt: Attempt,
        /// What was reported.
        outcome: Result<Value, Fault>,
    },
    /// The items of a map run are there, or cannot be.
    MapRunOpened {
        /// The number of the event that started the map run.
        started: u64,
        /// The items that were read; nothing if they are in the data.
        outcome: Result<Option<Vec<Value>>, Unopened>,
    },
    /// The execution of an item of a map run ended.
    ItemEnded {
        /// Which one.
        item: ItemId,
        /// Its output, or why there is none.
        outcome: Result<Value, Fault>,
    },
    /// The results of a map run were written, or cannot be.
    ResultsWritten {
        /// The number of the event that started the map run.
        started: u64,
        /// What the map yields, or why they were not written, in words.
        outcome: Result<Value, String>,
    },
    /// Carry out a map run otherwise.
    UpdateMapRun {
        /// Its name.
        name: String,
        /// How.
        change: Change,
    },
    /// Time has passed.
    Tick,
    /// Stop.
    Stop(Fault),
    /// Begin again what failed.
    Redrive,
}

/// What is to be done outside, once the events are kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make this call, and tell what came of it.
    Call(Box<Call>),
    /// Nobody waits any more for the call that the event of this number scheduled.
    Cancel(u64),
    /// Make room for a map run and read its items, if they are to be read.
    OpenMapRun(Box<Opening>),
    /// Begin the execution of an item of a map run. One that is there already has begun.
    BeginItem(Box<Child>),
    /// Write the results of a map run.
    WriteResults(Box<Writing>),
    /// Stop the executions of the items of a map run of this name that nobody waits for any more.
    StopItems(String),
    /// Tell a token how the execution ended.
    Report {
        /// The token.
        token: String,
        /// The output, or why there is none.
        outcome: Result<Value, Fault>,
    },
}

impl Effect {
    /// Whether it is the end of something else.
    const fn gives_up(&self) -> bool {
        matches!(self, Self::Cancel(_) | Self::StopItems(_))
    }
}

/// What came of a command. No events: the command came too late or meant nothing.
#[derive(Debug)]
pub struct Turned {
    /// The execution as it is now. `None` only if it never began.
    pub execution: Option<Execution>,
    /// What happened.
    pub events: Vec<Event>,
    /// What is to be done.
    pub effects: Vec<Effect>,
}

/// Tells an execution something at a moment. The same command in the same state at the same moment yields the same.
pub fn apply(
    program: &Program,
    execution: Option<Execution>,
    command: Command,
    now: Millis,
    tokens: &dyn Tokens,
) -> Turned {
    let (execution, command) = match (execution, command) {
        (None, Command::Start(header)) => (Execution::new(header.clone()), Command::Start(header)),
        (Some(execution), command) if !matches!(command, Command::Start(_)) => (execution, command),
        (execution, _) => {
            return Turned {
                execution,
                events: Vec::new(),
                effects: Vec::new(),
            };
        }
    };
    let mut turn = Turn {
        program,
        execution,
        now,
        tokens,
        events: Vec::new(),
        effects: Vec::new(),
        agenda: Vec::new(),
        overflow: None,
    };
    turn.take(command);
    turn.drive();
    Turned {
        execution: Some(turn.execution),
        events: turn.events,
        effects: turn.effects,
    }
}

/// Something that is still to be done in this turn. The last comes first.
pub(super) enum Work {
    Go(FrameId, Next),
    Perform(FrameId),
    Fail(FrameId, Fault),
    Late(FrameId),
}

impl Work {
    pub(super) const fn frame(&self) -> FrameId {
        match self {
            Self::Go(frame, _)
            | Self::Perform(frame)
            | Self::Fail(frame, _)
            | Self::Late(frame) => *frame,
        }
    }
}

pub(super) struct Turn<'a> {
    pub(super) program: &'a Program,
    pub(super) execution: Execution,
    pub(super) now: Millis,
    pub(super) tokens: &'a dyn Tokens,
    pub(super) events: Vec<Event>,
    pub(super) effects: Vec<Effect>,
    pub(super) agenda: Vec<Work>,
    /// How many effects there were when an event came for which there is no room.
    overflow: Option<usize>,
}

impl<'a> Turn<'a> {
    fn take(&mut self, command: Command) {
        if !self.execution.is_running() && !matches!(command, Command::Redrive) {
            return;
        }
        match command {
            Command::Start(header) => self.begin(header),
            Command::Returned { scheduled, outcome } => self.returned(scheduled, outcome),
            Command::Refused { scheduled, fault } => {
                if let Some(frame) = self.calling(scheduled) {
                    self.fail(frame, fault, Way::Refused);
                }
            }
            Command::Reported { attempt, outcome } => self.reported(attempt, outcome),
            Command::MapRunOpened { started, outcome } => self.map_run_opened(started, outcome),
            Command::ItemEnded { item, outcome } => self.item_ended(item, outcome),
            Command::ResultsWritten { started, outcome } => self.results_written(started, outcome),
            Command::UpdateMapRun { name, change } => self.update_map_run(&name, &change),
            Command::Tick => self.tick(),
            Command::Stop(fault) => self.end(EventKind::ExecutionStopped { fault }),
            Command::Redrive => self.redrive(),
        }
    }

    fn drive(&mut self) {
        while self.overflow.is_none()
            && let Some(work) = self.agenda.pop()
        {
            match work {
                Work::Go(frame, next) => self.go(frame, next),
                Work::Perform(frame) => self.perform(frame),
                Work::Fail(frame, fault) => self.fail(frame, fault, Way::Failed),
                Work::Late(frame) => {
                    let fault = self.late(frame);
                    self.fail(frame, fault, Way::Late);
                }
            }
        }
        if self.overflow.is_some() && self.execution.is_running() {
            let cause = format!("the execution has {EVENTS} events, the most there may be");
            let fault = Fault::runtime(self.program.language, cause);
            self.end(EventKind::ExecutionFailed { fault });
        }
    }

    /// Notes what happened and lets it take effect. The last event that there may be is kept for the end: what would take its
    /// place did not happen, nor does anything after it, and the execution ends.
    pub(super) fn tell(&mut self, kind: EventKind) -> u64 {
        let is_over = self.overflow.is_some() || kind.is_history() && self.execution.room() < 2;
        if is_over && !kind.is_end() {
            self.overflow.get_or_insert(self.effects.len());
            return self.execution.events + 1;
        }
        let event = Event {
            id: self.execution.events + 1,
            time: self.now,
            kind,
        };
        self.execution.fold(self.program, &event);
        let id = event.id;
        self.events.push(event);
        id
    }

    /// Ends the execution. Calls that are out are not waited for; who waits for the execution is told.
    pub(super) fn end(&mut self, kind: EventKind) {
        self.agenda.clear();
        if let Some(before) = self.overflow {
            let after = self.effects.split_off(before);
            let given_up = after.into_iter().filter(Effect::gives_up);
            self.effects.extend(given_up);
        }
        let frames: Vec<FrameId> = self.execution.frames.keys().copied().collect();
        self.cancel(&frames);
        let outcome = match &kind {
            EventKind::ExecutionSucceeded { output } => Ok(output.clone()),
            EventKind::ExecutionFailed { fault }
            | EventKind::ExecutionStopped { fault }
            | EventKind::ExecutionTimedOut { fault } => Err(fault.clone()),
            _ => return,
        };
        self.tell(kind);
        if let Some(token) = self.execution.header.token.clone() {
            self.effects.push(Effect::Report { token, outcome });
        }
    }

    /// The frame whose call was scheduled by that event, if it is still waited for.
    pub(super) fn calling(&self, wanted: u64) -> Option<FrameId> {
        let mut frames = self.execution.frames.iter();
        let found = frames.find(|(_, frame)| match frame.at.as_ref().map(|run| &run.state) {
            Some(State::Calling { scheduled, .. }) => *scheduled == wanted,
            _ => false,
        });
        found.map(|(id, _)| *id)
    }

    /// Does something with the data around a step.
    pub(super) fn around<T>(&self, frame: FrameId, act: impl FnOnce(&Around) -> T) -> T {
        self.at(Spot::of(frame), act)
    }

    /// Does something with the data at a spot.
    pub(super) fn at<T>(&self, spot: Spot, act: impl FnOnce(&Around) -> T) -> T {
        let there = self.execution.frames.get(&spot.frame);
        let context = || super::context::of(self.program, &self.execution, spot, self.tokens);
        let chance = self.execution.chance(self.execution.events);
        act(&Around {
            language: self.program.language,
            input: there.map_or(&NOTHING, |frame| &frame.input),
            data: there.map_or(&NOTHING, |frame| &frame.data),
            global: self
                .execution
                .seen_variables(self.program.language, spot.frame),
            context: &context,
            chance: &chance,
        })
    }

    pub(super) fn program(&self) -> &'a Program {
        self.program
    }
}
