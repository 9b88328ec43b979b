//! Rows of schedules.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::flow::model::Schedule;
use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

const COLUMNS: &str = "SELECT id, flow, name, cron, payload, description, enabled, created_ms, modified_ms FROM flow_schedule";

/// Makes a schedule; whether there was none of that name.
pub(in crate::flow) fn create(db: &Connection, schedule: &Schedule) -> Answer<bool> {
    let sql = "INSERT OR IGNORE INTO flow_schedule (id, flow, name, cron, payload, description, enabled, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    Ok(write(db, sql, schedule)? == 1)
}

/// Changes all of it but its id and when it was made.
pub(in crate::flow) fn update(db: &Connection, schedule: &Schedule) -> Answer<()> {
    let sql = "UPDATE flow_schedule SET cron = ?4, payload = ?5, description = ?6, enabled = ?7, modified_ms = ?9 WHERE flow = ?2 AND name = ?3 AND id = ?1 AND created_ms = ?8";
    write(db, sql, schedule).map(drop)
}

fn write(db: &Connection, sql: &str, schedule: &Schedule) -> Answer<usize> {
    Ok(db.prepare_cached(sql)?.execute(params![
        schedule.id,
        schedule.flow,
        schedule.name,
        schedule.cron,
        schedule.payload,
        schedule.description,
        schedule.is_enabled,
        schedule.created,
        schedule.modified,
    ])?)
}

pub(in crate::flow) fn find(db: &Connection, flow: &str, name: &str) -> Answer<Option<Schedule>> {
    let sql = format!("{COLUMNS} WHERE flow = ?1 AND name = ?2");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([flow, name], read)
        .optional()?)
}

/// All of a flow, by name.
pub(in crate::flow) fn of(db: &Connection, flow: &str) -> Answer<Vec<Schedule>> {
    let sql = format!("{COLUMNS} WHERE flow = ?1 ORDER BY name");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([flow], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All that are switched on.
pub(in crate::flow) fn enabled(db: &Connection) -> Answer<Vec<Schedule>> {
    let sql = format!("{COLUMNS} WHERE enabled");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(in crate::flow) fn delete(db: &Connection, flow: &str, name: &str) -> Answer<bool> {
    let sql = "DELETE FROM flow_schedule WHERE flow = ?1 AND name = ?2";
    Ok(db.prepare_cached(sql)?.execute([flow, name])? == 1)
}

fn read(row: &Row) -> rusqlite::Result<Schedule> {
    Ok(Schedule {
        id: row.get(0)?,
        flow: row.get(1)?,
        name: row.get(2)?,
        cron: row.get(3)?,
        payload: row.get(4)?,
        description: row.get(5)?,
        is_enabled: row.get(6)?,
        created: row.get(7)?,
        modified: row.get(8)?,
    })
}
