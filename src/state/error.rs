//! How the state's room fails.

use super::{Holder, ShelfError};
use crate::diagnostic::{Diagnostic, code};
use crate::sys::fs::FsError;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A living process holds the lock.
    #[error("{}", describe(.0.as_ref()))]
    Locked(Option<Holder>),
    /// Somebody holds a shared state.
    #[error("{}", describe(Some(holder)))]
    Leased {
        /// Who.
        holder: Holder,
        /// When it can be taken if no further sign of life comes.
        seconds: u64,
    },
    /// Somebody took a shared state that this process held.
    #[error("{}", lost(.0.as_ref()))]
    TakenOver(Option<Holder>),
    /// The place of a shared state did not do as asked.
    #[error("{place}: {error}")]
    Shelf {
        /// The place.
        place: String,
        /// Why.
        error: ShelfError,
    },
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

fn lost(by: Option<&Holder>) -> String {
    let by = by.map_or_else(
        || "another run".to_owned(),
        |h| format!("{} on {} (process {})", h.who, h.host, h.pid),
    );
    format!("{by} took it over, because this run gave no sign of life for too long")
}

impl From<StateError> for Diagnostic {
    fn from(error: StateError) -> Self {
        let text = error.to_string();
        match error {
            StateError::Locked(_) => Self::error(code::STATE_LOCKED, text)
                .hint("wait for it to end; a process that died holds no lock"),
            StateError::Leased { seconds, .. } => {
                Self::error(code::STATE_LOCKED, text).hint(format!(
                    "wait for it to end; if it died, run the same command again in {seconds} s"
                ))
            }
            StateError::TakenOver(_) => Self::error(code::STATE_TAKEN, text)
                .hint("run the same command again; it continues from what is there"),
            StateError::Shelf { error, .. } => {
                let diagnostic = Self::error(code::STATE_SHARED, text);
                match error.hint {
                    Some(hint) => diagnostic.hint(hint),
                    None => diagnostic,
                }
            }
            StateError::Format { .. } => Self::error(code::STATE_FORMAT, text)
                .hint("restore the file from a copy, or upgrade sdev if a newer version wrote it"),
            StateError::Io(_) => Self::error(code::STATE_IO, text),
        }
    }
}
