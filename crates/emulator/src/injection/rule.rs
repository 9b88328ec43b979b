//! What fails, and how, as the admin API takes it.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Whose calls.
    pub(super) of: Of,
    /// Which of the calls since the rules were set, the first being 1; all when it is not said.
    #[serde(default)]
    pub(super) call: Option<NonZeroU64>,
    /// How it fails.
    pub(super) does: Does,
}

/// Whose calls a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Of {
    /// Those of a function, whoever calls it.
    Function(String),
    /// Those of a step of a workflow, whatever it calls.
    Step {
        /// The workflow's name.
        flow: String,
        /// The step's name.
        step: String,
    },
    /// Those of the API about a queue and its messages.
    Queue(String),
    /// Those of the API about a topic, its messages and subscriptions.
    Topic(String),
    /// Those of the API about an event bus, its rules and events.
    Bus(String),
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Does {
    /// The code raises an error of this name; a call of an API fails with this code.
    Error(String),
    /// The code is reached this many milliseconds of the cloud's time later.
    LatencyMs(u64),
    /// There is no instance for it.
    Throttle,
    /// The instance ends before it answers.
    Crash,
    /// The code answers, and the cloud is killed before it takes note of that. Once: then the rule is over.
    Kill,
}
