//! Rows of ends that somebody waits for and has not been told of.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow::engine::Fault;

use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

/// How an execution ended, for the token that waits for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::flow) struct Report {
    /// The execution that ended.
    pub(in crate::flow) execution: i64,
    /// The number of the event that ended it; 0 if it was deleted. One that was redriven ends more than once.
    pub(in crate::flow) event: u64,
    pub(in crate::flow) token: String,
    pub(in crate::flow) outcome: Result<Value, Fault>,
}

/// Keeps one until it is told.
pub(in crate::flow) fn add(db: &Connection, report: &Report) -> Answer<()> {
    let sql = "INSERT OR REPLACE INTO flow_report (execution, event, token, outcome) VALUES (?1, ?2, ?3, ?4)";
    let outcome = serde_json::to_string(&report.outcome).unwrap_or_default();
    let event = i64::try_from(report.event).unwrap_or(i64::MAX);
    db.prepare_cached(sql)?
        .execute(params![report.execution, event, report.token, outcome])?;
    Ok(())
}

/// Forgets one that was told.
pub(in crate::flow) fn delete(db: &Connection, execution: i64, event: u64) -> Answer<()> {
    let sql = "DELETE FROM flow_report WHERE execution = ?1 AND event = ?2";
    let event = i64::try_from(event).unwrap_or(i64::MAX);
    db.prepare_cached(sql)?.execute([execution, event])?;
    Ok(())
}

/// Those that are to be told.
pub(in crate::flow) fn all(db: &Connection) -> Answer<Vec<Report>> {
    let sql = "SELECT execution, event, token, outcome FROM flow_report ORDER BY execution, event";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let (event, outcome): (i64, String) = (row.get(1)?, row.get(3)?);
        Ok(Report {
            execution: row.get(0)?,
            event: u64::try_from(event).unwrap_or(0),
            token: row.get(2)?,
            outcome: serde_json::from_str(&outcome).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(
                    3,
                    rusqlite::types::Type::Text,
                    Box::new(error),
                )
            })?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
