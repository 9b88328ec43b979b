//! Frames of the Language Server Protocol: a header with the length, then JSON.

use std::io::{self, BufRead, Read, Write};

use serde_json::{Value as Json, json};

/// The largest frame that is read.
const MOST: usize = 64 << 20;

/// What came in.
pub(super) enum Frame {
    /// A message.
    Message(Json),
    /// A frame whose content is no JSON.
    Garbage(String),
    /// The client is gone.
    End,
}

/// Reads the next frame. Lines that are no header are skipped, so that a lost client finds its way back.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Frame> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if from.by_ref().take(8192).read_until(b'\n', &mut line)? == 0 {
            return Ok(Frame::End);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() && length.is_some() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let length = length.unwrap_or_default();
    if length > MOST {
        let copied = io::copy(&mut from.take(length as u64), &mut io::sink())?;
        return Ok(Frame::Garbage(format!(
            "a message of {copied} bytes is too large"
        )));
    }
    let mut content = vec![0; length];
    if let Err(error) = from.read_exact(&mut content) {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(Frame::End),
            _ => Err(error),
        };
    }
    Ok(match serde_json::from_slice(&content) {
        Ok(message) => Frame::Message(message),
        Err(error) => Frame::Garbage(error.to_string()),
    })
}

/// Writes one message.
pub(super) fn write(to: &mut impl Write, message: &Json) -> io::Result<()> {
    let content = message.to_string();
    write!(to, "Content-Length: {}\r\n\r\n{content}", content.len())?;
    to.flush()
}

/// Why a request has no result, by the numbers of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) i32, pub(super) String);

pub(super) const PARSE_ERROR: i32 = -32700;
pub(super) const INVALID_REQUEST: i32 = -32600;
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
pub(super) const INVALID_PARAMS: i32 = -32602;
pub(super) const NOT_INITIALIZED: i32 = -32002;
pub(super) const REQUEST_CANCELLED: i32 = -32800;

/// The reply to the request `id`.
pub(super) fn reply(id: &Json, result: Result<Json, Refusal>) -> Json {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(Refusal(number, message)) => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": number, "message": message } })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_one_after_the_other() {
        let mut sent = b"noise\r\n".to_vec();
        write(&mut sent, &json!({ "id": "é" })).unwrap();
        sent.extend(b"Content-Type: x\r\ncontent-length: 3\r\n\r\n{x}");
        sent.extend(b"Content-Length: 99\r\n\r\n{}");
        let mut from = &sent[..];
        assert!(matches!(read(&mut from).unwrap(), Frame::Message(m) if m["id"] == "é"));
        assert!(matches!(read(&mut from).unwrap(), Frame::Garbage(_)));
        assert!(matches!(read(&mut from).unwrap(), Frame::End));
    }
}
