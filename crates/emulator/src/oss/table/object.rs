//! Objects: what is known of each key, and which pieces its content is.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::piece;
use crate::oss::error::Outcome;
use crate::oss::model::{Acl, ListQuery, Offer, Page};

/// How an object was made, as replies call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Kind {
    Normal,
    Multipart,
    Appendable,
}

/// What a writer says about an object besides its content.
#[derive(Clone, Debug, Default)]
pub(in crate::oss) struct Traits {
    /// Content headers and `x-oss-meta-*`, lower-case.
    pub(in crate::oss) headers: Vec<(String, String)>,
    /// Its own access control list; `None` to follow the bucket's.
    pub(in crate::oss) acl: Option<Acl>,
    pub(in crate::oss) storage_class: String,
    /// The tagging document.
    pub(in crate::oss) tagging: Option<String>,
}

/// An object.
#[derive(Clone, Debug)]
pub(in crate::oss) struct Object {
    pub(in crate::oss) size: u64,
    /// Without quotes.
    pub(in crate::oss) etag: String,
    pub(in crate::oss) crc: u64,
    pub(in crate::oss) modified: i64,
    pub(in crate::oss) kind: Kind,
    pub(in crate::oss) traits: Traits,
    pub(in crate::oss) pieces: Vec<i64>,
}

/// What a listing shows of an object.
#[derive(Clone, Debug)]
pub(in crate::oss) struct Listed {
    pub(in crate::oss) size: u64,
    pub(in crate::oss) etag: String,
    pub(in crate::oss) modified: i64,
    pub(in crate::oss) kind: Kind,
    pub(in crate::oss) storage_class: String,
}

impl Kind {
    pub(in crate::oss) fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Multipart => "Multipart",
            Self::Appendable => "Appendable",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "Multipart" => Self::Multipart,
            "Appendable" => Self::Appendable,
            _ => Self::Normal,
        }
    }
}

/// Finds an object.
pub(in crate::oss) fn find(db: &Connection, bucket: &str, key: &str) -> Outcome<Option<Object>> {
    let sql = "SELECT size, etag, crc, modified, kind, storage_class, acl, headers, tagging, pieces
               FROM oss_object WHERE bucket = ?1 AND key = ?2";
    Ok(db
        .prepare_cached(sql)?
        .query_row([bucket, key], read)
        .optional()?)
}

/// Puts an object in the place of what is there. The pieces of the former content that the new one does not use are
/// deleted; their blobs are answered.
pub(in crate::oss) fn replace(
    db: &Connection,
    bucket: &str,
    key: &str,
    object: &Object,
) -> Outcome<Vec<String>> {
    let mut former = pieces(db, bucket, key)?;
    let used: HashSet<i64> = object.pieces.iter().copied().collect();
    former.retain(|id| !used.contains(id));
    let sql = "INSERT OR REPLACE INTO oss_object
        (bucket, key, size, etag, crc, modified, kind, storage_class, acl, headers, tagging, pieces)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let traits = &object.traits;
    db.prepare_cached(sql)?.execute(params![
        bucket,
        key,
        object.size.cast_signed(),
        object.etag,
        object.crc.cast_signed(),
        object.modified,
        object.kind.as_str(),
        traits.storage_class,
        traits.acl.map(Acl::as_str),
        write_headers(&traits.headers),
        traits.tagging,
        write_pieces(&object.pieces),
    ])?;
    piece::delete(db, &former)
}

/// Deletes an object; `None` when there is none, else the blobs that go with it.
pub(in crate::oss) fn delete(
    db: &Connection,
    bucket: &str,
    key: &str,
) -> Outcome<Option<Vec<String>>> {
    let sql = "DELETE FROM oss_object WHERE bucket = ?1 AND key = ?2 RETURNING pieces";
    let mut statement = db.prepare_cached(sql)?;
    let pieces: Option<String> = statement
        .query_row([bucket, key], |row| row.get(0))
        .optional()?;
    pieces
        .map(|pieces| piece::delete(db, &read_pieces(&pieces)))
        .transpose()
}

/// Keys of a bucket's objects that were written before a time, in milliseconds.
pub(in crate::oss) fn older(db: &Connection, bucket: &str, than: i64) -> Outcome<Vec<String>> {
    let sql = "SELECT key FROM oss_object WHERE bucket = ?1 AND modified < ?2";
    let mut statement = db.prepare_cached(sql)?;
    let keys = statement.query_map(params![bucket, than], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Changes an existing object's access control list.
pub(in crate::oss) fn set_acl(
    db: &Connection,
    bucket: &str,
    key: &str,
    acl: Option<Acl>,
) -> Outcome<()> {
    let sql = "UPDATE oss_object SET acl = ?3 WHERE bucket = ?1 AND key = ?2";
    db.prepare_cached(sql)?
        .execute(params![bucket, key, acl.map(Acl::as_str)])?;
    Ok(())
}

/// Changes or removes an existing object's tagging document.
pub(in crate::oss) fn set_tagging(
    db: &Connection,
    bucket: &str,
    key: &str,
    text: Option<&str>,
) -> Outcome<()> {
    let sql = "UPDATE oss_object SET tagging = ?3 WHERE bucket = ?1 AND key = ?2";
    db.prepare_cached(sql)?
        .execute(params![bucket, key, text])?;
    Ok(())
}

/// Fills one page of a bucket's listing. Rolled-up keys are jumped over, not read.
pub(in crate::oss) fn page(
    db: &Connection,
    bucket: &str,
    query: ListQuery,
) -> Outcome<Page<Listed>> {
    let sql = "SELECT key, size, etag, modified, kind, storage_class FROM oss_object
               WHERE bucket = ?1 AND key >= ?2 ORDER BY key";
    let mut statement = db.prepare_cached(sql)?;
    let mut page = Page::new(query);
    let mut from = page.start();
    while let Some(start) = from.take() {
        let mut rows = statement.query([bucket, &start])?;
        while let Some(row) = rows.next()? {
            let listed = read_listed(row)?;
            match page.offer(row.get_ref(0)?.as_str().unwrap_or_default(), || listed) {
                Offer::Next => continue,
                Offer::Seek(to) => from = Some(to),
                Offer::Done => {}
            }
            break;
        }
    }
    Ok(page)
}

/// Number of objects and sum of their sizes, in one bucket or in all.
pub(in crate::oss) fn totals(db: &Connection, bucket: Option<&str>) -> Outcome<(u64, u64)> {
    let sql =
        "SELECT count(*), coalesce(sum(size), 0) FROM oss_object WHERE bucket = ?1 OR (?1 IS NULL AND bucket IN
         (SELECT name FROM oss_bucket))";
    let totals = db.query_row(sql, [bucket], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    })?;
    Ok((totals.0.cast_unsigned(), totals.1.cast_unsigned()))
}

/// Headers as a column holds them.
pub(super) fn write_headers(headers: &[(String, String)]) -> String {
    serde_json::to_string(headers).unwrap_or_default()
}

/// Headers from their column.
pub(super) fn read_headers(text: &str) -> Vec<(String, String)> {
    serde_json::from_str(text).unwrap_or_default()
}

fn pieces(db: &Connection, bucket: &str, key: &str) -> Outcome<Vec<i64>> {
    let sql = "SELECT pieces FROM oss_object WHERE bucket = ?1 AND key = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let text: Option<String> = statement
        .query_row([bucket, key], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| read_pieces(&text)).unwrap_or_default())
}

fn write_pieces(ids: &[i64]) -> String {
    let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
    ids.join(",")
}

fn read_pieces(text: &str) -> Vec<i64> {
    text.split(',').filter_map(|id| id.parse().ok()).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Object> {
    let (acl, headers): (Option<String>, String) = (row.get(6)?, row.get(7)?);
    let (kind, pieces): (String, String) = (row.get(4)?, row.get(9)?);
    Ok(Object {
        size: row.get::<_, i64>(0)?.cast_unsigned(),
        etag: row.get(1)?,
        crc: row.get::<_, i64>(2)?.cast_unsigned(),
        modified: row.get(3)?,
        kind: Kind::parse(&kind),
        traits: Traits {
            headers: read_headers(&headers),
            acl: acl.as_deref().and_then(Acl::parse),
            storage_class: row.get(5)?,
            tagging: row.get(8)?,
        },
        pieces: read_pieces(&pieces),
    })
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let kind: String = row.get(4)?;
    Ok(Listed {
        size: row.get::<_, i64>(1)?.cast_unsigned(),
        etag: row.get(2)?,
        modified: row.get(3)?,
        kind: Kind::parse(&kind),
        storage_class: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::oss::model::Entry;

    fn database(keys: &BTreeSet<String>) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(super::super::SCHEMA).unwrap();
        for key in keys {
            let object = Object {
                size: key.len() as u64,
                etag: key.clone(),
                crc: u64::MAX,
                modified: 0,
                kind: Kind::Normal,
                traits: Traits::default(),
                pieces: Vec::new(),
            };
            replace(&db, "bkt", key, &object).unwrap();
            replace(&db, "other", key, &object).unwrap();
        }
        db
    }

    fn names(page: &Page<Listed>) -> Vec<String> {
        let name = |entry: &Entry<Listed>| match entry {
            Entry::Key(key, listed) if listed.etag == *key => key.clone(),
            Entry::Key(key, _) => panic!("{key} is listed with another's tag"),
            Entry::Prefix(prefix) => format!("prefix {prefix}"),
        };
        page.entries.iter().map(name).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pages_from_the_database_add_up_to_the_whole(
            keys in proptest::collection::btree_set("[ab/é-]{1,5}", 0..25),
            prefix in "[ab/]{0,2}",
            delimiter in "(|/|b)",
            max in 1_usize..5,
        ) {
            let db = database(&keys);
            let query = |after: String, max: usize| ListQuery {
                prefix: prefix.clone(),
                delimiter: delimiter.clone(),
                after,
                max,
            };
            let whole = names(&page(&db, "bkt", query(String::new(), 1000)).unwrap());
            let shown: BTreeSet<String> = keys
                .iter()
                .filter_map(|key| {
                    let rest = key.strip_prefix(&prefix)?;
                    let cut = (!delimiter.is_empty()).then(|| rest.find(&delimiter)).flatten();
                    Some(match cut {
                        Some(at) => format!("prefix {prefix}{}{delimiter}", &rest[..at]),
                        None => key.clone(),
                    })
                })
                .collect();
            prop_assert_eq!(whole.iter().cloned().collect::<BTreeSet<_>>(), shown.clone());
            prop_assert_eq!(whole.len(), shown.len());
            let (mut paged, mut after) = (Vec::new(), Some(String::new()));
            while let Some(start) = after {
                let page = page(&db, "bkt", query(start, max)).unwrap();
                prop_assert!(page.entries.len() <= max);
                paged.extend(names(&page));
                after = page.next().map(str::to_owned);
            }
            prop_assert_eq!(paged, whole);
        }
    }

    #[test]
    fn an_object_reads_back_as_it_was_written() {
        let db = database(&BTreeSet::new());
        let object = Object {
            size: u64::MAX,
            etag: "E".to_owned(),
            crc: u64::MAX - 1,
            modified: 7,
            kind: Kind::Appendable,
            traits: Traits {
                headers: vec![("content-type".to_owned(), "a/b".to_owned())],
                acl: Some(Acl::PublicRead),
                storage_class: "IA".to_owned(),
                tagging: Some("<Tagging/>".to_owned()),
            },
            pieces: vec![3, 1, 2],
        };
        replace(&db, "bkt", "k", &object).unwrap();
        let found = find(&db, "bkt", "k").unwrap().unwrap();
        assert_eq!(format!("{found:?}"), format!("{object:?}"));
        assert!(delete(&db, "bkt", "k").unwrap().is_some());
        assert!(delete(&db, "bkt", "k").unwrap().is_none());
    }
}
