//! The object storage's tables and every statement on them.

pub(super) mod bucket;
pub(super) mod object;
pub(super) mod piece;
pub(super) mod upload;

/// Tables of this room. `created`, `modified` and `started` are milliseconds of Unix time in the cloud's clock; `crc` is
/// the unsigned checksum's bits; `pieces` lists ids of `oss_piece` with commas; a piece has either bytes or a blob.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS oss_bucket (
    name TEXT PRIMARY KEY, acl TEXT NOT NULL, created INTEGER NOT NULL, storage_class TEXT NOT NULL,
    region TEXT NOT NULL, website TEXT, tagging TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oss_object (
    bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, crc INTEGER NOT NULL,
    modified INTEGER NOT NULL, kind TEXT NOT NULL, storage_class TEXT NOT NULL, acl TEXT, headers TEXT NOT NULL,
    tagging TEXT, pieces TEXT NOT NULL, PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oss_piece (
    id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL, bytes BLOB, blob TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS oss_upload (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, started INTEGER NOT NULL,
    storage_class TEXT NOT NULL, acl TEXT, headers TEXT NOT NULL, tagging TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS oss_upload_by_key ON oss_upload (bucket, key, id);
CREATE TABLE IF NOT EXISTS oss_part (
    upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, crc INTEGER NOT NULL,
    modified INTEGER NOT NULL, piece INTEGER NOT NULL, PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
";

/// Deletes everything and names the blobs that go with it.
pub(super) fn clear(db: &rusqlite::Connection) -> super::error::Outcome<Vec<String>> {
    let blobs = piece::blobs(db)?;
    for table in [
        "oss_part",
        "oss_upload",
        "oss_object",
        "oss_piece",
        "oss_bucket",
    ] {
        db.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(blobs)
}
