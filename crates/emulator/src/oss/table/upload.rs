//! Multipart uploads under way, and their parts.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::object::{Traits, read_headers, write_headers};
use super::piece;
use crate::oss::error::{OssError, Outcome};
use crate::oss::model::Acl;

/// An upload under way.
#[derive(Clone, Debug)]
pub(in crate::oss) struct Upload {
    pub(in crate::oss) id: String,
    pub(in crate::oss) key: String,
    pub(in crate::oss) started: i64,
    pub(in crate::oss) traits: Traits,
}

/// A part of an upload.
#[derive(Clone, Debug)]
pub(in crate::oss) struct Part {
    pub(in crate::oss) number: u32,
    pub(in crate::oss) size: u64,
    /// Without quotes.
    pub(in crate::oss) etag: String,
    pub(in crate::oss) crc: u64,
    pub(in crate::oss) modified: i64,
    pub(in crate::oss) piece: i64,
}

const COLUMNS: &str = "id, key, started, storage_class, acl, headers, tagging";

/// Starts an upload.
pub(in crate::oss) fn start(db: &Connection, bucket: &str, upload: &Upload) -> Outcome<()> {
    let sql =
        "INSERT INTO oss_upload (id, bucket, key, started, storage_class, acl, headers, tagging)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Upload {
        id,
        key,
        started,
        traits,
    } = upload;
    db.prepare_cached(sql)?.execute(params![
        id,
        bucket,
        key,
        started,
        traits.storage_class,
        traits.acl.map(Acl::as_str),
        write_headers(&traits.headers),
        traits.tagging,
    ])?;
    Ok(())
}

/// Finds the upload of this id to this key.
pub(in crate::oss) fn find(db: &Connection, bucket: &str, key: &str, id: &str) -> Outcome<Upload> {
    let sql =
        format!("SELECT {COLUMNS} FROM oss_upload WHERE id = ?1 AND bucket = ?2 AND key = ?3");
    let found = db
        .prepare_cached(&sql)?
        .query_row([id, bucket, key], read)
        .optional()?;
    found.ok_or_else(|| OssError::NoSuchUpload(id.to_owned()))
}

/// Uploads in order of key and id that come after `(key, id)`, of keys with this prefix.
pub(in crate::oss) fn list(
    db: &Connection,
    bucket: &str,
    prefix: &str,
    after: (&str, &str),
    max: usize,
) -> Outcome<Vec<Upload>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM oss_upload WHERE bucket = ?1 AND (key, id) > (?2, ?3)
         AND substr(key, 1, length(?4)) = ?4 ORDER BY key, id LIMIT ?5"
    );
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![bucket, after.0, after.1, prefix, max], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds or replaces a part; answers the blobs of the one replaced.
pub(in crate::oss) fn put_part(db: &Connection, id: &str, part: &Part) -> Outcome<Vec<String>> {
    let former = "SELECT piece FROM oss_part WHERE upload = ?1 AND number = ?2";
    let former: Option<i64> = db
        .prepare_cached(former)?
        .query_row(params![id, part.number], |row| row.get(0))
        .optional()?;
    let sql = "INSERT OR REPLACE INTO oss_part (upload, number, size, etag, crc, modified, piece)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.prepare_cached(sql)?.execute(params![
        id,
        part.number,
        part.size.cast_signed(),
        part.etag,
        part.crc.cast_signed(),
        part.modified,
        part.piece,
    ])?;
    piece::delete(db, former.as_slice())
}

/// Parts in order of number that come after `after`.
pub(in crate::oss) fn parts(
    db: &Connection,
    id: &str,
    after: u64,
    max: usize,
) -> Outcome<Vec<Part>> {
    let sql = "SELECT number, size, etag, crc, modified, piece FROM oss_part
               WHERE upload = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![id, after.cast_signed(), max], |row| {
        Ok(Part {
            number: row.get(0)?,
            size: row.get::<_, i64>(1)?.cast_unsigned(),
            etag: row.get(2)?,
            crc: row.get::<_, i64>(3)?.cast_unsigned(),
            modified: row.get(4)?,
            piece: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends an upload: forgets it and its parts, deletes the pieces that are not in `used`, answers their blobs.
pub(in crate::oss) fn end(db: &Connection, id: &str, used: &[i64]) -> Outcome<Vec<String>> {
    let mut statement =
        db.prepare_cached("DELETE FROM oss_part WHERE upload = ?1 RETURNING piece")?;
    let pieces = statement.query_map([id], |row| row.get(0))?;
    let mut unused: Vec<i64> = pieces.collect::<Result<_, _>>()?;
    let used: std::collections::HashSet<i64> = used.iter().copied().collect();
    unused.retain(|piece| !used.contains(piece));
    db.prepare_cached("DELETE FROM oss_upload WHERE id = ?1")?
        .execute([id])?;
    piece::delete(db, &unused)
}

/// Uploads under way in a bucket.
pub(in crate::oss) fn count(db: &Connection, bucket: &str) -> Outcome<u64> {
    let sql = "SELECT count(*) FROM oss_upload WHERE bucket = ?1";
    Ok(db
        .query_row(sql, [bucket], |row| row.get::<_, i64>(0))?
        .cast_unsigned())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Upload> {
    let (acl, headers): (Option<String>, String) = (row.get(4)?, row.get(5)?);
    Ok(Upload {
        id: row.get(0)?,
        key: row.get(1)?,
        started: row.get(2)?,
        traits: Traits {
            storage_class: row.get(3)?,
            acl: acl.as_deref().and_then(Acl::parse),
            headers: read_headers(&headers),
            tagging: row.get(6)?,
        },
    })
}
