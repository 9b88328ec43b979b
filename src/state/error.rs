//! How the state's room fails.

use super::Holder;
use crate::diagnostic::{Diagnostic, code};
use crate::sys::fs::FsError;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A living process holds the lock.
    #[error("{}", describe(.0.as_ref()))]
    Locked(Option<Holder>),
    /// The file is not a state, or of a version that this program does not know.
    #[error("{place}: {why}")]
    Format {
        /// The file or object.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The machine refused.
    #[error(transparent)]
    Io(#[from] FsError),
}

fn describe(holder: Option<&Holder>) -> String {
    match holder {
        Some(h) => format!(
            "{} on {} (process {}) holds it since {} for `{}`",
            h.who, h.host, h.pid, h.since, h.operation
        ),
        None => "another process is just taking it".to_owned(),
    }
}

impl From<StateError> for Diagnostic {
    fn from(error: StateError) -> Self {
        let text = error.to_string();
        match error {
            StateError::Locked(_) => Self::error(code::STATE_LOCKED, text)
                .hint("wait for it to end; a process that died holds no lock"),
            StateError::Format { .. } => Self::error(code::STATE_FORMAT, text)
                .hint("restore the file from a copy, or upgrade sdev if a newer version wrote it"),
            StateError::Io(_) => Self::error(code::STATE_IO, text),
        }
    }
}
