//! Rows of published versions and of aliases.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{parsed, text};
use crate::function::model::{Alias, Version};

type Rows<T> = rusqlite::Result<T>;

/// A version of a function by the text of its number.
pub(in crate::function) fn find(
    db: &Connection,
    function: &str,
    id: &str,
) -> Rows<Option<Version>> {
    let Ok(id) = id.parse::<i64>() else {
        return Ok(None);
    };
    let sql = "SELECT document FROM fc_version WHERE function = ?1 AND id = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row(params![function, id], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// The versions of a function, oldest first.
pub(in crate::function) fn of(db: &Connection, function: &str) -> Rows<Vec<Version>> {
    let sql = "SELECT document FROM fc_version WHERE function = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([function], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// All versions of all functions.
pub(in crate::function) fn all(db: &Connection) -> Rows<Vec<Version>> {
    let mut statement = db.prepare_cached("SELECT document FROM fc_version")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// Writes a new version.
pub(in crate::function) fn add(db: &Connection, function: &str, version: &Version) -> Rows<()> {
    let sql = "INSERT INTO fc_version (function, id, document) VALUES (?1, ?2, ?3)";
    let id = i64::try_from(version.id).unwrap_or(i64::MAX);
    db.prepare_cached(sql)?
        .execute(params![function, id, text(version)])?;
    Ok(())
}

/// Deletes a version with its settings.
pub(in crate::function) fn delete(db: &Connection, function: &str, id: u64) -> Rows<()> {
    let text = id.to_string();
    forget_settings(db, function, &text)?;
    let sql = "DELETE FROM fc_version WHERE function = ?1 AND id = ?2";
    let id = i64::try_from(id).unwrap_or(i64::MAX);
    db.prepare_cached(sql)?.execute(params![function, id])?;
    Ok(())
}

/// An alias of a function by name.
pub(in crate::function) fn alias(
    db: &Connection,
    function: &str,
    name: &str,
) -> Rows<Option<Alias>> {
    let sql = "SELECT document FROM fc_alias WHERE function = ?1 AND name = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([function, name], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// The first alias of a function whose name is this one in lower case.
pub(in crate::function) fn spelled_alias(
    db: &Connection,
    function: &str,
    name: &str,
) -> Rows<Option<String>> {
    let sql =
        "SELECT name FROM fc_alias WHERE function = ?1 AND lower(name) = ?2 ORDER BY name LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([function, name], |row| row.get(0));
    found.optional()
}

/// The aliases of a function by name.
pub(in crate::function) fn aliases(db: &Connection, function: &str) -> Rows<Vec<Alias>> {
    let sql = "SELECT document FROM fc_alias WHERE function = ?1 ORDER BY name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([function], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// Writes an alias, new or changed.
pub(in crate::function) fn save_alias(db: &Connection, function: &str, alias: &Alias) -> Rows<()> {
    let sql = "INSERT OR REPLACE INTO fc_alias (function, name, document) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?
        .execute([function, &alias.name, &text(alias)])?;
    Ok(())
}

/// Deletes an alias with its settings.
pub(in crate::function) fn delete_alias(db: &Connection, function: &str, name: &str) -> Rows<()> {
    forget_settings(db, function, name)?;
    let sql = "DELETE FROM fc_alias WHERE function = ?1 AND name = ?2";
    db.prepare_cached(sql)?.execute([function, name])?;
    Ok(())
}

fn forget_settings(db: &Connection, function: &str, qualifier: &str) -> Rows<()> {
    let sql = "DELETE FROM fc_setting WHERE function = ?1 AND qualifier = ?2";
    db.prepare_cached(sql)?.execute([function, qualifier])?;
    Ok(())
}
