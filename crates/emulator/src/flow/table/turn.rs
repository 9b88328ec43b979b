//! Turns of executions: what each command led to.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use workflow::engine::Event;

use super::report::{self, Report};
use crate::flow::model::Row;
use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

/// How an execution is after a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::flow) struct State {
    pub(in crate::flow) status: String,
    pub(in crate::flow) stopped: Option<i64>,
    pub(in crate::flow) waits: Waits,
}

/// What an execution waits for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::flow) struct Waits {
    /// The next moment at which something happens.
    pub(in crate::flow) due: Option<i64>,
    /// How many calls are out that a restart must make again.
    pub(in crate::flow) calls: usize,
}

/// What one turn of an execution adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::flow) struct Turn {
    pub(in crate::flow) execution: i64,
    /// The number of the first of its events.
    pub(in crate::flow) first: u64,
    /// The events: an array of JSON, not empty.
    #[serde(skip)]
    pub(in crate::flow) events: String,
    pub(in crate::flow) state: State,
    /// The execution, if it begins with this turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::flow) begun: Option<Row>,
    /// Its end, if a token waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::flow) report: Option<Report>,
}

/// What turns of one execution, one after the other, add together.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::flow) struct Change {
    pub(in crate::flow) begun: Option<Row>,
    first: u64,
    events: String,
    state: State,
    reports: Vec<Report>,
}

impl Turn {
    /// As a record: a line of JSON, then the events as they are.
    pub(in crate::flow) fn written(&self) -> Vec<u8> {
        let mut record = serde_json::to_vec(self).unwrap_or_default();
        record.push(b'\n');
        record.extend(self.events.as_bytes());
        record
    }

    /// A turn as it was written.
    pub(in crate::flow) fn read(record: &[u8]) -> Answer<Self> {
        let broken = |why: String| StoreError::Commit(format!("a turn in the journal: {why}"));
        let text = std::str::from_utf8(record).map_err(|error| broken(error.to_string()))?;
        let (head, events) = text
            .split_once('\n')
            .ok_or_else(|| broken("it has no events".to_owned()))?;
        let turn: Self = serde_json::from_str(head).map_err(|error| broken(error.to_string()))?;
        Ok(Self {
            events: events.to_owned(),
            ..turn
        })
    }
}

impl Change {
    pub(in crate::flow) fn of(turn: Turn) -> Self {
        Self {
            begun: turn.begun,
            first: turn.first,
            events: turn.events,
            state: turn.state,
            reports: turn.report.into_iter().collect(),
        }
    }

    /// Adds the next turn.
    pub(in crate::flow) fn add(&mut self, turn: Turn) {
        // Two arrays become one.
        self.events.pop();
        let rest = turn.events.strip_prefix('[').unwrap_or_default();
        let _ = write!(self.events, ",{rest}");
        self.state = turn.state;
        self.reports.extend(turn.report);
    }
}

/// Adds what happened to an execution; nothing if it was deleted.
pub(in crate::flow) fn fold(db: &Connection, id: i64, change: &Change) -> Answer<()> {
    let is_there = match &change.begun {
        Some(row) => begin(db, row, &change.state)?,
        None => go_on(db, id, &change.state)?,
    };
    if !is_there {
        return Ok(());
    }
    let sql = "INSERT INTO flow_turn (execution, first, events) VALUES (?1, ?2, ?3)";
    let first = i64::try_from(change.first).unwrap_or(i64::MAX);
    db.prepare_cached(sql)?
        .execute(params![id, first, change.events])?;
    for report in &change.reports {
        report::add(db, report)?;
    }
    Ok(())
}

/// Makes a row for an execution under its number; whether the flow had none of that name.
fn begin(db: &Connection, row: &Row, state: &State) -> Answer<bool> {
    let sql = "INSERT OR IGNORE INTO flow_execution (id, flow, name, digest, status, started_ms, stopped_ms, qualifier, map_run, due_ms, calls) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let written = params![
        row.id,
        row.flow,
        row.name,
        row.digest,
        state.status,
        row.started,
        state.stopped,
        row.qualifier,
        row.map_run,
        state.waits.due,
        calls(state),
    ];
    Ok(db.prepare_cached(sql)?.execute(written)? == 1)
}

/// Changes an execution's row, unless it stays as it is; whether it is there.
fn go_on(db: &Connection, id: i64, state: &State) -> Answer<bool> {
    let written = params![
        id,
        state.status,
        state.stopped,
        state.waits.due,
        calls(state)
    ];
    let sql = "SELECT status = ?2 AND stopped_ms IS ?3 AND due_ms IS ?4 AND calls = ?5 FROM flow_execution WHERE id = ?1";
    let is_same = db
        .prepare_cached(sql)?
        .query_row(written, |row| row.get(0))
        .optional()?;
    if is_same == Some(false) {
        // What is written again as it was costs a page.
        let sql = "UPDATE flow_execution SET status = ?2, stopped_ms = ?3, due_ms = ?4, calls = ?5 WHERE id = ?1";
        db.prepare_cached(sql)?.execute(written)?;
    }
    Ok(is_same.is_some())
}

fn calls(state: &State) -> i64 {
    i64::try_from(state.waits.calls).unwrap_or(i64::MAX)
}

/// All events of an execution, in their order.
pub(in crate::flow) fn events(db: &Connection, id: i64) -> Answer<Vec<Event>> {
    let sql = "SELECT events FROM flow_turn WHERE execution = ?1 ORDER BY first";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        let turns: Vec<Event> = serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                0,
                rusqlite::types::Type::Text,
                Box::new(error),
            )
        })?;
        events.extend(turns);
    }
    Ok(events)
}
