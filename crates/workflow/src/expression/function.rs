//! What the built-in functions do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use serde_json::{Map, Value, json};
use sha2::Digest as _;

/// The largest list that `States.ArrayRange` makes.
const RANGE: usize = 1000;

pub(super) fn argument(given: &[Value], index: usize) -> &Value {
    given.get(index).unwrap_or(&Value::Null)
}

pub(super) fn text(given: &[Value], index: usize) -> Result<&str, String> {
    argument(given, index)
        .as_str()
        .ok_or_else(|| format!("argument {} must be a text", index + 1))
}

pub(super) fn list(given: &[Value], index: usize) -> Result<&Vec<Value>, String> {
    argument(given, index)
        .as_array()
        .ok_or_else(|| format!("argument {} must be a list", index + 1))
}

pub(super) fn map(given: &[Value], index: usize) -> Result<&Map<String, Value>, String> {
    argument(given, index)
        .as_object()
        .ok_or_else(|| format!("argument {} must be a map", index + 1))
}

pub(super) fn whole(given: &[Value], index: usize) -> Result<i64, String> {
    argument(given, index)
        .as_i64()
        .ok_or_else(|| format!("argument {} must be a whole number", index + 1))
}

/// `{}` takes the next argument; `\{` and `\}` are braces.
pub(super) fn format(template: &str, arguments: &[Value]) -> Result<String, String> {
    let mut made = String::new();
    let mut arguments = arguments.iter();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some('{' | '}' | '\\')) => made.extend(chars.next()),
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                match arguments.next().ok_or("there are more {} than arguments")? {
                    Value::String(text) => made.push_str(text),
                    other => made.push_str(&other.to_string()),
                }
            }
            c => made.push(c),
        }
    }
    if arguments.next().is_some() {
        return Err("there are more arguments than {}".to_owned());
    }
    Ok(made)
}

pub(super) fn hash(text: &str, algorithm: &str) -> Result<String, String> {
    Ok(match algorithm {
        "MD5" => hex(&md5::Md5::digest(text)),
        "SHA-1" => hex(&sha1::Sha1::digest(text)),
        "SHA-256" => hex(&sha2::Sha256::digest(text)),
        "SHA-384" => hex(&sha2::Sha384::digest(text)),
        "SHA-512" => hex(&sha2::Sha512::digest(text)),
        other => return Err(format!("there is no hash `{other}`")),
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The second wins.
pub(super) fn merge(given: &[Value]) -> Result<Value, String> {
    if argument(given, 2) == &Value::Bool(true) {
        return Err("maps can be merged at their top level only".to_owned());
    }
    let mut merged = map(given, 0)?.clone();
    merged.extend(map(given, 1)?.clone());
    Ok(Value::Object(merged))
}

pub(super) fn length(value: &Value) -> Result<usize, String> {
    match value {
        Value::Array(items) => Ok(items.len()),
        Value::Object(entries) => Ok(entries.len()),
        Value::String(text) => Ok(text.chars().count()),
        _ => Err("only lists, maps and texts have a length".to_owned()),
    }
}

/// Cuts at every character of `separators`; empty parts fall away.
pub(super) fn split(text: &str, separators: &str) -> Value {
    let parts = text
        .split(|c| separators.contains(c))
        .filter(|part| !part.is_empty());
    parts.map(|part| Value::String(part.to_owned())).collect()
}

/// Whether `text`, or a part of it, matches a regular expression.
pub(super) fn matches(pattern: &str, text: &str) -> Result<bool, String> {
    let pattern =
        Regex::new(pattern).map_err(|_| format!("`{pattern}` is not a regular expression"))?;
    Ok(pattern.is_match(text))
}

pub(super) fn get(given: &[Value]) -> Result<Value, String> {
    let found = match (argument(given, 0), argument(given, 1)) {
        (Value::Array(items), index) => {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            index
                .and_then(|index| items.get(index))
                .ok_or("the list has no such item")?
        }
        (Value::Object(entries), Value::String(key)) => {
            entries.get(key).ok_or("the map has no such key")?
        }
        _ => return Err("`get` takes a list and an index, or a map and a key".to_owned()),
    };
    Ok(found.clone())
}

pub(super) fn range(first: i64, last: i64, step: i64) -> Result<Value, String> {
    if step == 0 {
        return Err("the step of a range must not be 0".to_owned());
    }
    let mut made = Vec::new();
    let mut next = first;
    while (step > 0 && next <= last) || (step < 0 && next >= last) {
        if made.len() == RANGE {
            return Err(format!("a range has at most {RANGE} items"));
        }
        made.push(json!(next));
        next = next.checked_add(step).ok_or("the range is too large")?;
    }
    Ok(Value::Array(made))
}

/// The whole number that is nearest, of two the upper one, as the States Language takes numbers.
pub(super) fn nearest(given: &[Value], index: usize) -> Result<i64, String> {
    let number = argument(given, index);
    if let Some(whole) = number.as_i64() {
        return Ok(whole);
    }
    let number = number.as_f64().map(|number| (number + 0.5).floor());
    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let whole = number.map(|number| number as i64);
    whole.ok_or_else(|| format!("argument {} must be a number", index + 1))
}

pub(super) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|_| "the text is not JSON".to_owned())
}

pub(super) fn decode(text: &str) -> Result<String, String> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| "the text is not Base64".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "what is in the Base64 is not text".to_owned())
}

/// Each item once, where it is first.
pub(super) fn unique(items: &[Value]) -> Value {
    let mut unique: Vec<&Value> = Vec::new();
    for item in items {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    unique.into_iter().cloned().collect()
}

/// Lists of so many items, the last with what is left.
pub(super) fn partition(items: &[Value], size: i64) -> Result<Value, String> {
    let size = usize::try_from(size).ok().filter(|size| *size > 0);
    let size = size.ok_or("the size of a part must be above 0")?;
    let parts = items.chunks(size).map(|part| Value::Array(part.to_vec()));
    Ok(parts.collect())
}
