//! What a call of a function came to.

use std::borrow::Cow;
use std::io::IsTerminal as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::super::printer::Printer;

/// Shows the answer, and says whether the function succeeded.
pub(in crate::cli) fn show(printer: Printer, answer: &Json) -> bool {
    let header = |name: &str| answer["headers"][name].as_str();
    let bytes = |text: &str| STANDARD.decode(text).unwrap_or_default();
    let payload = bytes(answer["payload"].as_str().unwrap_or_default());
    let log = header("x-fc-log-result").map(bytes).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let error = header("x-fc-error-type");
    if printer.json {
        let (payload, encoding) = match str::from_utf8(&payload) {
            Ok(text) => (Cow::Borrowed(text), "text"),
            Err(_) => (Cow::Owned(STANDARD.encode(&payload)), "base64"),
        };
        printer.object(
            "invocation",
            json!({
                "payload": payload,
                "payload_encoding": encoding,
                "error": error,
                "log": log,
                "request_id": header("x-fc-request-id"),
                "instance_id": header("x-fc-instance-id"),
                "duration_ms": header("x-fc-invocation-duration"),
                "memory_mb": header("x-fc-max-memory-usage"),
            }),
        );
        return error.is_none();
    }
    for line in log.lines() {
        printer.say(line);
    }
    let figures = [
        ("request", header("x-fc-request-id"), ""),
        ("took", header("x-fc-invocation-duration"), " ms"),
        ("memory", header("x-fc-max-memory-usage"), " MB"),
        ("failed", error, ""),
    ];
    let figures: Vec<String> = figures
        .iter()
        .filter_map(|(name, value, unit)| Some(format!("{name} {}{unit}", (*value)?)))
        .collect();
    printer.say(&figures.join(", "));
    if !payload.is_empty() {
        let is_seen = std::io::stdout().is_terminal();
        printer.file(shown(&payload, is_seen));
    }
    error.is_none()
}

/// An answer as it is written: byte for byte, with a newline at its end where people look and behind text, which scripts read by
/// lines.
fn shown(payload: &[u8], is_seen: bool) -> Cow<'_, [u8]> {
    let is_whole = payload.ends_with(b"\n") || !is_seen && !is_text(payload);
    if is_whole {
        return Cow::Borrowed(payload);
    }
    Cow::Owned([payload, b"\n"].concat())
}

/// Whether bytes are a text and nothing else: formats that are not may be UTF-8 by chance, but not without control characters.
fn is_text(bytes: &[u8]) -> bool {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{1b}');
    str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_gets_a_newline_unless_somebody_looks() {
        let all: Vec<u8> = (0..=255).collect();
        let ascii = &all[..128];
        for binary in [&all[..], ascii] {
            assert_eq!(&*shown(binary, false), binary);
            assert_eq!(*shown(binary, true), [binary, b"\n"].concat());
        }
        for (payload, expected) in [("one", "one\n"), ("one\n", "one\n"), ("a\n\n", "a\n\n")] {
            for is_seen in [false, true] {
                assert_eq!(*shown(payload.as_bytes(), is_seen), *expected.as_bytes());
            }
        }
    }
}
