//! Buckets.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::oss::error::{OssError, Outcome};
use crate::oss::model::Acl;

/// A bucket with its settings; `website` and `tagging` are the documents as they were put.
#[derive(Clone, Debug)]
pub(in crate::oss) struct Bucket {
    pub(in crate::oss) name: String,
    pub(in crate::oss) acl: Acl,
    pub(in crate::oss) created: i64,
    pub(in crate::oss) storage_class: String,
    /// Where it was asked for: the region of the request's signature.
    pub(in crate::oss) region: String,
    pub(in crate::oss) website: Option<String>,
    pub(in crate::oss) tagging: Option<String>,
}

/// A setting that is a document or nothing.
#[derive(Clone, Copy, Debug)]
pub(in crate::oss) enum Document {
    Website,
    Tagging,
}

const COLUMNS: &str = "name, acl, created, storage_class, website, tagging, region";

/// Finds a bucket; a missing one is an error.
pub(in crate::oss) fn find(db: &Connection, name: &str) -> Outcome<Bucket> {
    let sql = format!("SELECT {COLUMNS} FROM oss_bucket WHERE name = ?1");
    let found = db
        .prepare_cached(&sql)?
        .query_row([name], read)
        .optional()?;
    found.ok_or_else(|| OssError::NoSuchBucket(name.to_owned()))
}

/// Whether a bucket exists.
pub(in crate::oss) fn exists(db: &Connection, name: &str) -> Outcome<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM oss_bucket WHERE name = ?1")?
        .exists([name])?)
}

/// Makes a bucket unless it exists.
pub(in crate::oss) fn make(db: &Connection, bucket: &Bucket) -> Outcome<()> {
    let sql = "INSERT OR IGNORE INTO oss_bucket (name, acl, created, storage_class, region) VALUES (?1, ?2, ?3, ?4, ?5)";
    let Bucket {
        name,
        acl,
        created,
        storage_class,
        region,
        ..
    } = bucket;
    db.prepare_cached(sql)?
        .execute(params![name, acl.as_str(), created, storage_class, region])?;
    Ok(())
}

/// Changes an existing bucket's access control list.
pub(in crate::oss) fn set_acl(db: &Connection, name: &str, acl: Acl) -> Outcome<()> {
    find(db, name)?;
    db.prepare_cached("UPDATE oss_bucket SET acl = ?2 WHERE name = ?1")?
        .execute([name, acl.as_str()])?;
    Ok(())
}

/// Changes or removes a document of an existing bucket.
pub(in crate::oss) fn set_document(
    db: &Connection,
    name: &str,
    which: Document,
    text: Option<&str>,
) -> Outcome<()> {
    find(db, name)?;
    let sql = match which {
        Document::Website => "UPDATE oss_bucket SET website = ?2 WHERE name = ?1",
        Document::Tagging => "UPDATE oss_bucket SET tagging = ?2 WHERE name = ?1",
    };
    db.prepare_cached(sql)?.execute(params![name, text])?;
    Ok(())
}

/// Deletes a bucket that holds neither objects nor unfinished uploads.
pub(in crate::oss) fn delete(db: &Connection, name: &str) -> Outcome<()> {
    find(db, name)?;
    let used = "SELECT 1 FROM oss_object WHERE bucket = ?1 UNION ALL SELECT 1 FROM oss_upload WHERE bucket = ?1 LIMIT 1";
    if db.prepare_cached(used)?.exists([name])? {
        return Err(OssError::BucketNotEmpty(name.to_owned()));
    }
    db.prepare_cached("DELETE FROM oss_bucket WHERE name = ?1")?
        .execute([name])?;
    Ok(())
}

/// Buckets whose names start with `prefix` and come after `after`, in order, at most `max`.
pub(in crate::oss) fn list(
    db: &Connection,
    prefix: &str,
    after: &str,
    max: usize,
) -> Outcome<Vec<Bucket>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM oss_bucket WHERE name > ?2 AND substr(name, 1, length(?1)) = ?1 ORDER BY name LIMIT ?3"
    );
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![prefix, after, max], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Bucket> {
    let acl: String = row.get(1)?;
    Ok(Bucket {
        name: row.get(0)?,
        acl: Acl::parse(&acl).unwrap_or(Acl::Private),
        created: row.get(2)?,
        storage_class: row.get(3)?,
        website: row.get(4)?,
        tagging: row.get(5)?,
        region: row.get(6)?,
    })
}
