//! Rows of topics.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{limit, parsed, text};
use crate::mns::model::Topic;

type Rows<T> = rusqlite::Result<T>;

const COLUMNS: &str = "SELECT name, attributes, created_ms, modified_ms FROM mns_topic";

/// Writes a topic, new or changed.
pub(in crate::mns) fn save(db: &Connection, topic: &Topic) -> Rows<()> {
    let sql =
        "INSERT INTO mns_topic (name, attributes, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (name) DO UPDATE SET attributes = ?2, modified_ms = ?4";
    db.prepare_cached(sql)?.execute(params![
        topic.name,
        text(&topic.attributes),
        topic.created_ms,
        topic.modified_ms
    ])?;
    Ok(())
}

pub(in crate::mns) fn find(db: &Connection, name: &str) -> Rows<Option<Topic>> {
    let sql = format!("{COLUMNS} WHERE name = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_row([name], read).optional()
}

/// Topics by name, after one, whose names begin so.
pub(in crate::mns) fn list(
    db: &Connection,
    (prefix, after): (&str, &str),
    most: usize,
) -> Rows<Vec<Topic>> {
    let sql = format!(
        "{COLUMNS} WHERE name > ?2 AND substr(name, 1, length(?1)) = ?1 ORDER BY name LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![prefix, after, limit(most)], read)?;
    rows.collect()
}

/// Deletes a topic with its subscriptions and what is on its way; whether it was there.
pub(in crate::mns) fn delete(db: &Connection, name: &str) -> Rows<bool> {
    for sql in [
        "DELETE FROM mns_delivery WHERE topic = ?1",
        "DELETE FROM mns_publication WHERE topic = ?1",
        "DELETE FROM mns_subscription WHERE topic = ?1",
    ] {
        db.prepare_cached(sql)?.execute([name])?;
    }
    let mut topic = db.prepare_cached("DELETE FROM mns_topic WHERE name = ?1")?;
    Ok(topic.execute([name])? == 1)
}

/// How many messages were published since a moment.
pub(in crate::mns) fn published(db: &Connection, name: &str, since_ms: i64) -> Rows<i64> {
    let sql = "SELECT count(*) FROM mns_publication WHERE topic = ?1 AND published_ms > ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params![name, since_ms], |row| row.get(0))
}

fn read(row: &Row<'_>) -> Rows<Topic> {
    let attributes: String = row.get(1)?;
    Ok(Topic {
        name: row.get(0)?,
        attributes: parsed(1, &attributes)?,
        created_ms: row.get(2)?,
        modified_ms: row.get(3)?,
    })
}
