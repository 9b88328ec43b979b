//! Rows of flows.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::flow::model::Flow;
use crate::store::StoreError;
use workflow::engine::Mode;

type Answer<T> = Result<T, StoreError>;

const COLUMNS: &str = "SELECT name, id, definition, description, kind, role, mode, environment, resource_group, created_ms, modified_ms FROM flow";

/// Makes a flow; whether there was none of that name.
pub(in crate::flow) fn create(db: &Connection, flow: &Flow) -> Answer<bool> {
    let sql = "INSERT OR IGNORE INTO flow (name, id, definition, description, kind, role, mode, environment, resource_group, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let made = db.prepare_cached(sql)?.execute(params![
        flow.name,
        flow.id,
        flow.definition,
        flow.description,
        flow.kind,
        flow.role,
        mode_text(flow.mode),
        flow.environment.to_string(),
        flow.group,
        flow.created,
        flow.modified,
    ])?;
    Ok(made == 1)
}

/// Changes what can be changed.
pub(in crate::flow) fn update(db: &Connection, flow: &Flow) -> Answer<()> {
    let sql = "UPDATE flow SET definition = ?2, description = ?3, kind = ?4, role = ?5, environment = ?6, modified_ms = ?7 WHERE name = ?1";
    db.prepare_cached(sql)?.execute(params![
        flow.name,
        flow.definition,
        flow.description,
        flow.kind,
        flow.role,
        flow.environment.to_string(),
        flow.modified,
    ])?;
    Ok(())
}

pub(in crate::flow) fn find(db: &Connection, name: &str) -> Answer<Option<Flow>> {
    let sql = format!("{COLUMNS} WHERE name = ?1");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([name], read)
        .optional()?)
}

/// All, by name.
pub(in crate::flow) fn all(db: &Connection) -> Answer<Vec<Flow>> {
    let sql = format!("{COLUMNS} ORDER BY name");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes a flow with its versions, aliases and schedules; whether it was there.
pub(in crate::flow) fn delete(db: &Connection, name: &str) -> Answer<bool> {
    for table in ["flow_version", "flow_alias", "flow_schedule"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE flow = ?1"))?
            .execute([name])?;
    }
    Ok(db
        .prepare_cached("DELETE FROM flow WHERE name = ?1")?
        .execute([name])?
        == 1)
}

/// Deletes everything of this room.
pub(in crate::flow) fn clear(db: &Connection) -> Answer<()> {
    for table in [
        "flow_version",
        "flow_alias",
        "flow_schedule",
        "flow",
        "flow_report",
        "flow_turn",
        "flow_execution",
        "flow_definition",
    ] {
        db.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

const fn mode_text(mode: Mode) -> &'static str {
    crate::flow::model::mode_name(mode)
}

fn read(row: &Row) -> rusqlite::Result<Flow> {
    let mode: String = row.get(6)?;
    let environment: String = row.get(7)?;
    Ok(Flow {
        name: row.get(0)?,
        id: row.get(1)?,
        definition: row.get(2)?,
        description: row.get(3)?,
        kind: row.get(4)?,
        role: row.get(5)?,
        mode: if mode == "Express" {
            Mode::Express
        } else {
            Mode::Standard
        },
        environment: serde_json::from_str(&environment).unwrap_or_default(),
        group: row.get(8)?,
        created: row.get(9)?,
        modified: row.get(10)?,
    })
}
