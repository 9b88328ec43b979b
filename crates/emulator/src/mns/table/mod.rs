//! Rows of queues, messages, topics, subscriptions, and of what is on its way to subscribers.

pub(super) mod delivery;
pub(super) mod message;
pub(super) mod queue;
pub(super) mod subscription;
pub(super) mod topic;

use rusqlite::Connection;

/// Tables of this room. `visible_ms` is when a message can be received, `dead_ms` when it becomes a dead letter if nobody
/// deletes it; a publication is kept for a day, with its content while somebody may still get it.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS mns_queue (
    name TEXT PRIMARY KEY,
    attributes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mns_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    priority INTEGER NOT NULL,
    enqueued_ms INTEGER NOT NULL,
    visible_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    first_dequeue_ms INTEGER,
    dequeues INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    dead_ms INTEGER,
    extra TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS mns_message_order ON mns_message (queue, priority, id);
CREATE INDEX IF NOT EXISTS mns_message_visible ON mns_message (queue, visible_ms);
CREATE INDEX IF NOT EXISTS mns_message_expires ON mns_message (expires_ms);
CREATE INDEX IF NOT EXISTS mns_message_dead ON mns_message (dead_ms) WHERE dead_ms IS NOT NULL;
CREATE TABLE IF NOT EXISTS mns_topic (
    name TEXT PRIMARY KEY,
    attributes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mns_subscription (
    topic TEXT NOT NULL,
    name TEXT NOT NULL,
    terms TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (topic, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mns_publication (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    tag TEXT NOT NULL,
    extra TEXT NOT NULL,
    published_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS mns_publication_topic ON mns_publication (topic, published_ms);
CREATE INDEX IF NOT EXISTS mns_publication_published ON mns_publication (published_ms);
CREATE TABLE IF NOT EXISTS mns_delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    publication INTEGER NOT NULL,
    topic TEXT NOT NULL,
    subscription TEXT NOT NULL,
    failures INTEGER NOT NULL,
    due_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS mns_delivery_due ON mns_delivery (due_ms);
CREATE INDEX IF NOT EXISTS mns_delivery_of ON mns_delivery (topic, subscription);
CREATE INDEX IF NOT EXISTS mns_delivery_publication ON mns_delivery (publication);
";

/// Takes everything away.
pub(super) fn clear(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "DELETE FROM mns_queue; DELETE FROM mns_message; DELETE FROM mns_topic; DELETE FROM mns_subscription;
         DELETE FROM mns_publication; DELETE FROM mns_delivery;",
    )
}

/// How many queues, topics and messages in queues there are.
pub(super) fn counts(db: &Connection, now_ms: i64) -> rusqlite::Result<(i64, i64, i64)> {
    let sql = "SELECT (SELECT count(*) FROM mns_queue), (SELECT count(*) FROM mns_topic),
               (SELECT count(*) FROM mns_message WHERE expires_ms > ?1)";
    db.query_row(sql, [now_ms], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// A document read back: what was written by this room, so that a failure is a damaged file.
fn parsed<T: serde::de::DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
    })
}

/// A document to write.
fn text<T: serde::Serialize>(document: &T) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// The number of rows of a page, as SQLite takes it.
fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
