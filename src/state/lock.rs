//! Who holds the state.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StateError;
use crate::sys::{clock, env, fs, process};

/// The holder of a lock, as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user's name.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// Since when, RFC 3339.
    pub since: String,
    /// The command.
    pub operation: String,
}

/// Takes the lock at `path` for `operation`. The kernel frees it when this process ends, however it ends.
pub(super) fn take(path: &Path, operation: &str) -> Result<fs::FileLock, StateError> {
    let Some(mut lock) = fs::FileLock::try_take(path)? else {
        let text = fs::read_text(path)?.unwrap_or_default();
        return Err(StateError::Locked(serde_json::from_str(&text).ok()));
    };
    let text = serde_json::to_string(&holder(operation)).unwrap_or_default();
    lock.describe(&text)
        .map_err(|e| fs::FsError::new(path, e))?;
    Ok(lock)
}

/// This process as others see it.
pub(super) fn holder(operation: &str) -> Holder {
    Holder {
        who: env::var(env::USER).unwrap_or_else(|| "someone".to_owned()),
        host: process::host(),
        pid: process::id(),
        since: clock::now_text(),
        operation: operation.to_owned(),
    }
}
