//! Rows of queues.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{limit, parsed, text};
use crate::mns::model::{Counts, Queue};

type Rows<T> = rusqlite::Result<T>;

const COLUMNS: &str = "SELECT name, attributes, created_ms, modified_ms FROM mns_queue";

/// Writes a queue, new or changed.
pub(in crate::mns) fn save(db: &Connection, queue: &Queue) -> Rows<()> {
    let sql =
        "INSERT INTO mns_queue (name, attributes, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (name) DO UPDATE SET attributes = ?2, modified_ms = ?4";
    db.prepare_cached(sql)?.execute(params![
        queue.name,
        text(&queue.attributes),
        queue.created_ms,
        queue.modified_ms
    ])?;
    Ok(())
}

pub(in crate::mns) fn find(db: &Connection, name: &str) -> Rows<Option<Queue>> {
    let sql = format!("{COLUMNS} WHERE name = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_row([name], read).optional()
}

/// Queues by name, after one, whose names begin so.
pub(in crate::mns) fn list(
    db: &Connection,
    (prefix, after): (&str, &str),
    most: usize,
) -> Rows<Vec<Queue>> {
    let sql = format!(
        "{COLUMNS} WHERE name > ?2 AND substr(name, 1, length(?1)) = ?1 ORDER BY name LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![prefix, after, limit(most)], read)?;
    rows.collect()
}

/// Deletes a queue with its messages; whether it was there.
pub(in crate::mns) fn delete(db: &Connection, name: &str) -> Rows<bool> {
    let mut messages = db.prepare_cached("DELETE FROM mns_message WHERE queue = ?1")?;
    messages.execute([name])?;
    let mut queue = db.prepare_cached("DELETE FROM mns_queue WHERE name = ?1")?;
    Ok(queue.execute([name])? == 1)
}

/// A queue's messages by their state.
pub(in crate::mns) fn counts(db: &Connection, name: &str, now_ms: i64) -> Rows<Counts> {
    let sql = "SELECT count(*) FILTER (WHERE visible_ms <= ?2), count(*) FILTER (WHERE visible_ms > ?2 AND dequeues > 0),
               count(*) FILTER (WHERE visible_ms > ?2 AND dequeues = 0)
               FROM mns_message WHERE queue = ?1 AND expires_ms > ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params![name, now_ms], |row| {
        Ok(Counts {
            active: row.get(0)?,
            inactive: row.get(1)?,
            delayed: row.get(2)?,
        })
    })
}

fn read(row: &Row<'_>) -> Rows<Queue> {
    let attributes: String = row.get(1)?;
    Ok(Queue {
        name: row.get(0)?,
        attributes: parsed(1, &attributes)?,
        created_ms: row.get(2)?,
        modified_ms: row.get(3)?,
    })
}
