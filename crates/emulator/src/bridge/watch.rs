//! Who hears of events without a rule of the API: what other rooms made to listen, asked in the transaction that puts.

use rusqlite::Connection;

use super::stream::Stream;

/// A function that gets events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listener {
    /// What deliveries call it.
    pub(crate) name: String,
    pub(crate) function: String,
    pub(crate) qualifier: String,
    /// The pattern of the events that it wants.
    pub(crate) pattern: String,
    /// Whether the function is called and waited for; otherwise the event is queued for it.
    pub(crate) waits: bool,
}

/// Somebody who knows such functions.
pub(crate) trait Watch: Send + Sync {
    /// All that listen at the default bus now.
    fn listeners(&self, db: &Connection) -> rusqlite::Result<Vec<Listener>>;

    /// All that get the messages of queues now.
    fn streams(&self, db: &Connection) -> rusqlite::Result<Vec<Stream>>;
}
