//! What running an action tells.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::manifest::{Action, Does, Hook};

/// Which action it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The resource's name; `None`: a global action.
    pub resource: Option<String>,
    /// When it runs: `pre`, `success`, `fail`, `complete`.
    pub hook: &'static str,
    /// What it does: `run`, `plugin`, `component`.
    pub does: &'static str,
    /// The line or the name, as the manifest has it.
    pub what: String,
}

/// Something that happened. The command line turns it into words or JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An action began.
    Began(Label),
    /// A line that it wrote.
    Line {
        /// Whose.
        label: Label,
        /// Whether to standard error.
        error: bool,
        /// The line, as it came.
        text: String,
    },
    /// It ended well.
    Done(Label),
    /// It failed.
    Failed {
        /// Which.
        label: Label,
        /// Why.
        why: Box<Diagnostic>,
        /// Whether `allow_failure` passes it over.
        allowed: bool,
    },
}

impl Label {
    /// The label of an action of a resource, or of a global one.
    pub fn new(action: &Action, resource: Option<&str>) -> Self {
        let (does, what) = match &action.does {
            Does::Run { line, .. } => ("run", text(&line.to_json())),
            Does::Plugin { name, .. } => ("plugin", name.clone()),
            Does::Component { line } => ("component", line.clone()),
        };
        Self {
            resource: resource.map(str::to_owned),
            hook: word(action.hook),
            does,
            what,
        }
    }
}

/// A hook as the manifest spells it.
fn word(hook: Hook) -> &'static str {
    match hook {
        Hook::Pre => "pre",
        Hook::Success => "success",
        Hook::Fail => "fail",
        Hook::Complete => "complete",
    }
}

fn text(json: &serde_json::Value) -> String {
    json.as_str()
        .map_or_else(|| json.to_string(), str::to_owned)
}
