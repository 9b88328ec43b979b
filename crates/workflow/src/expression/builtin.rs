//! The built-in functions of the second language (<https://help.aliyun.com/document_detail/2579872>) and of the States Language.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::Digest as _;

use super::Words;

/// The largest list that `States.ArrayRange` makes.
const RANGE: usize = 1000;

macro_rules! functions {
    ($($variant:ident $least:literal $most:literal $second:literal $states:literal,)*) => {
        /// A function, and what it makes of its arguments; its names are in both languages' documentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are those of the languages")]
        pub enum Builtin { $($variant,)* }

        impl Builtin {
            /// The function of that name.
            pub fn named(name: &str, words: Words) -> Option<Self> {
                match words {
                    Words::First => None,
                    Words::Second => match name {
                        $($second => Some(Self::$variant),)*
                        "fromJSON" => Some(Self::ParseJson),
                        _ => None,
                    },
                    Words::States => match name.strip_prefix("States.")? {
                        $($states => Some(Self::$variant),)*
                        _ => None,
                    },
                }
            }

            const fn arity(self) -> (usize, usize, &'static str) {
                match self { $(Self::$variant => ($least, $most, if $second.as_bytes()[0] == 0 { $states } else { $second }),)* }
            }
        }
    };
}

// Least and most arguments, name in the second language, name in the States Language behind `States.`. What a language
// does not have, or what of it no source names, begins with a zero and so is never found.
functions! {
    Contains 2 2 "arrayContains" "ArrayContains",
    Unique 1 1 "arrayUnique" "ArrayUnique",
    Format 1 64 "format" "Format",
    FromBase64 1 1 "fromBase64" "Base64Decode",
    ToBase64 1 1 "toBase64" "Base64Encode",
    ParseJson 1 1 "stringToJson" "StringToJson",
    JsonText 1 1 "\0text" "JsonToString",
    Hash 2 2 "hash" "Hash",
    Merge 2 3 "jsonMerge" "JsonMerge",
    Length 1 1 "length" "ArrayLength",
    Keys 1 1 "mapKeys" "\0keys",
    Values 1 1 "mapValues" "\0values",
    List 0 64 "toArray" "Array",
    Split 2 2 "split" "StringSplit",
    Matches 2 2 "regexMatchString" "\0matches",
    Get 2 2 "get" "ArrayGetItem",
    Add 2 2 "intAdd" "MathAdd",
    Random 2 3 "randomInt" "MathRandom",
    Partition 2 2 "\0partition" "ArrayPartition",
    Range 3 3 "\0range" "ArrayRange",
    Identifier 0 0 "\0uuid" "UUID",
}

impl Builtin {
    /// Whether it takes so many arguments.
    ///
    /// # Errors
    /// How many it takes.
    pub fn check(self, given: usize) -> Result<(), String> {
        let (least, most, name) = self.arity();
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let takes = if least == most {
            least.to_string()
        } else {
            format!("{least} to {most}")
        };
        Err(format!("`{name}` takes {takes} arguments, not {given}"))
    }

    /// What it makes of its arguments.
    ///
    /// # Errors
    /// An argument is not what it takes.
    pub fn call(self, given: &[Value], seed: &str) -> Result<Value, String> {
        Ok(match self {
            Self::Contains => json!(list(given, 0)?.contains(argument(given, 1))),
            Self::Unique => {
                let mut unique: Vec<&Value> = Vec::new();
                for item in list(given, 0)? {
                    if !unique.contains(&item) {
                        unique.push(item);
                    }
                }
                unique.into_iter().cloned().collect()
            }
            Self::Format => Value::String(format(text(given, 0)?, &given[1..])?),
            Self::FromBase64 => {
                let bytes = STANDARD
                    .decode(text(given, 0)?)
                    .map_err(|_| "the text is not Base64".to_owned())?;
                String::from_utf8(bytes)
                    .map(Value::String)
                    .map_err(|_| "what is in the Base64 is not text".to_owned())?
            }
            Self::ToBase64 => Value::String(STANDARD.encode(text(given, 0)?)),
            Self::ParseJson => serde_json::from_str(text(given, 0)?)
                .map_err(|_| "the text is not JSON".to_owned())?,
            Self::JsonText => Value::String(argument(given, 0).to_string()),
            Self::Hash => Value::String(hash(text(given, 0)?, text(given, 1)?)?),
            Self::Merge => merge(given)?,
            Self::Length => json!(length(argument(given, 0))?),
            Self::Keys => map(given, 0)?
                .keys()
                .map(|key| Value::String(key.clone()))
                .collect(),
            Self::Values => map(given, 0)?.values().cloned().collect(),
            Self::List => Value::Array(given.to_vec()),
            Self::Split => split(text(given, 0)?, text(given, 1)?),
            Self::Matches => json!(wildcard(text(given, 0)?, text(given, 1)?)),
            Self::Get => get(given)?,
            Self::Add => {
                let sum = whole(given, 0)?.checked_add(whole(given, 1)?);
                json!(sum.ok_or("the sum is too large")?)
            }
            Self::Random => random(given, seed)?,
            Self::Partition => {
                let size = usize::try_from(whole(given, 1)?)
                    .ok()
                    .filter(|size| *size > 0);
                let size = size.ok_or("the size of a part must be above 0")?;
                list(given, 0)?
                    .chunks(size)
                    .map(|part| Value::Array(part.to_vec()))
                    .collect()
            }
            Self::Range => range(whole(given, 0)?, whole(given, 1)?, whole(given, 2)?)?,
            Self::Identifier => Value::String(identifier(seed)),
        })
    }
}

fn argument(given: &[Value], index: usize) -> &Value {
    given.get(index).unwrap_or(&Value::Null)
}

fn text(given: &[Value], index: usize) -> Result<&str, String> {
    argument(given, index)
        .as_str()
        .ok_or_else(|| format!("argument {} must be a text", index + 1))
}

fn list(given: &[Value], index: usize) -> Result<&Vec<Value>, String> {
    argument(given, index)
        .as_array()
        .ok_or_else(|| format!("argument {} must be a list", index + 1))
}

fn map(given: &[Value], index: usize) -> Result<&Map<String, Value>, String> {
    argument(given, index)
        .as_object()
        .ok_or_else(|| format!("argument {} must be a map", index + 1))
}

fn whole(given: &[Value], index: usize) -> Result<i64, String> {
    argument(given, index)
        .as_i64()
        .ok_or_else(|| format!("argument {} must be a whole number", index + 1))
}

/// `{}` takes the next argument; `\{` and `\}` are braces.
fn format(template: &str, arguments: &[Value]) -> Result<String, String> {
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

fn hash(text: &str, algorithm: &str) -> Result<String, String> {
    Ok(match algorithm {
        "MD5" => hex(&md5::Md5::digest(text)),
        "SHA-1" => hex(&sha1::Sha1::digest(text)),
        "SHA-256" => hex(&sha2::Sha256::digest(text)),
        "SHA-384" => hex(&sha2::Sha384::digest(text)),
        "SHA-512" => hex(&sha2::Sha512::digest(text)),
        other => return Err(format!("there is no hash `{other}`")),
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The second wins.
fn merge(given: &[Value]) -> Result<Value, String> {
    if argument(given, 2) == &Value::Bool(true) {
        return Err("maps can be merged at their top level only".to_owned());
    }
    let mut merged = map(given, 0)?.clone();
    merged.extend(map(given, 1)?.clone());
    Ok(Value::Object(merged))
}

fn length(value: &Value) -> Result<usize, String> {
    match value {
        Value::Array(items) => Ok(items.len()),
        Value::Object(entries) => Ok(entries.len()),
        Value::String(text) => Ok(text.chars().count()),
        _ => Err("only lists, maps and texts have a length".to_owned()),
    }
}

/// Cuts at every character of `separators`; empty parts fall away.
fn split(text: &str, separators: &str) -> Value {
    let parts = text
        .split(|c| separators.contains(c))
        .filter(|part| !part.is_empty());
    parts.map(|part| Value::String(part.to_owned())).collect()
}

/// Whether `text` matches a pattern in which `*` stands for anything and `.*` too.
fn wildcard(pattern: &str, text: &str) -> bool {
    let pattern = pattern
        .trim_start_matches('^')
        .trim_end_matches('$')
        .replace(".*", "*");
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(found) = rest.find(part) else {
            return false;
        };
        rest = &rest[found + part.len()..];
    }
    rest.ends_with(last)
}

fn get(given: &[Value]) -> Result<Value, String> {
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

fn range(first: i64, last: i64, step: i64) -> Result<Value, String> {
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

/// From the first up to, not including, the second. Chance comes from the seed so that a repetition is the same.
fn random(given: &[Value], seed: &str) -> Result<Value, String> {
    let (from, to) = (whole(given, 0)?, whole(given, 1)?);
    let span = to
        .checked_sub(from)
        .and_then(|span| u64::try_from(span).ok())
        .filter(|span| *span > 0);
    let span = span.ok_or("the second number must be above the first")?;
    let seed = given
        .get(2)
        .map_or_else(|| seed.to_owned(), Value::to_string);
    let drawn = chance(&seed)[..8]
        .iter()
        .fold(0u64, |number, byte| number << 8 | u64::from(*byte))
        % span;
    Ok(json!(from.saturating_add_unsigned(drawn)))
}

fn identifier(seed: &str) -> String {
    let bytes = chance(seed);
    let text = hex(&bytes[..16]);
    format!(
        "{}-{}-4{}-8{}-{}",
        &text[..8],
        &text[8..12],
        &text[13..16],
        &text[17..20],
        &text[20..32]
    )
}

fn chance(seed: &str) -> [u8; 32] {
    sha2::Sha256::digest(seed).into()
}
