//! What a field's value may be: one condition.

use std::net::Ipv4Addr;

use serde_json::{Map, Value};

use super::NoPattern;

/// Numbers of a condition lie between this and its opposite.
const LARGEST: f64 = 1.0e9;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// A value as it is written: `20.5` is `"20.5"`, and 300 is not 300.0.
    Equal(Value),
    Prefix(String),
    Suffix(String),
    Contains(String),
    /// None of these.
    Not(Vec<Condition>),
    /// All of these comparisons.
    Numeric(Vec<(Order, f64)>),
    Cidr(Block),
    /// Whether there is a value.
    Exists(bool),
}

/// How a number is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Above,
    Below,
    AtLeast,
    AtMost,
    Same,
    Other,
}

/// Addresses that begin with the same bits; one, when all 32 are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    first: u32,
    mask: u32,
}

impl Condition {
    /// Reads `{"prefix": "a"}` and its kin.
    pub(super) fn read(condition: &Map<String, Value>) -> Result<Self, NoPattern> {
        let mut all = condition.iter();
        let (Some((word, value)), None) = (all.next(), all.next()) else {
            let why = "each pattern condition should only have one condition key";
            return Err(NoPattern(why.to_owned()));
        };
        match word.as_str() {
            "prefix" | "suffix" | "contains" => affix(word, value),
            "anything-but" => but(value),
            "numeric" => numeric(value),
            "cidr" => {
                let block = value.as_str().and_then(Block::read);
                block.map(Self::Cidr).ok_or_else(|| {
                    no("the cidr condition only support IPv4 addresses and blocks of them")
                })
            }
            "exists" => match value {
                Value::Bool(exists) => Ok(Self::Exists(*exists)),
                _ => Err(no("the exists condition only support boolean value")),
            },
            other => Err(no(&format!(
                "the pattern condition is unrecognized: {other}"
            ))),
        }
    }

    /// Whether it is so. What is not there fits only who wants that.
    pub(super) fn fits(&self, value: Option<&Value>) -> bool {
        match value {
            None => *self == Self::Exists(false),
            Some(Value::Object(_)) => false,
            Some(Value::Array(items)) => {
                let is_flat = !items.iter().any(|item| item.is_object() || item.is_array());
                is_flat && items.iter().any(|item| self.holds(item))
            }
            Some(value) => self.holds(value),
        }
    }

    /// The same of a value that is neither list nor object.
    fn holds(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Equal(wanted) => written(wanted) == written(value),
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix)),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix)),
            Self::Contains(part) => text.is_some_and(|text| text.contains(part)),
            Self::Not(all) => !all.iter().any(|condition| condition.holds(value)),
            Self::Numeric(all) => value
                .as_f64()
                .is_some_and(|number| all.iter().all(|(order, than)| order.holds(number, *than))),
            Self::Cidr(block) => text.is_some_and(|text| block.has(text)),
            Self::Exists(wanted) => *wanted,
        }
    }
}

impl Order {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            ">" => Self::Above,
            "<" => Self::Below,
            ">=" => Self::AtLeast,
            "<=" => Self::AtMost,
            "=" => Self::Same,
            "!=" => Self::Other,
            _ => return None,
        })
    }

    fn holds(self, number: f64, than: f64) -> bool {
        let order = number.partial_cmp(&than);
        order.is_some_and(|order| match self {
            Self::Above => order.is_gt(),
            Self::Below => order.is_lt(),
            Self::AtLeast => order.is_ge(),
            Self::AtMost => order.is_le(),
            Self::Same => order.is_eq(),
            Self::Other => order.is_ne(),
        })
    }
}

impl Block {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
        let address: Ipv4Addr = address.parse().ok()?;
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
        let first = address.to_bits() & mask;
        Some(Self { first, mask })
    }

    fn has(self, text: &str) -> bool {
        let address: Result<Ipv4Addr, _> = text.parse();
        address.is_ok_and(|address| address.to_bits() & self.mask == self.first)
    }
}

/// A value as text; null has none.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn affix(word: &str, value: &Value) -> Result<Condition, NoPattern> {
    let Value::String(text) = value else {
        return Err(no(&format!(
            "the {word} condition only support string value"
        )));
    };
    if text.is_empty() {
        let why = format!("the {word} condition doesn't support empty string value");
        return Err(no(&why));
    }
    let text = text.clone();
    Ok(match word {
        "prefix" => Condition::Prefix(text),
        "suffix" => Condition::Suffix(text),
        _ => Condition::Contains(text),
    })
}

fn but(value: &Value) -> Result<Condition, NoPattern> {
    let all = match value {
        Value::Object(nested) => {
            if nested.keys().any(|key| key != "prefix" && key != "suffix") {
                return Err(no("anything but condition only support prefix or suffix"));
            }
            vec![Condition::read(nested)?]
        }
        Value::Array(values) => {
            if values.iter().any(|one| one.is_object() || one.is_array()) {
                let why = "the anything-but condition only support null or primitive values";
                return Err(no(why));
            }
            values.iter().cloned().map(Condition::Equal).collect()
        }
        other => vec![Condition::Equal(other.clone())],
    };
    Ok(Condition::Not(all))
}

fn numeric(value: &Value) -> Result<Condition, NoPattern> {
    let Value::Array(parts) = value else {
        return Err(no("the numeric condition needs an array value"));
    };
    if parts.len() != 2 && parts.len() != 4 {
        return Err(no("the numeric array value should have 2 or 4 elements"));
    }
    let pairs = parts.chunks(2).map(|pair| {
        let (Some(word), Some(number)) = (pair[0].as_str(), pair[1].as_f64()) else {
            return Err(no(
                "the numeric value should contains an operator and a number",
            ));
        };
        if number.abs() > LARGEST {
            return Err(no(
                "the numeric value must be between -1.0E9 and 1.0E9 inclusive",
            ));
        }
        let order =
            Order::read(word).ok_or_else(|| no("the numeric exp only support >,<,>=,<=,=,!="))?;
        Ok((order, number))
    });
    pairs.collect::<Result<_, _>>().map(Condition::Numeric)
}

fn no(why: &str) -> NoPattern {
    NoPattern(why.to_owned())
}
