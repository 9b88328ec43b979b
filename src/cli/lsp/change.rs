//! The changes that a client tells, applied to a text.

use serde_json::Value as Json;

use crate::language::{Encoding, Lines, Position};

/// The text after one change of `contentChanges`: a part of it, or all.
pub(super) fn apply(text: &str, change: &Json, encoding: Encoding) -> Option<String> {
    let new = change["text"].as_str()?;
    let range = &change["range"];
    if range.is_null() {
        return Some(new.to_owned());
    }
    let lines = Lines::new(text);
    let byte = |at: &Json| Some(lines.byte(text, position(at)?, encoding));
    let (start, end) = (byte(&range["start"])?, byte(&range["end"])?);
    let (start, end) = (start.min(end), start.max(end));
    Some([&text[..start], new, &text[end..]].concat())
}

/// A position of the protocol.
pub(super) fn position(at: &Json) -> Option<Position> {
    let number = |name: &str| usize::try_from(at[name].as_u64()?).ok();
    Some(Position {
        line: number("line")?,
        character: number("character")?,
    })
}
