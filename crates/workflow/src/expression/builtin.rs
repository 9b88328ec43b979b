//! The built-in functions of the second language (<https://help.aliyun.com/document_detail/2579872>) and of the States Language.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Words;
use super::function::{
    argument, format, get, hash, identifier, length, list, map, merge, random, range, split, text,
    whole, wildcard,
};

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
