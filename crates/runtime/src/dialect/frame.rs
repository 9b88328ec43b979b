//! Frames between the fleet and a bootstrap: two lengths, a head in JSON, a payload as it is.

use std::io;

use bytes::{Bytes, BytesMut};
use serde_json::Value as Json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Bytes of a head at most.
const LONGEST_HEAD: u32 = 4 * 1024 * 1024;
/// Bytes of a payload at most.
const LONGEST_PAYLOAD: u32 = 64 * 1024 * 1024;
/// Bytes of payloads up to which head and payload are written at once.
const SMALL: usize = 64 * 1024;

/// One frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    /// What it is about; an object.
    pub(super) head: Json,
    /// An event, or an answer.
    pub(super) payload: Bytes,
}

impl Frame {
    /// A frame without a payload.
    pub(super) fn of(head: Json) -> Self {
        Self {
            head,
            payload: Bytes::new(),
        }
    }

    /// A text of the head; empty when it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.head[name].as_str().unwrap_or_default()
    }
}

/// Reads a frame; `None` at the end.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
    let mut lengths = [0; 8];
    match from.read_exact(&mut lengths).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        done => done?,
    };
    let (head, payload) = lengths.split_at(4);
    let length = |bytes: &[u8], most: u32| {
        let length = u32::from_be_bytes(bytes.try_into().unwrap_or_default());
        match length {
            length if length <= most => Ok(length as usize),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a frame is too long",
            )),
        }
    };
    let head_length = length(head, LONGEST_HEAD)?;
    let length = head_length + length(payload, LONGEST_PAYLOAD)?;
    let mut bytes = BytesMut::with_capacity(length);
    while bytes.len() < length {
        let mut left = from.take((length - bytes.len()) as u64);
        if left.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let head = bytes.split_to(head_length);
    let head = serde_json::from_slice(&head)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Some(Frame {
        head,
        payload: bytes.freeze(),
    }))
}

/// Writes a frame.
pub(super) async fn write(to: &mut (impl AsyncWrite + Unpin), frame: &Frame) -> io::Result<()> {
    let head = frame.head.to_string();
    let length = |length: usize| {
        u32::try_from(length)
            .map(u32::to_be_bytes)
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
    };
    let mut bytes = Vec::with_capacity(8 + head.len() + frame.payload.len().min(SMALL));
    bytes.extend(length(head.len())?);
    bytes.extend(length(frame.payload.len())?);
    bytes.extend(head.as_bytes());
    if frame.payload.len() <= SMALL {
        bytes.extend(&frame.payload);
        return to.write_all(&bytes).await;
    }
    to.write_all(&bytes).await?;
    to.write_all(&frame.payload).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn frames_of_any_size_come_out_as_they_went_in() {
        for size in [0, 5, SMALL, SMALL + 1, 3_000_000] {
            let frame = Frame {
                head: json!({"t": "invoke", "id": 7}),
                payload: vec![7; size].into(),
            };
            let (mut here, mut there) = tokio::io::duplex(1000);
            let (sent, got) = tokio::join!(write(&mut here, &frame), read(&mut there));
            sent.unwrap();
            assert_eq!(got.unwrap(), Some(frame));
        }
    }

    #[tokio::test]
    async fn nonsense_is_an_error_and_no_panic() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0, 0, 0, 2, 0, 0, 0, 0, b'{', b'{'],
        ] {
            assert!(read(&mut &bytes[..]).await.is_err());
        }
        assert_eq!(read(&mut &b""[..]).await.unwrap(), None);
    }
}
