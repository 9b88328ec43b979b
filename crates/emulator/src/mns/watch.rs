//! Who hears of published messages, inside the transaction that publishes them.

use rusqlite::Connection;

use super::post::Publication;

/// Somebody who hears of messages that were published.
pub(crate) trait Watch: Send + Sync {
    /// Takes note in the same transaction: both are durable, or neither is. Says whether there was anything to note.
    fn published(&self, db: &Connection, message: &Publication<'_>) -> rusqlite::Result<bool>;

    /// A message that it took note of is durable.
    fn committed(&self);
}
