//! What an execution is: what its events add up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Attempt, Fault, Header, MapRun, Millis, limits, size};
use crate::expression::{Chance, Kept, NONE};
use crate::program::{Language, ScopeId, StepId};

/// The number of a frame: that of the event that opened it; 0 is the flow's.
pub type FrameId = u64;

/// An execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// What it began with.
    pub header: Arc<Header>,
    /// How far it is.
    pub status: Status,
    /// When it began.
    pub started: Millis,
    /// When it ended.
    pub stopped: Option<Millis>,
    /// When it times out.
    pub deadline: Millis,
    /// Its output, once it succeeded.
    pub output: Option<Value>,
    /// Why it did not succeed.
    pub fault: Option<Fault>,
    /// How many events there are.
    pub events: u64,
    /// How many of them do not belong to its history.
    pub unshown: u64,
    /// The global variables, in the second language.
    pub globals: Arc<Kept>,
    /// How often it was redriven, and when last.
    pub redriven: Option<(u64, Millis)>,
    /// What runs, by number.
    pub frames: BTreeMap<FrameId, Frame>,
}

/// How far an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the vendor's")]
pub enum Status {
    Running,
    Succeeded,
    Failed,
    Stopped,
    TimedOut,
}

impl Status {
    /// How the vendor calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
            Self::TimedOut => "TimedOut",
        }
    }
}

/// A scope that runs: one step at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Which scope.
    pub scope: ScopeId,
    /// The frame of the step that holds it.
    pub parent: Option<FrameId>,
    /// Its number among the branches or iterations.
    pub index: usize,
    /// Its input.
    pub input: Value,
    /// Its local variable in the first language, what flows in the others.
    pub data: Value,
    /// The variables that it sees, in the States Language: its own and those around it.
    pub variables: Arc<Kept>,
    /// The step that it is at.
    pub at: Option<Run>,
}

/// A step that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Which step.
    pub step: StepId,
    /// The number of the event with which it began.
    pub entered: u64,
    /// When it began.
    pub since: Millis,
    /// Its own input.
    pub input: Value,
    /// Whether that, or its wait, could not be made: it fails each time that it is tried.
    pub unfit: bool,
    /// The variables that it sees, as they were when it began.
    pub variables: Arc<Kept>,
    /// How often each rule led to another try.
    pub tries: Vec<u64>,
    /// How many tries came before this one, also those before a redrive.
    pub earlier: u64,
    /// The last error.
    pub fault: Option<Fault>,
    /// What it is about.
    pub state: State,
}

impl Run {
    /// The try that it is at.
    pub const fn attempt(&self) -> Attempt {
        Attempt {
            entered: self.entered,
            earlier: self.earlier,
        }
    }
}

/// What a step is about.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It began.
    Entered,
    /// It waits for this moment.
    Waiting(Millis),
    /// A call is out.
    Calling {
        /// The number of the event that scheduled it.
        scheduled: u64,
        /// When it times out.
        deadline: Option<Millis>,
        /// Whether it times out for want of a heartbeat.
        by_heartbeat: bool,
        /// Whether the call was made and only its end is waited for.
        is_submitted: bool,
    },
    /// It begins again at this moment.
    Pausing(Millis),
    /// Its inside runs.
    Inside {
        /// Which option, for a choice.
        case: Option<usize>,
        /// What branches and iterations yielded.
        results: Vec<Option<Value>>,
        /// How many began.
        begun: usize,
        /// The items, found once; what they are follows from the input.
        items: Items,
    },
    /// Its items are executions of their own.
    Distributing(Box<MapRun>),
    /// It failed, and with it all around it.
    Failed,
}

impl State {
    /// Whether a step that failed stays in this state, so that a redrive goes on with what its inside has done.
    pub(super) const fn is_kept(&self) -> bool {
        matches!(self, Self::Inside { .. } | Self::Distributing(_))
    }
}

/// The items of a map, kept so that they are not found again for each iteration. No part of what an execution is.
#[derive(Debug, Clone, Default)]
pub struct Items(pub(super) Option<Arc<Vec<Value>>>);

impl PartialEq for Items {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Execution {
    /// An execution to which nothing has happened yet.
    pub(super) fn new(header: Header) -> Self {
        Self {
            header: Arc::new(header),
            status: Status::Running,
            started: 0,
            stopped: None,
            deadline: Millis::MAX,
            output: None,
            fault: None,
            events: 0,
            unshown: 0,
            globals: Arc::default(),
            redriven: None,
            frames: BTreeMap::new(),
        }
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        self.status == Status::Running
    }

    /// How many more events its history may have.
    pub(super) const fn room(&self) -> u64 {
        limits::EVENTS.saturating_sub(self.events - self.unshown)
    }

    /// Whether its history has no room to begin again and end.
    pub const fn is_full(&self) -> bool {
        self.room() < 2
    }

    /// Chance at an event of that number: the same each time for this execution, and other for every other, also for a
    /// later one of its name.
    pub(super) fn chance(&self, number: u64) -> Chance {
        let Header { flow, name, .. } = &*self.header;
        Chance::of(format!("{flow}/{name}/{}/{number}", self.started))
    }

    /// The variables that steps of a frame see.
    pub(super) fn seen_variables(&self, language: Language, frame: FrameId) -> &Arc<Kept> {
        match (language, self.frames.get(&frame)) {
            (Language::States, Some(frame)) => &frame.variables,
            _ => &self.globals,
        }
    }

    /// Bytes of the variables that frames keep; those of the frame around each are counted there.
    pub(super) fn stored(&self) -> usize {
        let own = self.frames.values().flat_map(|frame| {
            let around = frame.parent.and_then(|parent| self.frames.get(&parent));
            let around = around.map_or(&NONE, |around| &*around.variables);
            frame.variables.beyond(around)
        });
        own.map(|(name, value)| size::entry(name, value) + 1).sum()
    }

    /// The frame and everything inside it.
    pub(super) fn family(&self, frame: FrameId) -> Vec<FrameId> {
        let mut family = vec![frame];
        // Children have higher numbers than their parents.
        for (id, other) in self.frames.range(frame + 1..) {
            if other.parent.is_some_and(|parent| family.contains(&parent)) {
                family.push(*id);
            }
        }
        family
    }

    pub(super) fn run(&self, frame: FrameId) -> Option<&Run> {
        self.frames.get(&frame)?.at.as_ref()
    }

    pub(super) fn run_mut(&mut self, frame: FrameId) -> Option<&mut Run> {
        self.frames.get_mut(&frame)?.at.as_mut()
    }
}
