//! What a manifest asks to be run around a command: hooks, and how a failure counts.

use std::path::PathBuf;

use super::Node;
use crate::diagnostic::Span;

/// When an action runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// Before the command.
    Pre,
    /// After it, when it went well.
    Success,
    /// After it, when it failed.
    Fail,
    /// After it in any case; also written `post`.
    Complete,
}

/// One item of an `actions` list whose key matches the command that the manifest was loaded for.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// When it runs.
    pub hook: Hook,
    /// What it does.
    pub does: Does,
    /// Which failures are passed over.
    pub tolerance: Tolerance,
    /// Where it stands.
    pub at: Span,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq)]
pub enum Does {
    /// `run`: a line for the shell. It may hold outputs, which are known when it runs.
    Run {
        /// The line: a text, or a text with outputs inside.
        line: Node,
        /// The folder to run it in: `path` seen from the manifest's folder.
        folder: PathBuf,
    },
    /// `plugin`: an external program that may change the properties.
    Plugin {
        /// Its name or path.
        name: String,
        /// Key `args`; it may hold outputs.
        arguments: Option<Node>,
    },
    /// `component`: a command of a component, such as `fc3 build --use-docker`.
    Component {
        /// The line as written.
        line: String,
    },
}

impl Does {
    /// The values in it that may be known only when it runs.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let node = match self {
            Self::Run { line, .. } => Some(line),
            Self::Plugin { arguments, .. } => arguments.as_ref(),
            Self::Component { .. } => None,
        };
        node.into_iter()
    }
}

/// `allow_failure` and `continue-on-error`: which failures do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tolerance {
    /// All of them.
    pub all: bool,
    /// Those with one of these exit codes; empty: any code.
    pub exit_codes: Vec<i64>,
    /// Those of these commands; empty: any command.
    pub commands: Vec<String>,
}

impl Tolerance {
    /// Whether a failure of `command` with this exit code is passed over.
    pub fn covers(&self, command: &str, exit_code: i64) -> bool {
        let named = !self.exit_codes.is_empty() || !self.commands.is_empty();
        let code = self.exit_codes.is_empty() || self.exit_codes.contains(&exit_code);
        let of = self.commands.is_empty() || self.commands.iter().any(|c| c == command);
        self.all || named && code && of
    }
}
