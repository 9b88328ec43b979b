//! Rows of executions and the turns in which their events came.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use workflow::engine::{Event, Fault};

use super::report::{self, Report};
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

/// What one turn of an execution adds.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::flow) struct Batch {
    /// The events, as JSON.
    pub(in crate::flow) events: String,
    /// The number of the first of them.
    pub(in crate::flow) first: u64,
    pub(in crate::flow) status: &'static str,
    pub(in crate::flow) stopped: Option<i64>,
    pub(in crate::flow) waits: Waits,
    /// Its end, if a token waits for it.
    pub(in crate::flow) report: Option<Report>,
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

/// Makes a row for an execution under its number; whether the flow had none of that name.
pub(in crate::flow) fn create(db: &Connection, row: &Row) -> Answer<bool> {
    let sql = "INSERT OR IGNORE INTO flow_execution (id, flow, name, digest, status, started_ms, qualifier, map_run) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let written = params![
        row.id,
        row.flow,
        row.name,
        row.digest,
        row.status,
        row.started,
        row.qualifier,
        row.map_run
    ];
    Ok(db.prepare_cached(sql)?.execute(written)? == 1)
}

/// The highest number of an execution, or of one that is gone and whose end is to be told.
pub(in crate::flow) fn last_id(db: &Connection) -> Answer<i64> {
    let sql = "SELECT max(coalesce((SELECT max(id) FROM flow_execution), 0), coalesce((SELECT max(execution) FROM flow_report), 0))";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// Adds what happened; whether the execution is there.
pub(in crate::flow) fn add(db: &Connection, id: i64, batch: &Batch) -> Answer<bool> {
    let calls = i64::try_from(batch.waits.calls).unwrap_or(i64::MAX);
    let state = params![id, batch.status, batch.stopped, batch.waits.due, calls];
    let sql = "SELECT status = ?2 AND stopped_ms IS ?3 AND due_ms IS ?4 AND calls = ?5 FROM flow_execution WHERE id = ?1";
    let is_same = db
        .prepare_cached(sql)?
        .query_row(state, |row| row.get(0))
        .optional()?;
    match is_same {
        None => return Ok(false),
        // What is written again as it was costs a page of the log.
        Some(true) => {}
        Some(false) => {
            let sql = "UPDATE flow_execution SET status = ?2, stopped_ms = ?3, due_ms = ?4, calls = ?5 WHERE id = ?1";
            db.prepare_cached(sql)?.execute(state)?;
        }
    }
    let sql = "INSERT INTO flow_turn (execution, first, events) VALUES (?1, ?2, ?3)";
    let first = i64::try_from(batch.first).unwrap_or(i64::MAX);
    db.prepare_cached(sql)?
        .execute(params![id, first, batch.events])?;
    if let Some(report) = &batch.report {
        report::add(db, report)?;
    }
    Ok(true)
}

/// All events of an execution, in their order.
pub(in crate::flow) fn events(db: &Connection, id: i64) -> Answer<Vec<Event>> {
    let sql = "SELECT events FROM flow_turn WHERE execution = ?1 ORDER BY first";
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

/// Every execution that goes on, with its map run and what it waits for.
pub(in crate::flow) fn running(db: &Connection) -> Answer<Vec<(i64, String, Waits)>> {
    let sql = "SELECT id, due_ms, calls, map_run FROM flow_execution WHERE status = 'Running'";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let calls: i64 = row.get(2)?;
        Ok((
            row.get(0)?,
            row.get(3)?,
            Waits {
                due: row.get(1)?,
                calls: usize::try_from(calls).unwrap_or(0),
            },
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The executions of a map run that go on.
pub(in crate::flow) fn running_items(
    db: &Connection,
    flow: &str,
    map_run: &str,
) -> Answer<Vec<i64>> {
    let sql =
        "SELECT id FROM flow_execution WHERE flow = ?1 AND map_run = ?2 AND status = 'Running'";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([flow, map_run], |row| row.get(0))?;
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

/// Deletes the executions of a flow with the definitions that nothing else runs by; their numbers. Who waits for one
/// that goes on is to be told that it will not end.
pub(in crate::flow) fn delete_of(db: &Connection, flow: &str) -> Answer<(Vec<i64>, Vec<Report>)> {
    let reports = abandoned(db, flow)?;
    for report in &reports {
        report::add(db, report)?;
    }
    let mut statement =
        db.prepare_cached("DELETE FROM flow_execution WHERE flow = ?1 RETURNING id, digest")?;
    let deleted: Vec<(i64, String)> = statement
        .query_map([flow], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (id, _) in &deleted {
        db.prepare_cached("DELETE FROM flow_turn WHERE execution = ?1")?
            .execute([id])?;
    }
    let digests: BTreeSet<&str> = deleted.iter().map(|(_, digest)| digest.as_str()).collect();
    let sql = "DELETE FROM flow_definition WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM flow_execution WHERE digest = ?1)";
    for digest in digests {
        db.prepare_cached(sql)?.execute([digest])?;
    }
    let ids = deleted.into_iter().map(|(id, _)| id).collect();
    Ok((ids, reports))
}

/// Reports to the tokens that wait for executions of a flow that is deleted.
fn abandoned(db: &Connection, flow: &str) -> Answer<Vec<Report>> {
    let sql = "SELECT id FROM flow_execution WHERE flow = ?1 AND status = 'Running'";
    let mut statement = db.prepare_cached(sql)?;
    let running: Vec<i64> = statement
        .query_map([flow], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut reports = Vec::new();
    for id in running {
        let sql = "SELECT json_extract(events, '$[0].ExecutionStarted.header.token') FROM flow_turn WHERE execution = ?1 AND first = 1";
        let token: Option<Option<String>> = db
            .prepare_cached(sql)?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let Some(token) = token.flatten() else {
            continue;
        };
        let cause = format!("flow {flow} was deleted with its executions");
        reports.push(Report {
            execution: id,
            event: 0,
            token,
            outcome: Err(Fault::new("fnf.ExecutionNotExists", cause)),
        });
    }
    Ok(reports)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, flow: &str) -> Row {
        Row {
            id,
            flow: flow.to_owned(),
            name: "e".to_owned(),
            digest: "d".to_owned(),
            status: "Running".to_owned(),
            started: 1,
            stopped: None,
            qualifier: String::new(),
            map_run: String::new(),
        }
    }

    fn batch(token: &str) -> Batch {
        let started = serde_json::json!([{"id": 1, "time": 1, "ExecutionStarted": {"header": {"token": token}}}]);
        Batch {
            events: started.to_string(),
            first: 1,
            status: "Running",
            stopped: None,
            waits: Waits {
                due: None,
                calls: 0,
            },
            report: None,
        }
    }

    #[test]
    fn deleted_executions_leave_their_reports_and_nothing_else() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(crate::flow::table::SCHEMA).unwrap();
        keep_definition(&db, "d", "text").unwrap();
        for (id, flow) in [(5, "f"), (6, "g")] {
            assert!(create(&db, &row(id, flow)).unwrap());
            assert!(add(&db, id, &batch(flow)).unwrap());
        }
        assert_eq!(last_id(&db).unwrap(), 6);
        assert!(!create(&db, &row(7, "f")).unwrap());
        assert_eq!(delete_of(&db, "f").unwrap().0, [5]);
        assert!(!add(&db, 5, &batch("f")).unwrap());
        assert!(definition(&db, "d").unwrap().is_some());
        assert_eq!(delete_of(&db, "g").unwrap().0, [6]);
        // What is to be told of it is not to be taken for another's.
        assert_eq!(last_id(&db).unwrap(), 6);
        assert_eq!(definition(&db, "d").unwrap(), None);
        let told: Vec<String> = report::all(&db)
            .unwrap()
            .into_iter()
            .map(|report| report.token)
            .collect();
        assert_eq!(told, ["f", "g"]);
    }

    #[test]
    fn turns_that_an_earlier_version_kept_are_taken_over() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            r#"CREATE TABLE flow_batch (execution INTEGER, number INTEGER, events TEXT, PRIMARY KEY (execution, number));
            INSERT INTO flow_batch VALUES (5, 1, '[{"id": 1}, {"id": 2}]'), (5, 2, '[{"id": 3}]');"#,
        )
        .unwrap();
        for _ in 0..2 {
            db.execute_batch(crate::flow::table::SCHEMA).unwrap();
            let sql = "SELECT first, events FROM flow_turn WHERE execution = 5 ORDER BY first";
            let mut kept = db.prepare(sql).unwrap();
            let kept = kept.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            let kept: Vec<(i64, String)> = kept.unwrap().map(Result::unwrap).collect();
            let events = [(1, r#"[{"id": 1}, {"id": 2}]"#), (3, r#"[{"id": 3}]"#)];
            assert_eq!(kept, events.map(|(first, text)| (first, text.to_owned())));
        }
    }
}
