//! Rows of what is set of a function beside its configuration: one document for each kind and qualifier.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value as Json;

use super::{parsed, text};

type Rows<T> = rusqlite::Result<T>;

/// A setting of a function.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::function) struct Setting {
    pub(in crate::function) function: String,
    pub(in crate::function) qualifier: String,
    pub(in crate::function) document: Json,
}

/// The document of a kind for a function and qualifier.
pub(in crate::function) fn find(
    db: &Connection,
    kind: &str,
    function: &str,
    qualifier: &str,
) -> Rows<Option<Json>> {
    let sql =
        "SELECT document FROM fc_setting WHERE kind = ?1 AND function = ?2 AND qualifier = ?3";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([kind, function, qualifier], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// All settings of a kind by function and qualifier.
pub(in crate::function) fn all(db: &Connection, kind: &str) -> Rows<Vec<Setting>> {
    let sql = "SELECT function, qualifier, document FROM fc_setting WHERE kind = ?1
               ORDER BY function, qualifier";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([kind], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
    })?;
    rows.map(|row| {
        let (function, qualifier, text) = row?;
        Ok(Setting {
            function,
            qualifier,
            document: parsed(&text)?,
        })
    })
    .collect()
}

/// Writes a setting, new or changed.
pub(in crate::function) fn save(db: &Connection, kind: &str, setting: &Setting) -> Rows<()> {
    let sql = "INSERT OR REPLACE INTO fc_setting (kind, function, qualifier, document) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![
        kind,
        setting.function,
        setting.qualifier,
        text(&setting.document)
    ])?;
    Ok(())
}

/// Deletes a setting; whether there was one.
pub(in crate::function) fn delete(
    db: &Connection,
    kind: &str,
    function: &str,
    qualifier: &str,
) -> Rows<bool> {
    let sql = "DELETE FROM fc_setting WHERE kind = ?1 AND function = ?2 AND qualifier = ?3";
    let deleted = db
        .prepare_cached(sql)?
        .execute([kind, function, qualifier])?;
    Ok(deleted > 0)
}
