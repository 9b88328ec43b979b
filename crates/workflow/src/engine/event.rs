//! The events of an execution. Their names are those of the vendor's history.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::Mode;
use super::{Fault, FrameId, Millis};
use crate::program::StepId;

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
