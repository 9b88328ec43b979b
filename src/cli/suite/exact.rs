//! Values of a test file as JSON. Their whole numbers keep all digits; those of a manifest are JavaScript's, and do not.

use serde_json::{Number, Value as Json};

use super::keys::bad;
use crate::diagnostic::Diagnostics;
use crate::manifest::{Node, NodeKind};

/// A value; a whole number that JSON readers could not keep is an error.
pub(super) fn json(node: &Node, wrong: &mut Diagnostics) -> Json {
    match &node.kind {
        NodeKind::Float(_) => match whole(node) {
            None => node.to_json(),
            Some(number) => Number::from_i128(number).map_or_else(
                || {
                    let detail = "a whole number has 64 bits: write it as a text, if it can be one";
                    wrong.push(bad(&node.at, detail));
                    Json::Null
                },
                Json::Number,
            ),
        },
        NodeKind::List(items) => items.iter().map(|item| json(item, wrong)).collect(),
        NodeKind::Map(entries) => {
            let pairs = entries.iter();
            pairs
                .map(|entry| (entry.key.clone(), json(&entry.value, wrong)))
                .collect()
        }
        _ => node.to_json(),
    }
}

/// The whole number that the file has where the value is, or one that is too large as well.
fn whole(node: &Node) -> Option<i128> {
    let at = &node.at;
    // Behind its anchor and its tag, if it has them.
    let written = at.source.text.get(at.start..at.end)?;
    let written = written.split_whitespace().next_back()?.replace('_', "");
    let (is_negative, size) = match written.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, written.strip_prefix('+').unwrap_or(&written)),
    };
    let (base, digits) = match size.get(..2) {
        Some("0x") => (16, &size[2..]),
        Some("0o") => (8, &size[2..]),
        Some("0b") => (2, &size[2..]),
        _ => (10, size),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let size = i128::from_str_radix(digits, base).unwrap_or(i128::MAX);
    Some(if is_negative { -size } else { size })
}
