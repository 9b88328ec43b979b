//! Rows of functions, their versions and triggers, and layers; what has no column of its own is in a JSON document.

pub(super) mod domain;
pub(super) mod function;
pub(super) mod layer;
pub(super) mod setting;
pub(super) mod trigger;
pub(super) mod version;

/// Tables of this room.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS fc_function (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fc_trigger (
    function TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (function, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fc_domain (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fc_setting (
    kind TEXT NOT NULL,
    function TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, function, qualifier)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fc_version (
    function TEXT NOT NULL,
    id INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (function, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fc_alias (
    function TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (function, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fc_layer (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fc_layer_version (
    layer TEXT NOT NULL,
    id INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (layer, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS fc_trigger_kind ON fc_trigger (kind);
";

/// A document read back: what was written by this room, so that a failure is a damaged file.
pub(in crate::function) fn parsed<T: serde::de::DeserializeOwned>(
    text: &str,
) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
    })
}

/// A document to write.
pub(in crate::function) fn text<T: serde::Serialize>(document: &T) -> String {
    serde_json::to_string(document).unwrap_or_default()
}
