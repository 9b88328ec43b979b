//! Pieces: runs of bytes that objects and parts are made of.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::oss::blob::Draft;
use crate::oss::error::Outcome;
use crate::oss::intake::{Place, Received};

/// Where the bytes of a piece are: in its row, or in a blob.
#[derive(Clone, Debug)]
pub(in crate::oss) struct Piece {
    pub(in crate::oss) id: i64,
    pub(in crate::oss) size: u64,
    pub(in crate::oss) blob: Option<String>,
}

/// Adds the bytes of a received body and keeps its blob.
pub(in crate::oss) fn add(db: &Connection, received: Received) -> Outcome<i64> {
    let size = received.size.cast_signed();
    match received.place {
        Place::Memory(bytes) => {
            let sql = "INSERT INTO oss_piece (size, bytes) VALUES (?1, ?2)";
            db.prepare_cached(sql)?.execute(params![size, &bytes[..]])?;
        }
        Place::Blob(draft) => add_blob(db, size, draft)?,
    }
    Ok(db.last_insert_rowid())
}

/// Copies a piece; `link` is the second name of its blob, if it has one.
pub(in crate::oss) fn copy(db: &Connection, piece: &Piece, link: Option<Draft>) -> Outcome<i64> {
    if let Some(link) = link {
        add_blob(db, piece.size.cast_signed(), link)?;
    } else {
        let sql =
            "INSERT INTO oss_piece (size, bytes) SELECT size, bytes FROM oss_piece WHERE id = ?1";
        db.prepare_cached(sql)?.execute([piece.id])?;
    }
    Ok(db.last_insert_rowid())
}

/// Finds pieces in the order asked for; those that are gone are left out.
pub(in crate::oss) fn find(db: &Connection, ids: &[i64]) -> Outcome<Vec<Piece>> {
    let mut statement = db.prepare_cached("SELECT id, size, blob FROM oss_piece WHERE id = ?1")?;
    let mut pieces = Vec::with_capacity(ids.len());
    for id in ids {
        let piece = statement.query_row([id], |row| {
            Ok(Piece {
                id: row.get(0)?,
                size: row.get::<_, i64>(1)?.cast_unsigned(),
                blob: row.get(2)?,
            })
        });
        pieces.extend(piece.optional()?);
    }
    Ok(pieces)
}

/// The bytes of a piece that has them in its row.
pub(in crate::oss) fn bytes(db: &Connection, id: i64) -> Outcome<Option<Bytes>> {
    let mut statement =
        db.prepare_cached("SELECT bytes FROM oss_piece WHERE id = ?1 AND bytes IS NOT NULL")?;
    let bytes = statement.query_row([id], |row| {
        Ok(Bytes::copy_from_slice(row.get_ref(0)?.as_blob()?))
    });
    Ok(bytes.optional()?)
}

/// Deletes pieces and names the blobs that nobody names any more.
pub(in crate::oss) fn delete(db: &Connection, ids: &[i64]) -> Outcome<Vec<String>> {
    let mut statement = db.prepare_cached("DELETE FROM oss_piece WHERE id = ?1 RETURNING blob")?;
    let mut blobs = Vec::new();
    for id in ids {
        let blob: Option<Option<String>> =
            statement.query_row([id], |row| row.get(0)).optional()?;
        blobs.extend(blob.flatten());
    }
    Ok(blobs)
}

/// Names of all blobs.
pub(in crate::oss) fn blobs(db: &Connection) -> Outcome<Vec<String>> {
    let mut statement = db.prepare("SELECT blob FROM oss_piece WHERE blob IS NOT NULL")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn add_blob(db: &Connection, size: i64, draft: Draft) -> Outcome<()> {
    let sql = "INSERT INTO oss_piece (size, blob) VALUES (?1, ?2)";
    db.prepare_cached(sql)?
        .execute(params![size, draft.name()])?;
    draft.keep();
    Ok(())
}
