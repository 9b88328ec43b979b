//! Rows of events, and of their deliveries.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{parsed, text};
use crate::bridge::model::Target;

type Rows<T> = rusqlite::Result<T>;

/// An event on its way to a target.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::bridge) struct Delivery {
    pub(in crate::bridge) id: i64,
    event: i64,
    /// As it was when the event came.
    pub(in crate::bridge) target: Target,
    /// How often it failed.
    pub(in crate::bridge) failures: u32,
}

/// Keeps an event, as JSON and with the id of its way, and a delivery to each target.
pub(in crate::bridge) fn add(
    db: &Connection,
    (trace, document): (&str, &str),
    targets: &[Target],
    now_ms: i64,
) -> Rows<()> {
    let sql = "INSERT INTO bridge_event (trace, document) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute([trace, document])?;
    let event = db.last_insert_rowid();
    let sql =
        "INSERT INTO bridge_delivery (event, target, failures, due_ms) VALUES (?1, ?2, 0, ?3)";
    let mut statement = db.prepare_cached(sql)?;
    for target in targets {
        statement.execute(params![event, text(target), now_ms])?;
    }
    Ok(())
}

/// What is due, the longest due first.
pub(in crate::bridge) fn due(db: &Connection, now_ms: i64, most: usize) -> Rows<Vec<Delivery>> {
    let sql = "SELECT id, event, target, failures FROM bridge_delivery WHERE due_ms <= ?1 ORDER BY due_ms, id LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![now_ms, most], |row: &Row<'_>| {
        let target: String = row.get(2)?;
        Ok(Delivery {
            id: row.get(0)?,
            event: row.get(1)?,
            target: parsed(&target)?,
            failures: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// When the next one is due after a moment.
pub(in crate::bridge) fn next_due(db: &Connection, now_ms: i64) -> Rows<Option<i64>> {
    let sql = "SELECT min(due_ms) FROM bridge_delivery WHERE due_ms > ?1";
    db.prepare_cached(sql)?
        .query_row([now_ms], |row| row.get(0))
}

/// The event that it delivers: the id of its way, and its text.
pub(in crate::bridge) fn content(
    db: &Connection,
    delivery: &Delivery,
) -> Rows<Option<(String, String)>> {
    let sql = "SELECT trace, document FROM bridge_event WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([delivery.event], |row| Ok((row.get(0)?, row.get(1)?)));
    found.optional()
}

/// Writes when it is tried again.
pub(in crate::bridge) fn again(db: &Connection, delivery: &Delivery, due_ms: i64) -> Rows<()> {
    let sql = "UPDATE bridge_delivery SET failures = failures + 1, due_ms = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?
        .execute(params![delivery.id, due_ms])?;
    Ok(())
}

/// It is delivered, or given up; whether it was still there. The event goes with its last one.
pub(in crate::bridge) fn remove(db: &Connection, delivery: &Delivery) -> Rows<bool> {
    remove_by_id(db, delivery.id)
}

/// The same.
pub(in crate::bridge) fn remove_by_id(db: &Connection, id: i64) -> Rows<bool> {
    let sql = "DELETE FROM bridge_delivery WHERE id = ?1 RETURNING event";
    let mut statement = db.prepare_cached(sql)?;
    let event: Option<i64> = statement.query_row([id], |row| row.get(0)).optional()?;
    let sql = "DELETE FROM bridge_event WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM bridge_delivery WHERE event = ?1)";
    db.prepare_cached(sql)?.execute([event])?;
    Ok(event.is_some())
}
