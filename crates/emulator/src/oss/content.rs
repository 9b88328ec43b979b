//! Sending an object's content: from memory, from one blob, or from many pieces in turn.

use std::collections::VecDeque;
use std::io::SeekFrom;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::blob::Blobs;
use super::error::{OssError, Outcome};
use super::service::Shared;
use super::table::piece::{self, Piece};
use crate::body::ReplyBody;
use crate::store::Store;

/// Bytes read from a blob at a time.
const CHUNK: u64 = 128 * 1024;

/// Where an object's bytes are.
pub(super) enum Content {
    Memory(Bytes),
    Pieces(Vec<Piece>),
}

impl Content {
    /// Finds the content that is these pieces; a single small piece is read at once.
    pub(super) fn find(db: &rusqlite::Connection, pieces: &[i64]) -> Outcome<Self> {
        if let [only] = pieces
            && let Some(bytes) = piece::bytes(db, *only)?
        {
            return Ok(Self::Memory(bytes));
        }
        Ok(Self::Pieces(piece::find(db, pieces)?))
    }

    /// The body of `length` bytes from `first`, which must lie within the content.
    pub(super) async fn send(self, oss: &Shared, first: u64, length: u64) -> Outcome<ReplyBody> {
        let pieces = match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(first)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                let end = usize::try_from(first + length)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                return Ok(ReplyBody::full(bytes.slice(start..end)));
            }
            Self::Pieces(pieces) => pieces,
        };
        if let [
            Piece {
                blob: Some(blob), ..
            },
        ] = pieces.as_slice()
        {
            let mut file = oss.blobs.read(blob).await?;
            file.seek(SeekFrom::Start(first)).await?;
            return Ok(ReplyBody::file(file, length));
        }
        let turns = Turns {
            store: oss.store.clone(),
            blobs: oss.blobs.clone(),
            waiting: cut(pieces, first, length),
            open: None,
        };
        let stream = stream::try_unfold(turns, |mut turns| async move {
            let bytes = turns.next().await.map_err(std::io::Error::other)?;
            Ok(bytes.map(|bytes| (bytes, turns)))
        });
        Ok(ReplyBody::stream(stream, Some(length)))
    }
}

/// A part of a piece that is to be sent.
struct Turn {
    piece: Piece,
    first: u64,
    length: u64,
}

struct Turns {
    store: Store,
    blobs: Blobs,
    waiting: VecDeque<Turn>,
    open: Option<(File, u64)>,
}

impl Turns {
    async fn next(&mut self) -> Outcome<Option<Bytes>> {
        loop {
            if let Some((file, left)) = self.open.as_mut().filter(|(_, left)| *left > 0) {
                let want = (*left).min(CHUNK);
                let mut buffer = BytesMut::with_capacity(usize::try_from(want).unwrap_or_default());
                let read = file.take(want).read_buf(&mut buffer).await?;
                if read == 0 {
                    return Err(OssError::Internal(
                        "a stored file is shorter than it was".to_owned(),
                    ));
                }
                *left -= read as u64;
                return Ok(Some(buffer.freeze()));
            }
            self.open = None;
            let Some(turn) = self.waiting.pop_front() else {
                return Ok(None);
            };
            if let Some(blob) = &turn.piece.blob {
                let mut file = self.blobs.read(blob).await?;
                file.seek(SeekFrom::Start(turn.first)).await?;
                self.open = Some((file, turn.length));
            } else {
                return self.inline(&turn).await.map(Some);
            }
        }
    }

    async fn inline(&self, turn: &Turn) -> Outcome<Bytes> {
        let id = turn.piece.id;
        let bytes = self.store.read(move |db| piece::bytes(db, id)).await?;
        let bytes = bytes.ok_or_else(|| {
            OssError::Internal("the object was replaced while it was read".to_owned())
        })?;
        let range = usize::try_from(turn.first)
            .ok()
            .zip(usize::try_from(turn.first + turn.length).ok());
        let (start, end) = range
            .filter(|(_, end)| *end <= bytes.len())
            .ok_or(OssError::IncompleteBody)?;
        Ok(bytes.slice(start..end))
    }
}

fn cut(pieces: Vec<Piece>, first: u64, length: u64) -> VecDeque<Turn> {
    let (mut at, end) = (0, first + length);
    let mut turns = VecDeque::new();
    for piece in pieces {
        let (from, to) = (at.max(first), (at + piece.size).min(end));
        if from < to {
            turns.push_back(Turn {
                first: from - at,
                length: to - from,
                piece: piece.clone(),
            });
        }
        at += piece.size;
    }
    turns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_range_is_cut_from_the_right_pieces(
            sizes in proptest::collection::vec(0_u64..9, 0..8),
            first in 0_u64..40,
            length in 0_u64..40,
        ) {
            let whole: Vec<(usize, u64)> =
                sizes.iter().enumerate().flat_map(|(piece, size)| (0..*size).map(move |byte| (piece, byte))).collect();
            let pieces = sizes.iter().enumerate().map(|(id, size)| Piece {
                id: i64::try_from(id).unwrap(),
                size: *size,
                blob: None,
            });
            let got: Vec<(usize, u64)> = cut(pieces.collect(), first, length)
                .into_iter()
                .flat_map(|turn| {
                    let piece = usize::try_from(turn.piece.id).unwrap();
                    (turn.first..turn.first + turn.length).map(move |byte| (piece, byte))
                })
                .collect();
            let start = usize::try_from(first).unwrap().min(whole.len());
            let end = usize::try_from(first + length).unwrap().min(whole.len());
            prop_assert_eq!(got, &whole[start..end]);
        }
    }
}
