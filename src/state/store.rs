//! What a held state is written to.

use std::fmt;

use async_trait::async_trait;

use super::{Entry, State, StateError};
use crate::resource::ResourceId;

/// Where a held state is written, by nobody else meanwhile. After an error it may hold what was written or not; nothing
/// more may be asked of it then.
#[async_trait]
pub(super) trait Store: Send + fmt::Debug {
    /// Notes an intent, or an item that is done. An intent is durable when this returns; an item may be lost with the
    /// machine.
    async fn note(&mut self, entry: &Entry) -> Result<(), StateError>;

    /// Makes the state durable, all that was noted included. `ended`: the resource whose change it is the outcome of.
    async fn save(&mut self, state: &State, ended: Option<&ResourceId>) -> Result<(), StateError>;

    /// Forgets what was noted: the state that was saved last holds it.
    async fn settle(&mut self) -> Result<(), StateError>;

    /// Lets go of it, so that another may hold it. Without this it ends by itself once the process is gone.
    async fn release(&mut self, state: &State) -> Result<(), StateError>;

    /// Puts the state away, which lies elsewhere by now, and lets go of it.
    async fn vacate(&mut self) -> Result<(), StateError>;
}
