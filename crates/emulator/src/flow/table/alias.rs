//! Rows of aliases.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::flow::model::Alias;
use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

const COLUMNS: &str = "SELECT flow, name, description, routes, created_ms FROM flow_alias";

/// Makes an alias; whether there was none of that name.
pub(in crate::flow) fn create(db: &Connection, alias: &Alias) -> Answer<bool> {
    let sql = "INSERT OR IGNORE INTO flow_alias (flow, name, description, routes, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    let routes = serde_json::to_string(&alias.routes).unwrap_or_default();
    let row = params![
        alias.flow,
        alias.name,
        alias.description,
        routes,
        alias.created
    ];
    Ok(db.prepare_cached(sql)?.execute(row)? == 1)
}

pub(in crate::flow) fn update(db: &Connection, alias: &Alias) -> Answer<()> {
    let sql = "UPDATE flow_alias SET description = ?3, routes = ?4 WHERE flow = ?1 AND name = ?2";
    let routes = serde_json::to_string(&alias.routes).unwrap_or_default();
    db.prepare_cached(sql)?
        .execute(params![alias.flow, alias.name, alias.description, routes])?;
    Ok(())
}

pub(in crate::flow) fn find(db: &Connection, flow: &str, name: &str) -> Answer<Option<Alias>> {
    let sql = format!("{COLUMNS} WHERE flow = ?1 AND name = ?2");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([flow, name], read)
        .optional()?)
}

/// All of a flow, by name.
pub(in crate::flow) fn of(db: &Connection, flow: &str) -> Answer<Vec<Alias>> {
    let sql = format!("{COLUMNS} WHERE flow = ?1 ORDER BY name");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([flow], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(in crate::flow) fn delete(db: &Connection, flow: &str, name: &str) -> Answer<bool> {
    let sql = "DELETE FROM flow_alias WHERE flow = ?1 AND name = ?2";
    Ok(db.prepare_cached(sql)?.execute([flow, name])? == 1)
}

fn read(row: &Row) -> rusqlite::Result<Alias> {
    let routes: String = row.get(3)?;
    Ok(Alias {
        flow: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        routes: serde_json::from_str(&routes).unwrap_or_default(),
        created: row.get(4)?,
    })
}
