//! Lets go of a state after work on it.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::state::LockedState;

/// Frees the state after work on it. What went wrong with the work counts more than what goes wrong now.
pub async fn release<T>(
    state: LockedState,
    done: Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    let released = state.release().await.map_err(Diagnostic::from);
    let done = done?;
    released?;
    Ok(done)
}
