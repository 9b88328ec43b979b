//! Rows of published versions.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::flow::model::Version;
use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

const COLUMNS: &str = "SELECT flow, number, definition, description, created_ms FROM flow_version";

/// Publishes what a flow is now, under the next number.
pub(in crate::flow) fn publish(
    db: &Connection,
    flow: &str,
    definition: &str,
    words: (&str, i64),
) -> Answer<Version> {
    let (description, created) = words;
    let sql =
        "UPDATE flow SET last_version = last_version + 1 WHERE name = ?1 RETURNING last_version";
    let number: i64 = db
        .prepare_cached(sql)?
        .query_row([flow], |row| row.get(0))?;
    let sql = "INSERT INTO flow_version (flow, number, definition, description, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.prepare_cached(sql)?
        .execute(params![flow, number, definition, description, created])?;
    Ok(Version {
        flow: flow.to_owned(),
        number,
        definition: definition.to_owned(),
        description: description.to_owned(),
        created,
    })
}

pub(in crate::flow) fn find(db: &Connection, flow: &str, number: i64) -> Answer<Option<Version>> {
    let sql = format!("{COLUMNS} WHERE flow = ?1 AND number = ?2");
    Ok(db
        .prepare_cached(&sql)?
        .query_row(params![flow, number], read)
        .optional()?)
}

/// All of a flow, the newest first.
pub(in crate::flow) fn of(db: &Connection, flow: &str) -> Answer<Vec<Version>> {
    let sql = format!("{COLUMNS} WHERE flow = ?1 ORDER BY number DESC");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([flow], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(in crate::flow) fn delete(db: &Connection, flow: &str, number: i64) -> Answer<bool> {
    let sql = "DELETE FROM flow_version WHERE flow = ?1 AND number = ?2";
    Ok(db.prepare_cached(sql)?.execute(params![flow, number])? == 1)
}

fn read(row: &Row) -> rusqlite::Result<Version> {
    Ok(Version {
        flow: row.get(0)?,
        number: row.get(1)?,
        definition: row.get(2)?,
        description: row.get(3)?,
        created: row.get(4)?,
    })
}
