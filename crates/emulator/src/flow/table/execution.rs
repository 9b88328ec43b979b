//! Rows of executions.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use workflow::engine::Fault;

use super::report::{self, Report};
use super::turn::Waits;
use crate::flow::model::Row;
use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

const COLUMNS: &str = "SELECT id, flow, name, digest, status, started_ms, stopped_ms, qualifier, map_run FROM flow_execution";

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

/// What awaits an execution that is about to begin.
pub(in crate::flow) struct Place {
    pub(in crate::flow) has_flow: bool,
    pub(in crate::flow) has_definition: bool,
    /// The flow has an execution of that name.
    pub(in crate::flow) is_taken: bool,
}

pub(in crate::flow) fn place(db: &Connection, row: &Row) -> Answer<Place> {
    let sql = "SELECT EXISTS (SELECT 1 FROM flow WHERE name = ?1), EXISTS (SELECT 1 FROM flow_definition WHERE digest = ?2), \
               EXISTS (SELECT 1 FROM flow_execution WHERE flow = ?1 AND name = ?3)";
    Ok(db
        .prepare_cached(sql)?
        .query_row([&row.flow, &row.digest, &row.name], |found| {
            Ok(Place {
                has_flow: found.get(0)?,
                has_definition: found.get(1)?,
                is_taken: found.get(2)?,
            })
        })?)
}

/// The highest number of an execution, or of one that is gone and whose end is to be told.
pub(in crate::flow) fn last_id(db: &Connection) -> Answer<i64> {
    let sql = "SELECT max(coalesce((SELECT max(id) FROM flow_execution), 0), coalesce((SELECT max(execution) FROM flow_report), 0))";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
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
    use super::super::turn::{self, Change, State, Turn};
    use super::*;

    fn turn(execution: i64, flow: &str) -> Turn {
        let started = serde_json::json!([{"id": 1, "time": 1, "ExecutionStarted": {"header": {"token": flow}}}]);
        let waits = Waits {
            due: None,
            calls: 0,
        };
        Turn {
            execution,
            first: 1,
            events: started.to_string(),
            state: State {
                status: "Running".to_owned(),
                stopped: None,
                waits,
            },
            begun: Some(Row {
                id: execution,
                flow: flow.to_owned(),
                name: "e".to_owned(),
                digest: "d".to_owned(),
                status: "Running".to_owned(),
                started: 1,
                stopped: None,
                qualifier: String::new(),
                map_run: String::new(),
            }),
            report: None,
        }
    }

    fn fold(db: &Connection, turn: Turn) {
        turn::fold(db, turn.execution, &Change::of(turn)).unwrap();
    }

    fn count(db: &Connection, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        db.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn deleted_executions_leave_their_reports_and_nothing_else() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(crate::flow::table::SCHEMA).unwrap();
        keep_definition(&db, "d", "text").unwrap();
        fold(&db, turn(5, "f"));
        fold(&db, turn(6, "g"));
        assert_eq!(last_id(&db).unwrap(), 6);
        // The flow has one of that name.
        fold(&db, turn(7, "f"));
        assert_eq!(count(&db, "flow_turn"), 2);
        assert_eq!(delete_of(&db, "f").unwrap().0, [5]);
        let later = Turn {
            begun: None,
            ..turn(5, "f")
        };
        fold(&db, later);
        assert_eq!(count(&db, "flow_turn"), 1);
        assert!(definition(&db, "d").unwrap().is_some());
        assert_eq!(delete_of(&db, "g").unwrap().0, [6]);
        assert_eq!(count(&db, "flow_turn"), 0);
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
