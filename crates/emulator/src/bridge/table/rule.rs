//! Rows of rules.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{parsed, text};
use crate::bridge::model::Rule;

type Rows<T> = rusqlite::Result<T>;

/// Writes a rule, new or changed.
pub(in crate::bridge) fn save(db: &Connection, rule: &Rule) -> Rows<()> {
    let sql = "INSERT OR REPLACE INTO bridge_rule (bus, name, document) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?
        .execute(params![rule.bus, rule.name, text(rule)])?;
    Ok(())
}

/// A rule of a bus by its name.
pub(in crate::bridge) fn find(db: &Connection, bus: &str, name: &str) -> Rows<Option<Rule>> {
    let sql = "SELECT document FROM bridge_rule WHERE bus = ?1 AND name = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([bus, name], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// The rules of a bus by name.
pub(in crate::bridge) fn of(db: &Connection, bus: &str) -> Rows<Vec<Rule>> {
    let sql = "SELECT document FROM bridge_rule WHERE bus = ?1 ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([bus], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// Deletes a rule; whether it was there.
pub(in crate::bridge) fn delete(db: &Connection, bus: &str, name: &str) -> Rows<bool> {
    let sql = "DELETE FROM bridge_rule WHERE bus = ?1 AND name = ?2";
    Ok(db.prepare_cached(sql)?.execute([bus, name])? == 1)
}
