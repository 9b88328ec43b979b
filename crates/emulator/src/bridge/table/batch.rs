//! Rows of batches under way, and of streams that have stopped.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{parsed, text};
use crate::bridge::stream::Terms;
use crate::mns::Hold;

type Rows<T> = rusqlite::Result<T>;

const COLUMNS: &str = "SELECT delivery, stream, queue, holds, terms, begun_ms FROM bridge_batch";

/// Messages of a queue that are held for one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bridge) struct Batch {
    /// The delivery's id.
    pub(in crate::bridge) delivery: i64,
    /// The stream's name.
    pub(in crate::bridge) stream: String,
    pub(in crate::bridge) queue: String,
    pub(in crate::bridge) holds: Vec<Hold>,
    /// As they were when it was taken.
    pub(in crate::bridge) terms: Terms,
    /// Milliseconds of the cloud's time.
    pub(in crate::bridge) begun_ms: i64,
}

/// Keeps a new batch.
pub(in crate::bridge) fn add(db: &Connection, batch: &Batch) -> Rows<()> {
    let sql = "INSERT INTO bridge_batch (delivery, stream, queue, holds, terms, begun_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?.execute(params![
        batch.delivery,
        batch.stream,
        batch.queue,
        text(&batch.holds),
        text(&batch.terms),
        batch.begun_ms,
    ])?;
    Ok(())
}

/// All of them.
pub(in crate::bridge) fn all(db: &Connection) -> Rows<Vec<Batch>> {
    let mut statement = db.prepare_cached(COLUMNS)?;
    let rows = statement.query_map([], read)?;
    rows.collect()
}

/// The batch of a delivery, if it has one.
pub(in crate::bridge) fn of(db: &Connection, delivery: i64) -> Rows<Option<Batch>> {
    let sql = format!("{COLUMNS} WHERE delivery = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_row([delivery], read).optional()
}

/// The same; it is none any more.
pub(in crate::bridge) fn take(db: &Connection, delivery: i64) -> Rows<Option<Batch>> {
    let found = of(db, delivery)?;
    if found.is_some() {
        let mut statement = db.prepare_cached("DELETE FROM bridge_batch WHERE delivery = ?1")?;
        statement.execute([delivery])?;
    }
    Ok(found)
}

/// How many a stream has.
pub(in crate::bridge) fn count(db: &Connection, stream: &str) -> Rows<usize> {
    let sql = "SELECT count(*) FROM bridge_batch WHERE stream = ?1";
    let count: i64 = db
        .prepare_cached(sql)?
        .query_row([stream], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// A stream stops until somebody starts it.
pub(in crate::bridge) fn stop(db: &Connection, stream: &str) -> Rows<()> {
    let sql = "INSERT OR IGNORE INTO bridge_stopped (stream) VALUES (?1)";
    db.prepare_cached(sql)?.execute([stream])?;
    Ok(())
}

/// A stream has not stopped any more.
pub(in crate::bridge) fn start(db: &Connection, stream: &str) -> Rows<()> {
    let sql = "DELETE FROM bridge_stopped WHERE stream = ?1";
    db.prepare_cached(sql)?.execute([stream])?;
    Ok(())
}

/// The streams that have stopped.
pub(in crate::bridge) fn stopped(db: &Connection) -> Rows<HashSet<String>> {
    let mut statement = db.prepare_cached("SELECT stream FROM bridge_stopped")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

fn read(row: &Row<'_>) -> Rows<Batch> {
    let (holds, terms): (String, String) = (row.get(3)?, row.get(4)?);
    Ok(Batch {
        delivery: row.get(0)?,
        stream: row.get(1)?,
        queue: row.get(2)?,
        holds: parsed(&holds)?,
        terms: parsed(&terms)?,
        begun_ms: row.get(5)?,
    })
}
