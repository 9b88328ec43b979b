//! Rows of executions and the batches of their events.

use rusqlite::{Connection, OptionalExtension as _, params};
use workflow::engine::Event;

use crate::flow::model::Row;
use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

const COLUMNS: &str = "SELECT id, flow, name, digest, status, started_ms, stopped_ms, qualifier, map_run FROM flow_execution";

/// What an execution waits for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) struct Waits {
    /// The next moment at which something happens.
    pub(in crate::flow) due: Option<i64>,
    /// How many calls are out that a restart must make again.
    pub(in crate::flow) calls: usize,
}

/// Which executions are asked for.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Wanted {
    pub(in crate::flow) flow: String,
    pub(in crate::flow) status: Option<String>,
    pub(in crate::flow) prefix: String,
    pub(in crate::flow) qualifier: Option<String>,
    pub(in crate::flow) map_run: Option<String>,
    pub(in crate::flow) from: Option<i64>,
    pub(in crate::flow) to: Option<i64>,
    /// Only those that were made before the one of this number.
    pub(in crate::flow) before: Option<i64>,
    pub(in crate::flow) limit: usize,
}

/// Keeps a definition under its digest.
pub(in crate::flow) fn keep_definition(db: &Connection, digest: &str, text: &str) -> Answer<()> {
    let sql = "INSERT OR IGNORE INTO flow_definition (digest, text) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute([digest, text])?;
    Ok(())
}

pub(in crate::flow) fn definition(db: &Connection, digest: &str) -> Answer<Option<String>> {
    let sql = "SELECT text FROM flow_definition WHERE digest = ?1";
    Ok(db
        .prepare_cached(sql)?
        .query_row([digest], |row| row.get(0))
        .optional()?)
}

/// Makes a row for an execution; its number. Nothing if the flow has one of that name.
pub(in crate::flow) fn create(db: &Connection, row: &Row) -> Answer<Option<i64>> {
    let sql = "INSERT OR IGNORE INTO flow_execution (flow, name, digest, status, started_ms, qualifier, map_run) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let written = params![
        row.flow,
        row.name,
        row.digest,
        row.status,
        row.started,
        row.qualifier,
        row.map_run
    ];
    let made = db.prepare_cached(sql)?.execute(written)?;
    Ok((made == 1).then(|| db.last_insert_rowid()))
}

/// Adds what happened.
pub(in crate::flow) fn add(
    db: &Connection,
    id: i64,
    events: &str,
    state: (&str, Option<i64>),
    waits: Waits,
) -> Answer<()> {
    let (status, stopped) = state;
    let sql = "UPDATE flow_execution SET status = ?2, stopped_ms = ?3, due_ms = ?4, calls = ?5, batches = batches + 1 WHERE id = ?1 RETURNING batches";
    let calls = i64::try_from(waits.calls).unwrap_or(i64::MAX);
    let number: i64 = db
        .prepare_cached(sql)?
        .query_row(params![id, status, stopped, waits.due, calls], |row| {
            row.get(0)
        })?;
    let sql = "INSERT INTO flow_batch (execution, number, events) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?
        .execute(params![id, number, events])?;
    Ok(())
}

/// All events of an execution, in their order.
pub(in crate::flow) fn events(db: &Connection, id: i64) -> Answer<Vec<Event>> {
    let sql = "SELECT events FROM flow_batch WHERE execution = ?1 ORDER BY number";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        let batch: Vec<Event> = serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                0,
                rusqlite::types::Type::Text,
                Box::new(error),
            )
        })?;
        events.extend(batch);
    }
    Ok(events)
}

pub(in crate::flow) fn find(db: &Connection, flow: &str, name: &str) -> Answer<Option<Row>> {
    let sql = format!("{COLUMNS} WHERE flow = ?1 AND name = ?2");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([flow, name], read)
        .optional()?)
}

pub(in crate::flow) fn by_id(db: &Connection, id: i64) -> Answer<Option<Row>> {
    let sql = format!("{COLUMNS} WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// Those that are wanted, the newest first.
pub(in crate::flow) fn list(db: &Connection, wanted: &Wanted) -> Answer<Vec<Row>> {
    let sql = format!(
        "{COLUMNS} WHERE flow = ?1 AND (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR qualifier = ?3) AND map_run = ?4 \
         AND started_ms >= ?5 AND started_ms <= ?6 AND id < ?7 AND substr(name, 1, length(?8)) = ?8 ORDER BY id DESC LIMIT ?9"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        params![
            wanted.flow,
            wanted.status,
            wanted.qualifier,
            wanted.map_run.as_deref().unwrap_or_default(),
            wanted.from.unwrap_or(i64::MIN),
            wanted.to.unwrap_or(i64::MAX),
            wanted.before.unwrap_or(i64::MAX),
            wanted.prefix,
            i64::try_from(wanted.limit).unwrap_or(i64::MAX),
        ],
        read,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every execution that goes on, with what it waits for.
pub(in crate::flow) fn running(db: &Connection) -> Answer<Vec<(i64, Waits)>> {
    let sql = "SELECT id, due_ms, calls FROM flow_execution WHERE status = 'Running'";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let calls: i64 = row.get(2)?;
        Ok((
            row.get(0)?,
            Waits {
                due: row.get(1)?,
                calls: usize::try_from(calls).unwrap_or(0),
            },
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many there are.
pub(in crate::flow) fn count(db: &Connection) -> Answer<i64> {
    Ok(db.query_row("SELECT count(*) FROM flow_execution", [], |row| row.get(0))?)
}

/// How many of a flow go on.
pub(in crate::flow) fn running_of(db: &Connection, flow: &str) -> Answer<i64> {
    let sql = "SELECT count(*) FROM flow_execution WHERE flow = ?1 AND status = 'Running'";
    Ok(db
        .prepare_cached(sql)?
        .query_row([flow], |row| row.get(0))?)
}

/// Deletes the executions of a flow; their numbers.
pub(in crate::flow) fn delete_of(db: &Connection, flow: &str) -> Answer<Vec<i64>> {
    let mut statement =
        db.prepare_cached("DELETE FROM flow_execution WHERE flow = ?1 RETURNING id")?;
    let ids: Vec<i64> = statement
        .query_map([flow], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &ids {
        db.prepare_cached("DELETE FROM flow_batch WHERE execution = ?1")?
            .execute([id])?;
    }
    Ok(ids)
}

fn read(row: &rusqlite::Row) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        flow: row.get(1)?,
        name: row.get(2)?,
        digest: row.get(3)?,
        status: row.get(4)?,
        started: row.get(5)?,
        stopped: row.get(6)?,
        qualifier: row.get(7)?,
        map_run: row.get(8)?,
    })
}
