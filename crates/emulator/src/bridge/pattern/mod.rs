//! Event patterns: which events a rule is for ("Event patterns" of the vendor's docs). Pure.
//!
//! Fields that the documents leave open are as in the vendor's own open matcher: numbers compare as they are written, a
//! list of an event fits when one of its items does, and an object never fits.

mod condition;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use condition::Condition;

/// Where a pattern may look: attributes of `CloudEvents`, and what the vendor adds to them.
const ATTRIBUTES: &[&str] = &[
    "id",
    "source",
    "specversion",
    "type",
    "datacontenttype",
    "dataschema",
    "subject",
    "time",
    "aliyunaccountid",
    "aliyunoriginalaccountid",
    "aliyunpublishtime",
    "aliyunpublishaddr",
    "aliyuneventbusname",
    "aliyunregionid",
];

/// Why a text is no pattern; `Display` is the sentence for its writer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Event pattern is not valid, reason: {0}")]
pub(super) struct NoPattern(String);

/// A pattern: all its fields must fit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pattern {
    attributes: Vec<Field>,
    data: Vec<Field>,
}

/// A place, and what may be there: one of these.
#[derive(Debug, Clone, PartialEq)]
struct Field {
    path: Vec<String>,
    any: Vec<Condition>,
}

impl Pattern {
    /// Reads a pattern; `{}` fits every event.
    ///
    /// # Errors
    /// It is not JSON, or not as the vendor has it.
    pub(super) fn read(text: &str) -> Result<Self, NoPattern> {
        if text.trim().is_empty() {
            return Err(NoPattern("the pattern is empty".to_owned()));
        }
        let value = serde_json::from_str(text)
            .map_err(|_| NoPattern("the pattern isn't a valid json format string".to_owned()))?;
        let Value::Object(fields) = value else {
            return Err(NoPattern("the pattern should be a JSON object".to_owned()));
        };
        let mut pattern = Self {
            attributes: Vec::new(),
            data: Vec::new(),
        };
        for (key, value) in &fields {
            if key == "data" {
                pattern.data = data(value)?;
                continue;
            }
            let Value::Array(any) = value else {
                return Err(invalid_value(value));
            };
            if !ATTRIBUTES.contains(&key.as_str()) {
                return Err(NoPattern(format!(
                    "the pattern has unrecognized pattern key: {key}"
                )));
            }
            pattern
                .attributes
                .push(Field::read(vec![key.clone()], any)?);
        }
        Ok(pattern)
    }

    /// Whether an event is meant: its attributes by name, with `data` among them.
    pub(super) fn fits(&self, event: &Map<String, Value>) -> bool {
        let is_there = |field: &Field| field.fits(event.get(&field.path[0]));
        if !self.attributes.iter().all(is_there) {
            return false;
        }
        if self.data.is_empty() {
            return true;
        }
        // Nothing can be said of data that are not there, not even that a field is missing.
        event.get("data").is_some_and(|data| {
            self.data
                .iter()
                .all(|field| field.fits(at(data, &field.path)))
        })
    }
}

impl Field {
    fn read(path: Vec<String>, any: &[Value]) -> Result<Self, NoPattern> {
        if any.is_empty() {
            return Err(invalid_value(&Value::Array(Vec::new())));
        }
        let key = path.last().map_or("", String::as_str);
        let conditions = any.iter().map(|one| match one {
            Value::Array(_) => Err(NoPattern(format!(
                "nested pattern value isn't supported, pattern key: {key}"
            ))),
            Value::Object(condition) => Condition::read(condition),
            value => Ok(Condition::Equal(value.clone())),
        });
        let any = conditions.collect::<Result<_, _>>()?;
        Ok(Self { path, any })
    }

    fn fits(&self, value: Option<&Value>) -> bool {
        self.any.iter().any(|condition| condition.fits(value))
    }
}

/// The fields below `data`, however deep.
fn data(value: &Value) -> Result<Vec<Field>, NoPattern> {
    let Value::Object(_) = value else {
        return Err(no_key());
    };
    let mut fields = Vec::new();
    let mut open = vec![(Vec::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(below) if below.is_empty() => return Err(no_key()),
            Value::Object(below) => open.extend(below.iter().map(|(key, value)| {
                let mut path: Vec<String> = path.clone();
                path.push(key.clone());
                (path, value)
            })),
            Value::Array(any) => fields.push(Field::read(path, any)?),
            other => return Err(invalid_value(other)),
        }
    }
    Ok(fields)
}

fn at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn no_key() -> NoPattern {
    NoPattern("the data pattern doesn't have any pattern key".to_owned())
}

fn invalid_value(value: &Value) -> NoPattern {
    NoPattern(format!("the pattern has invalid pattern value: {value}"))
}
