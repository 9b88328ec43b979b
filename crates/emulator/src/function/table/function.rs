//! Rows of functions.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{parsed, text};
use crate::function::model::Function;

type Rows<T> = rusqlite::Result<T>;

/// A function by name.
pub(in crate::function) fn find(db: &Connection, name: &str) -> Rows<Option<Function>> {
    let mut statement = db.prepare_cached("SELECT document FROM fc_function WHERE name = ?1")?;
    let found = statement.query_row([name], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// The first function's name that is this one in lower case.
pub(in crate::function) fn spelled(db: &Connection, name: &str) -> Rows<Option<String>> {
    let sql = "SELECT name FROM fc_function WHERE lower(name) = ?1 ORDER BY name LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row([name], |row| row.get(0)).optional()
}

/// All functions by name.
pub(in crate::function) fn all(db: &Connection) -> Rows<Vec<Function>> {
    let mut statement = db.prepare_cached("SELECT document FROM fc_function ORDER BY name")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// How many there are.
pub(in crate::function) fn count(db: &Connection) -> Rows<i64> {
    db.query_row("SELECT count(*) FROM fc_function", [], |row| row.get(0))
}

/// Writes a function, new or changed.
pub(in crate::function) fn save(db: &Connection, function: &Function) -> Rows<()> {
    db.prepare_cached("INSERT OR REPLACE INTO fc_function (name, document) VALUES (?1, ?2)")?
        .execute(params![function.name, text(function)])?;
    Ok(())
}

/// Deletes a function with its triggers, settings, versions and aliases.
pub(in crate::function) fn delete(db: &Connection, name: &str) -> Rows<()> {
    for sql in [
        "DELETE FROM fc_trigger WHERE function = ?1",
        "DELETE FROM fc_setting WHERE function = ?1",
        "DELETE FROM fc_version WHERE function = ?1",
        "DELETE FROM fc_alias WHERE function = ?1",
        "DELETE FROM fc_function WHERE name = ?1",
    ] {
        db.prepare_cached(sql)?.execute([name])?;
    }
    Ok(())
}

/// Deletes everything.
pub(in crate::function) fn clear(db: &Connection) -> Rows<()> {
    db.execute_batch(
        "DELETE FROM fc_trigger; DELETE FROM fc_function; DELETE FROM fc_domain; DELETE FROM fc_setting;
         DELETE FROM fc_version; DELETE FROM fc_alias; DELETE FROM fc_layer; DELETE FROM fc_layer_version;",
    )
}
