//! All exit codes.

use crate::diagnostic::{Diagnostics, code};

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed; the user can act.
    Failed = 1,
    /// `plan --detailed-exitcode` found changes.
    Changes = 2,
    /// Another process holds the state.
    Locked = 3,
    /// A bug of sdev.
    Bug = 70,
    /// Interrupted by the user.
    Interrupted = 130,
}

/// The exit code for these errors.
pub(super) fn of(diagnostics: &Diagnostics) -> Exit {
    let has = |wanted| diagnostics.iter().any(|d| d.code == wanted);
    if has(code::STATE_LOCKED) {
        Exit::Locked
    } else if has(code::INTERRUPTED) {
        Exit::Interrupted
    } else {
        Exit::Failed
    }
}
