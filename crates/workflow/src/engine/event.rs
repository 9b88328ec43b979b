//! The events of an execution. Their names are those of the vendor's history.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::Mode;
use super::{Fault, FrameId, Millis, Policy};
use crate::program::{ScopeId, StepId};

/// One fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number within the execution, from 1.
    pub id: u64,
    /// When.
    pub time: Millis,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What an execution began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The flow's name.
    pub flow: String,
    /// The execution's name.
    pub name: String,
    /// What it was given.
    pub input: Value,
    /// How it runs.
    pub mode: Mode,
    /// The role of the flow.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// The token that is told how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The request that asked for it, if another execution did: made again, it finds what it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The scope that it runs, if it is an item of a distributed map: the map's processor. Otherwise the whole flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<ScopeId>,
}

/// When something is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The number of the rule.
    pub rule: usize,
    /// The moment.
    pub at: Millis,
}

/// What happened. `frame` is where: the flow, a branch, an iteration or an option of a choice, each with one step at a
/// time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EventKind {
    /// The execution began.
    ExecutionStarted {
        /// With what.
        header: Header,
        /// The flow's own input.
        input: Value,
        /// When it times out.
        deadline: Millis,
    },
    /// A step began.
    StepEntered {
        /// Where.
        frame: FrameId,
        /// Which.
        step: StepId,
        /// Its own input.
        input: Value,
        /// When its wait ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Millis>,
        /// Whether its own input or its wait could not be made; the input is what came to it then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unfit: bool,
    },
    /// The inside of a step began: branches, iterations, or the steps of an option, whose frame has this event's number.
    StepStarted {
        /// Where.
        frame: FrameId,
        /// Which option; the number of all options is the default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<usize>,
        /// How many branches or iterations there are.
        #[serde(default)]
        count: usize,
    },
    /// A branch began. Its frame has this event's number.
    BranchEntered {
        /// Of which step's frame.
        frame: FrameId,
        /// Its number.
        index: usize,
        /// Its input.
        input: Value,
    },
    /// A branch ended.
    BranchExited {
        /// Its frame.
        frame: FrameId,
        /// Its output.
        output: Value,
    },
    /// An iteration began. Its frame has this event's number.
    IterationEntered {
        /// Of which step's frame.
        frame: FrameId,
        /// Its number.
        index: usize,
        /// Its input.
        input: Value,
    },
    /// An iteration ended.
    IterationExited {
        /// Its frame.
        frame: FrameId,
        /// Its output.
        output: Value,
    },
    /// A call is to be made.
    TaskScheduled {
        /// Where.
        frame: FrameId,
        /// When it times out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Millis>,
        /// Whether it times out for want of a heartbeat.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_heartbeat: bool,
    },
    /// The call is being made.
    TaskStarted {
        /// Where.
        frame: FrameId,
    },
    /// The call was made; its end is waited for.
    TaskSubmitted {
        /// Where.
        frame: FrameId,
        /// What the call replied.
        output: Value,
    },
    /// The call could not be made.
    TaskSubmitFailed {
        /// Where.
        frame: FrameId,
        /// Why.
        #[serde(flatten)]
        fault: Fault,
        /// When it is tried again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<Again>,
    },
    /// The task is done.
    TaskSucceeded {
        /// Where.
        frame: FrameId,
        /// Its result.
        output: Value,
    },
    /// The task failed.
    TaskFailed {
        /// Where.
        frame: FrameId,
        /// Why.
        #[serde(flatten)]
        fault: Fault,
        /// When it is tried again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<Again>,
    },
    /// The task took too long.
    TaskTimedOut {
        /// Where.
        frame: FrameId,
        /// The error's name and words.
        #[serde(flatten)]
        fault: Fault,
        /// When it is tried again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<Again>,
    },
    /// A map begins to distribute its items.
    MapRunStarted {
        /// Where.
        frame: FrameId,
        /// What the map run is called.
        name: String,
        /// How it is carried out.
        #[serde(flatten)]
        policy: Policy,
    },
    /// The items are there, as the executions get them.
    MapRunOpened {
        /// Where.
        frame: FrameId,
        /// The input of each execution.
        inputs: Vec<Value>,
        /// How many items each has; empty: one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sizes: Vec<u64>,
    },
    /// The execution of an item, or of a batch of items, ended.
    MapRunItemEnded {
        /// Where.
        frame: FrameId,
        /// Its number.
        index: usize,
        /// Its output, or why there is none.
        outcome: Result<Value, Fault>,
    },
    /// A map run is carried out otherwise from now on.
    MapRunUpdated {
        /// Where.
        frame: FrameId,
        /// How.
        #[serde(flatten)]
        policy: Policy,
    },
    /// Every item is done, or failed and may.
    MapRunSucceeded {
        /// Where.
        frame: FrameId,
        /// What the map run is called.
        name: String,
    },
    /// Items could not be read, too many failed, or results could not be written.
    MapRunFailed {
        /// Where.
        frame: FrameId,
        /// What the map run is called.
        name: String,
        /// Why.
        #[serde(flatten)]
        fault: Fault,
    },
    /// The inside of a step is done.
    StepSucceeded {
        /// Where.
        frame: FrameId,
    },
    /// A step failed.
    StepFailed {
        /// Where.
        frame: FrameId,
        /// Why.
        #[serde(flatten)]
        fault: Fault,
        /// When it is tried again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<Again>,
        /// Whether a rule of the step leads on.
        #[serde(default)]
        caught: bool,
    },
    /// A step ended.
    StepExited {
        /// Where.
        frame: FrameId,
        /// Its output.
        output: Value,
        /// The variables that it sets: global ones in the second language, in the States Language those of its frame.
        #[serde(rename = "global", default, skip_serializing_if = "Option::is_none")]
        assigned: Option<Value>,
    },
    /// Failed steps begin again.
    ExecutionRedriven {
        /// When the execution times out now.
        deadline: Millis,
    },
    /// The execution is done.
    ExecutionSucceeded {
        /// Its output.
        output: Value,
    },
    /// The execution failed.
    ExecutionFailed {
        /// Why.
        #[serde(flatten)]
        fault: Fault,
    },
    /// Somebody stopped the execution.
    ExecutionStopped {
        /// What was said.
        #[serde(flatten)]
        fault: Fault,
    },
    /// The execution took too long.
    ExecutionTimedOut {
        /// The error's name and words.
        #[serde(flatten)]
        fault: Fault,
    },
}

impl EventKind {
    /// Where it happened; nothing for what concerns the whole execution.
    pub const fn frame(&self) -> Option<FrameId> {
        match self {
            Self::StepEntered { frame, .. }
            | Self::StepStarted { frame, .. }
            | Self::BranchEntered { frame, .. }
            | Self::BranchExited { frame, .. }
            | Self::IterationEntered { frame, .. }
            | Self::IterationExited { frame, .. }
            | Self::TaskScheduled { frame, .. }
            | Self::TaskStarted { frame }
            | Self::TaskSubmitted { frame, .. }
            | Self::TaskSubmitFailed { frame, .. }
            | Self::TaskSucceeded { frame, .. }
            | Self::TaskFailed { frame, .. }
            | Self::TaskTimedOut { frame, .. }
            | Self::MapRunStarted { frame, .. }
            | Self::MapRunOpened { frame, .. }
            | Self::MapRunItemEnded { frame, .. }
            | Self::MapRunUpdated { frame, .. }
            | Self::MapRunSucceeded { frame, .. }
            | Self::MapRunFailed { frame, .. }
            | Self::StepSucceeded { frame }
            | Self::StepFailed { frame, .. }
            | Self::StepExited { frame, .. } => Some(*frame),
            Self::ExecutionStarted { .. }
            | Self::ExecutionRedriven { .. }
            | Self::ExecutionSucceeded { .. }
            | Self::ExecutionFailed { .. }
            | Self::ExecutionStopped { .. }
            | Self::ExecutionTimedOut { .. } => None,
        }
    }

    /// Whether it belongs to the history that an execution shows and that is limited. How the items of a map run fare
    /// is kept with the execution, and is shown by the map run and by the executions of the items.
    pub const fn is_history(&self) -> bool {
        !matches!(
            self,
            Self::MapRunOpened { .. } | Self::MapRunItemEnded { .. } | Self::MapRunUpdated { .. }
        )
    }

    /// Whether the execution ends with it.
    pub const fn is_end(&self) -> bool {
        matches!(
            self,
            Self::ExecutionSucceeded { .. }
                | Self::ExecutionFailed { .. }
                | Self::ExecutionStopped { .. }
                | Self::ExecutionTimedOut { .. }
        )
    }

    /// How the vendor calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::StepEntered { .. } => "StepEntered",
            Self::StepStarted { .. } => "StepStarted",
            Self::BranchEntered { .. } => "BranchEntered",
            Self::BranchExited { .. } => "BranchExited",
            Self::IterationEntered { .. } => "IterationEntered",
            Self::IterationExited { .. } => "IterationExited",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSubmitFailed { .. } => "TaskSubmitFailed",
            Self::TaskSucceeded { .. } => "TaskSucceeded",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskTimedOut { .. } => "TaskTimedOut",
            Self::MapRunStarted { .. } => "MapRunStarted",
            Self::MapRunOpened { .. } => "MapRunOpened",
            Self::MapRunItemEnded { .. } => "MapRunItemEnded",
            Self::MapRunUpdated { .. } => "MapRunUpdated",
            Self::MapRunSucceeded { .. } => "MapRunSucceeded",
            Self::MapRunFailed { .. } => "MapRunFailed",
            Self::StepSucceeded { .. } => "StepSucceeded",
            Self::StepFailed { .. } => "StepFailed",
            Self::StepExited { .. } => "StepExited",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed { .. } => "ExecutionFailed",
            Self::ExecutionStopped { .. } => "ExecutionStopped",
            Self::ExecutionTimedOut { .. } => "ExecutionTimedOut",
        }
    }
}
