//! Rows of what was published, and of what of it is still on its way.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{limit, parsed, text};
use crate::mns::model::{Extra, Letter, RETENTION_MS};

type Rows<T> = rusqlite::Result<T>;

/// A message on its way to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mns) struct Delivery {
    pub(in crate::mns) id: i64,
    publication: i64,
    pub(in crate::mns) topic: String,
    pub(in crate::mns) subscription: String,
    /// How often it failed.
    pub(in crate::mns) failures: u32,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mns) struct Content {
    pub(in crate::mns) message_id: String,
    pub(in crate::mns) body: String,
    pub(in crate::mns) tag: String,
    pub(in crate::mns) extra: Extra,
    /// Milliseconds of the cloud's time.
    pub(in crate::mns) published_ms: i64,
}

/// Keeps a publication, and what of it could not be delivered at once: subscriptions and the moment of the next try. Its
/// content is kept only for those.
pub(in crate::mns) fn add(
    db: &Connection,
    topic: &str,
    letter: &Letter,
    (owed, now_ms): (&[(String, u32, i64)], i64),
) -> Rows<()> {
    let sql = "INSERT INTO mns_publication (topic, message_id, body, tag, extra, published_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let body = if owed.is_empty() { "" } else { &letter.body };
    db.prepare_cached(sql)?.execute(params![
        topic,
        letter.message_id,
        body,
        letter.tag,
        text(&letter.extra),
        now_ms
    ])?;
    let publication = db.last_insert_rowid();
    let sql = "INSERT INTO mns_delivery (publication, topic, subscription, failures, due_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = db.prepare_cached(sql)?;
    for (subscription, failures, due_ms) in owed {
        statement.execute(params![publication, topic, subscription, failures, due_ms])?;
    }
    Ok(())
}

/// Deletes publications of more than a day ago, delivered or not.
pub(in crate::mns) fn forget_old(db: &Connection, now_ms: i64) -> Rows<()> {
    let until = now_ms - RETENTION_MS;
    let sql = "DELETE FROM mns_delivery WHERE publication IN (SELECT id FROM mns_publication WHERE published_ms <= ?1)";
    db.prepare_cached(sql)?.execute([until])?;
    let sql = "DELETE FROM mns_publication WHERE published_ms <= ?1";
    db.prepare_cached(sql)?.execute([until])?;
    Ok(())
}

/// What is due, the longest due first.
pub(in crate::mns) fn due(db: &Connection, now_ms: i64, most: usize) -> Rows<Vec<Delivery>> {
    let sql = "SELECT id, publication, topic, subscription, failures FROM mns_delivery WHERE due_ms <= ?1 ORDER BY due_ms, id LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![now_ms, limit(most)], |row: &Row<'_>| {
        Ok(Delivery {
            id: row.get(0)?,
            publication: row.get(1)?,
            topic: row.get(2)?,
            subscription: row.get(3)?,
            failures: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// When the next one is due after a moment.
pub(in crate::mns) fn next_due(db: &Connection, now_ms: i64) -> Rows<Option<i64>> {
    let sql = "SELECT min(due_ms) FROM mns_delivery WHERE due_ms > ?1";
    db.prepare_cached(sql)?
        .query_row([now_ms], |row| row.get(0))
}

/// What it delivers.
pub(in crate::mns) fn content(db: &Connection, delivery: &Delivery) -> Rows<Option<Content>> {
    let sql =
        "SELECT message_id, body, tag, extra, published_ms FROM mns_publication WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([delivery.publication], |row| {
        let extra: String = row.get(3)?;
        Ok(Content {
            message_id: row.get(0)?,
            body: row.get(1)?,
            tag: row.get(2)?,
            extra: parsed(3, &extra)?,
            published_ms: row.get(4)?,
        })
    });
    found.optional()
}

/// Writes when it is tried again.
pub(in crate::mns) fn again(db: &Connection, delivery: &Delivery, due_ms: i64) -> Rows<()> {
    let sql = "UPDATE mns_delivery SET failures = failures + 1, due_ms = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?
        .execute(params![delivery.id, due_ms])?;
    Ok(())
}

/// It is delivered, or given up. The content goes with the last one.
pub(in crate::mns) fn remove(db: &Connection, delivery: &Delivery) -> Rows<()> {
    let mut statement = db.prepare_cached("DELETE FROM mns_delivery WHERE id = ?1")?;
    statement.execute([delivery.id])?;
    let sql = "UPDATE mns_publication SET body = '' WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM mns_delivery WHERE publication = ?1)";
    db.prepare_cached(sql)?.execute([delivery.publication])?;
    Ok(())
}
