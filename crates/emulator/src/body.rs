//! Reply bodies: bytes at hand, a range of a file streamed from disk, or any stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio_util::io::poll_read_buf;

/// What every handler answers.
pub(crate) type Reply = http::Response<ReplyBody>;

/// Bytes read from disk at a time.
const CHUNK: usize = 128 * 1024;

/// A reply's body; cheap to make for the common case of bytes at hand.
pub(crate) struct ReplyBody(Source);

type BoxedStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

enum Source {
    Full(Bytes),
    File {
        file: Box<File>,
        left: u64,
        buffer: BytesMut,
    },
    Stream {
        stream: BoxedStream,
        length: Option<u64>,
    },
}

impl ReplyBody {
    /// No body.
    pub(crate) fn empty() -> Self {
        Self(Source::Full(Bytes::new()))
    }

    /// Bytes at hand.
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        Self(Source::Full(bytes.into()))
    }

    /// The next `length` bytes of `file` from its present position; a file that ends earlier breaks the connection.
    pub(crate) fn file(file: File, length: u64) -> Self {
        Self(Source::File {
            file: Box::new(file),
            left: length,
            buffer: BytesMut::new(),
        })
    }

    /// Any stream of bytes; `length` is promised in `Content-Length` when known.
    pub(crate) fn stream(
        stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self(Source::Stream {
            stream: Box::pin(stream),
            length,
        })
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.0 {
            Source::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Source::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Source::File { file, left, buffer } => poll_file(file, left, buffer, context),
            Source::Stream { stream, .. } => {
                let item = ready!(stream.as_mut().poll_next(context));
                Poll::Ready(item.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Full(bytes) => bytes.is_empty(),
            Source::File { left, .. } => *left == 0,
            Source::Stream { length, .. } => *length == Some(0),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::File { left, .. } => SizeHint::with_exact(*left),
            Source::Stream { length, .. } => {
                length.map_or_else(SizeHint::default, SizeHint::with_exact)
            }
        }
    }
}

fn poll_file(
    file: &mut File,
    left: &mut u64,
    buffer: &mut BytesMut,
    context: &mut Context<'_>,
) -> Poll<Option<io::Result<Frame<Bytes>>>> {
    if *left == 0 {
        return Poll::Ready(None);
    }
    let want = usize::try_from(*left).unwrap_or(CHUNK).min(CHUNK);
    buffer.reserve(want);
    let read = match ready!(poll_read_buf(Pin::new(file), context, buffer)) {
        Ok(0) => return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
        Ok(read) => read,
        Err(error) => return Poll::Ready(Some(Err(error))),
    };
    let mut chunk = buffer.split();
    if read as u64 > *left {
        chunk.truncate(want);
    }
    *left -= chunk.len() as u64;
    Poll::Ready(Some(Ok(Frame::data(chunk.freeze()))))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_file_body_is_exactly_as_long_as_promised() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7_u8; 300_000]).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let body = ReplyBody::file(File::from_std(file), 299_999);
        assert_eq!(body.size_hint().exact(), Some(299_999));
        let bytes = body.collect().await.unwrap().to_bytes();
        assert_eq!(bytes.len(), 299_999);
    }

    #[tokio::test]
    async fn a_file_shorter_than_promised_is_an_error() {
        let file = tempfile::tempfile().unwrap();
        let body = ReplyBody::file(File::from_std(file), 1);
        assert!(body.collect().await.is_err());
    }
}
