//! Rows of buses and rules, of events on their way to targets, and of streams.

pub(super) mod batch;
pub(super) mod bus;
pub(super) mod delivery;
pub(super) mod rule;

use rusqlite::Connection;

/// Tables of this room. The default bus has no row. An event is kept while one of its deliveries is.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS bridge_bus (
    name TEXT PRIMARY KEY,
    description TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bridge_rule (
    bus TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (bus, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bridge_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    trace TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS bridge_delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL,
    target TEXT NOT NULL,
    failures INTEGER NOT NULL,
    due_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS bridge_delivery_due ON bridge_delivery (due_ms);
CREATE INDEX IF NOT EXISTS bridge_delivery_event ON bridge_delivery (event);
CREATE TABLE IF NOT EXISTS bridge_batch (
    delivery INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    queue TEXT NOT NULL,
    holds TEXT NOT NULL,
    terms TEXT NOT NULL,
    begun_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS bridge_batch_stream ON bridge_batch (stream);
CREATE TABLE IF NOT EXISTS bridge_stopped (
    stream TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
";

/// Takes everything away.
pub(super) fn clear(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "DELETE FROM bridge_bus; DELETE FROM bridge_rule; DELETE FROM bridge_event; DELETE FROM bridge_delivery;
         DELETE FROM bridge_batch; DELETE FROM bridge_stopped;",
    )
}

/// How many buses (the default one among them), rules and deliveries on their way there are.
pub(super) fn counts(db: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    let sql = "SELECT (SELECT count(*) FROM bridge_bus) + 1, (SELECT count(*) FROM bridge_rule),
               (SELECT count(*) FROM bridge_delivery)";
    db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// A document read back: what was written by this room, so that a failure is a damaged file.
fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
    })
}

/// A document to write.
fn text<T: serde::Serialize>(document: &T) -> String {
    serde_json::to_string(document).unwrap_or_default()
}
