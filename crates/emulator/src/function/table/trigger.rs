//! Rows of triggers.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{parsed, text};
use crate::function::model::Trigger;

type Rows<T> = rusqlite::Result<T>;

/// A trigger by its function and name.
pub(in crate::function) fn find(
    db: &Connection,
    function: &str,
    name: &str,
) -> Rows<Option<Trigger>> {
    let sql = "SELECT document FROM fc_trigger WHERE function = ?1 AND name = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([function, name], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// The triggers of a function by name.
pub(in crate::function) fn of(db: &Connection, function: &str) -> Rows<Vec<Trigger>> {
    let sql = "SELECT document FROM fc_trigger WHERE function = ?1 ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([function], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// The triggers of a kind, of all functions.
pub(in crate::function) fn of_kind(db: &Connection, kind: &str) -> Rows<Vec<Trigger>> {
    let sql = "SELECT document FROM fc_trigger WHERE kind = ?1 ORDER BY function, name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([kind], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// Writes a trigger, new or changed.
pub(in crate::function) fn save(db: &Connection, trigger: &Trigger) -> Rows<()> {
    let sql = "INSERT OR REPLACE INTO fc_trigger (function, name, kind, document) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![
        trigger.function,
        trigger.name,
        trigger.kind,
        text(trigger)
    ])?;
    Ok(())
}

/// Deletes a trigger.
pub(in crate::function) fn delete(db: &Connection, function: &str, name: &str) -> Rows<()> {
    let sql = "DELETE FROM fc_trigger WHERE function = ?1 AND name = ?2";
    db.prepare_cached(sql)?.execute([function, name])?;
    Ok(())
}
