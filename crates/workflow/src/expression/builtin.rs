//! The built-in functions of the second language (<https://help.aliyun.com/document_detail/2579872>) and of the States Language.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::function::{
    argument, decode, format, get, hash, json as parsed, length, list, map, matches, merge,
    nearest, partition, range, split, text, unique, whole,
};
use super::{Chance, Words};

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
    ParseJson 1 1 "stringToJson" "\0json",
    ParseText 1 1 "\0json" "StringToJson",
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
    Add 2 2 "intAdd" "\0add",
    Sum 2 2 "\0add" "MathAdd",
    Random 2 3 "randomInt" "\0random",
    Draw 2 3 "\0random" "MathRandom",
    Partition 2 2 "\0partition" "ArrayPartition",
    Range 3 3 "\0range" "ArrayRange",
    Identifier 0 0 "uuid" "UUID",
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
    pub fn call(self, given: &[Value], chance: &Chance) -> Result<Value, String> {
        Ok(match self {
            Self::Contains => json!(list(given, 0)?.contains(argument(given, 1))),
            Self::Unique => unique(list(given, 0)?),
            Self::Format => Value::String(format(text(given, 0)?, &given[1..])?),
            Self::FromBase64 => Value::String(decode(text(given, 0)?)?),
            Self::ToBase64 => Value::String(STANDARD.encode(text(given, 0)?)),
            Self::ParseJson => parsed(text(given, 0)?)?,
            // A blank text is null, as recordings of the vendor show.
            Self::ParseText => match text(given, 0)?.trim() {
                "" => Value::Null,
                text => parsed(text)?,
            },
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
            Self::Matches => json!(matches(text(given, 0)?, text(given, 1)?)?),
            Self::Get => get(given)?,
            Self::Add => {
                let sum = whole(given, 0)?.checked_add(whole(given, 1)?);
                json!(sum.ok_or("the sum is too large")?)
            }
            Self::Sum => {
                let sum = nearest(given, 0)?.checked_add(nearest(given, 1)?);
                json!(sum.ok_or("the sum is too large")?)
            }
            Self::Random => drawn(given, chance, whole(given, 0)?, whole(given, 1)?)?,
            Self::Draw => drawn(given, chance, nearest(given, 0)?, nearest(given, 1)?)?,
            Self::Partition => partition(list(given, 0)?, nearest(given, 1)?)?,
            Self::Range => range(nearest(given, 0)?, nearest(given, 1)?, nearest(given, 2)?)?,
            Self::Identifier => Value::String(chance.identifier()),
        })
    }
}

/// A number between two, from the seed that is the third argument if there is one.
fn drawn(given: &[Value], chance: &Chance, from: i64, to: i64) -> Result<Value, String> {
    match given.get(2) {
        Some(seed) => Chance::of(seed.to_string()).between(from, to),
        None => chance.between(from, to),
    }
}
