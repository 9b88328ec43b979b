//! Receiving a body: small ones stay in memory, larger ones stream to a blob; digests on the way.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use md5::{Digest as _, Md5};
use wire::crc64::Crc64;

use super::blob::{Blobs, Draft};
use super::error::{OssError, Outcome};

/// Bodies of up to this many bytes live in the database.
pub(super) const INLINE: usize = 64 * 1024;
/// Bytes gathered before they are written to a blob.
const CHUNK: usize = 1024 * 1024;

/// A body received whole, durable unless it is in memory.
pub(super) struct Received {
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) crc: u64,
    pub(super) place: Place,
}

/// Where received bytes are.
pub(super) enum Place {
    Memory(Bytes),
    Blob(Draft),
}

impl Received {
    /// The MD5 in upper-case hex, which is the `ETag` of a plain object.
    pub(super) fn etag(&self) -> String {
        wire::digest::hex_upper(&self.md5)
    }
}

/// Receives a body to its end. One that breaks off is an error and leaves nothing.
pub(super) async fn receive<B>(body: &mut B, blobs: &Blobs) -> Outcome<Received>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut gathered = BytesMut::new();
    let mut spool = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| OssError::IncompleteBody)?.into_data() else {
            continue;
        };
        gathered.extend_from_slice(&data);
        let limit = if spool.is_some() { CHUNK } else { INLINE };
        if gathered.len() > limit {
            let at_hand = gathered.split().freeze();
            spool = Some(Spool::write(spool, blobs, at_hand).await?);
        }
    }
    match spool {
        Some(spool) => {
            Spool::write(Some(spool), blobs, gathered.freeze())
                .await?
                .end()
                .await
        }
        None => Ok(in_memory(gathered.freeze())),
    }
}

/// A body that is at hand.
pub(super) fn in_memory(bytes: Bytes) -> Received {
    Received {
        size: bytes.len() as u64,
        md5: Md5::digest(&bytes).into(),
        crc: wire::crc64::crc64(&bytes),
        place: Place::Memory(bytes),
    }
}

/// Receives a body of at most `limit` bytes as text.
pub(super) async fn receive_text<B>(body: &mut B, limit: usize) -> Outcome<String>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut gathered = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| OssError::IncompleteBody)?.into_data() {
            gathered.extend_from_slice(&data);
        }
        if gathered.len() > limit {
            return Err(OssError::EntityTooLarge);
        }
    }
    String::from_utf8(gathered).map_err(|_| OssError::MalformedXml)
}

struct Spool {
    draft: Draft,
    size: u64,
    md5: Md5,
    crc: Crc64,
}

impl Spool {
    async fn write(spool: Option<Self>, blobs: &Blobs, bytes: Bytes) -> Outcome<Self> {
        let blobs = blobs.clone();
        blocking(move || {
            let mut spool = match spool {
                Some(spool) => spool,
                None => Self {
                    draft: blobs.draft()?,
                    size: 0,
                    md5: Md5::new(),
                    crc: Crc64::new(),
                },
            };
            spool.draft.write(&bytes)?;
            spool.size += bytes.len() as u64;
            spool.md5.update(&bytes);
            spool.crc.update(&bytes);
            Ok(spool)
        })
        .await
    }

    async fn end(self) -> Outcome<Received> {
        blocking(move || {
            self.draft.sync()?;
            Ok(Received {
                size: self.size,
                md5: self.md5.finalize().into(),
                crc: self.crc.value(),
                place: Place::Blob(self.draft),
            })
        })
        .await
    }
}

/// Runs disk work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failure) => Err(OssError::Internal(failure.to_string())),
    }
}
