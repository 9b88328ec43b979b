//! Rows of subscriptions.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{limit, parsed, text};
use crate::mns::model::Subscription;

type Rows<T> = rusqlite::Result<T>;

const COLUMNS: &str =
    "SELECT topic, name, terms, created_ms, modified_ms FROM mns_subscription WHERE topic = ?1";

/// Writes a subscription, new or changed.
pub(in crate::mns) fn save(db: &Connection, subscription: &Subscription) -> Rows<()> {
    let sql = "INSERT INTO mns_subscription (topic, name, terms, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (topic, name) DO UPDATE SET terms = ?3, modified_ms = ?5";
    db.prepare_cached(sql)?.execute(params![
        subscription.topic,
        subscription.name,
        text(&subscription.terms),
        subscription.created_ms,
        subscription.modified_ms
    ])?;
    Ok(())
}

pub(in crate::mns) fn find(db: &Connection, topic: &str, name: &str) -> Rows<Option<Subscription>> {
    let sql = format!("{COLUMNS} AND name = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_row([topic, name], read).optional()
}

/// All of a topic.
pub(in crate::mns) fn of(db: &Connection, topic: &str) -> Rows<Vec<Subscription>> {
    list(db, topic, ("", ""), usize::MAX)
}

/// Those of a topic by name, after one, whose names begin so.
pub(in crate::mns) fn list(
    db: &Connection,
    topic: &str,
    (prefix, after): (&str, &str),
    most: usize,
) -> Rows<Vec<Subscription>> {
    let sql = format!(
        "{COLUMNS} AND name > ?3 AND substr(name, 1, length(?2)) = ?2 ORDER BY name LIMIT ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![topic, prefix, after, limit(most)], read)?;
    rows.collect()
}

/// Deletes a subscription and what is on its way to it; whether it was there.
pub(in crate::mns) fn delete(db: &Connection, topic: &str, name: &str) -> Rows<bool> {
    let sql = "DELETE FROM mns_delivery WHERE topic = ?1 AND subscription = ?2";
    db.prepare_cached(sql)?.execute([topic, name])?;
    let sql = "DELETE FROM mns_subscription WHERE topic = ?1 AND name = ?2";
    Ok(db.prepare_cached(sql)?.execute([topic, name])? == 1)
}

fn read(row: &Row<'_>) -> Rows<Subscription> {
    let terms: String = row.get(2)?;
    Ok(Subscription {
        topic: row.get(0)?,
        name: row.get(1)?,
        terms: parsed(2, &terms)?,
        created_ms: row.get(3)?,
        modified_ms: row.get(4)?,
    })
}
