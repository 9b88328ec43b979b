//! Rows of layers and their versions.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{parsed, text};
use crate::function::model::{Layer, LayerVersion};

type Rows<T> = rusqlite::Result<T>;

/// A layer by name, also one whose versions are all deleted.
pub(in crate::function) fn find(db: &Connection, name: &str) -> Rows<Option<Layer>> {
    let mut statement = db.prepare_cached("SELECT document FROM fc_layer WHERE name = ?1")?;
    let found = statement.query_row([name], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// The layers that have versions, each with its last one, by name.
pub(in crate::function) fn last_versions(db: &Connection) -> Rows<Vec<(Layer, LayerVersion)>> {
    let sql = "SELECT l.document, v.document FROM fc_layer l JOIN fc_layer_version v ON v.layer = l.name
               WHERE v.id = (SELECT max(id) FROM fc_layer_version WHERE layer = l.name) ORDER BY l.name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    rows.map(|row| {
        let (layer, version) = row?;
        Ok((parsed(&layer)?, parsed(&version)?))
    })
    .collect()
}

/// Writes a layer, new or changed.
pub(in crate::function) fn save(db: &Connection, layer: &Layer) -> Rows<()> {
    db.prepare_cached("INSERT OR REPLACE INTO fc_layer (name, document) VALUES (?1, ?2)")?
        .execute(params![layer.name, text(layer)])?;
    Ok(())
}

/// A version of a layer.
pub(in crate::function) fn version(
    db: &Connection,
    layer: &str,
    id: u64,
) -> Rows<Option<LayerVersion>> {
    let sql = "SELECT document FROM fc_layer_version WHERE layer = ?1 AND id = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row(params![layer, number(id)], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// The versions of a layer from a number on, oldest first.
pub(in crate::function) fn versions(
    db: &Connection,
    layer: &str,
    from: u64,
    limit: usize,
) -> Rows<Vec<LayerVersion>> {
    let sql =
        "SELECT document FROM fc_layer_version WHERE layer = ?1 AND id >= ?2 ORDER BY id LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![layer, number(from), limit], |row| {
        row.get::<_, String>(0)
    })?;
    rows.map(|text| parsed(&text?)).collect()
}

/// All versions of all layers.
pub(in crate::function) fn all_versions(db: &Connection) -> Rows<Vec<LayerVersion>> {
    let mut statement = db.prepare_cached("SELECT document FROM fc_layer_version")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// Writes a new version.
pub(in crate::function) fn add_version(
    db: &Connection,
    layer: &str,
    version: &LayerVersion,
) -> Rows<()> {
    let sql = "INSERT INTO fc_layer_version (layer, id, document) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?
        .execute(params![layer, number(version.id), text(version)])?;
    Ok(())
}

/// Deletes a version; whether there was one.
pub(in crate::function) fn delete_version(db: &Connection, layer: &str, id: u64) -> Rows<bool> {
    let sql = "DELETE FROM fc_layer_version WHERE layer = ?1 AND id = ?2";
    let deleted = db
        .prepare_cached(sql)?
        .execute(params![layer, number(id)])?;
    Ok(deleted > 0)
}

/// A number as the database has it.
fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}
