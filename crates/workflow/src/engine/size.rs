//! How many bytes a value takes as compact JSON, counted without writing it.

use std::fmt::{self, Write};

use serde_json::{Number, Value};

/// Bytes of a value.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => digits(number),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let inside: usize = items.iter().map(size).sum();
            2 + inside + commas(items.len())
        }
        Value::Object(entries) => {
            let inside: usize = entries.iter().map(|(key, value)| entry(key, value)).sum();
            2 + inside + commas(entries.len())
        }
    }
}

/// Bytes of an entry of a map, without the comma between it and another.
pub(super) fn entry(key: &str, value: &Value) -> usize {
    quoted(key) + 1 + size(value)
}

/// How many commas stand between so many members.
const fn commas(members: usize) -> usize {
    members.saturating_sub(1)
}

fn digits(number: &Number) -> usize {
    if let Some(whole) = number.as_i64() {
        let digits = whole.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
        return digits + usize::from(whole < 0);
    }
    let mut count = Count(0);
    // Counting never fails.
    let _ = write!(count, "{number}");
    count.0
}

/// Bytes of a text with its quotes, and with what stands for characters that a text cannot have.
fn quoted(text: &str) -> usize {
    let more: usize = text.as_bytes().chunks(CHUNK).map(escapes).sum();
    text.len() + 2 + more
}

/// So many bytes of a text are looked at together: without a branch for each of them the processor takes many at once.
const CHUNK: usize = 64;

/// How many bytes more than written here a part of a text takes.
fn escapes(part: &[u8]) -> usize {
    let is_usual = !part.iter().fold(false, |any, byte| any | is_escaped(*byte));
    if is_usual {
        return 0;
    }
    part.iter().copied().map(escape).sum()
}

const fn is_escaped(byte: u8) -> bool {
    matches!(byte, 0..b' ' | b'"' | b'\\')
}

/// How many bytes more than one a byte takes.
const fn escape(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 1,
        0..b' ' => 5,
        _ => 0,
    }
}

/// A place to write to that only counts.
struct Count(usize);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::size;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x7f]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map("[\\x00-\\x7f]{0,4}|é", inner, 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_would_be_written(value in values()) {
            prop_assert_eq!(size(&value), value.to_string().len());
        }
    }

    #[test]
    fn numbers_at_their_borders_are_counted_as_written() {
        for value in [
            json!([0, -1, 9, 10, i64::MIN, i64::MAX, u64::MAX]),
            json!([0.0, -0.0, 0.5, 1e300, 1e-300]),
            json!([f64::MAX, f64::MIN_POSITIVE]),
        ] {
            assert_eq!(size(&value), value.to_string().len(), "{value}");
        }
    }
}
