//! Tests of the States Language: of which kind a value is, and what a text looks like.

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

/// Of which kind a value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Something is there, null too.
    Present,
    /// Null.
    Null,
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A text that names a moment.
    Moment,
    /// A text that looks like the pattern, in which `*` stands for anything, `\*` for a star and `\\` for a backslash.
    Like(String),
    /// A text that a regular expression matches from its begin to its end; numbers and truth values are taken as texts, of a list
    /// one item is enough, and all else is an empty text, as `JsonPath` has it.
    Matches(Pattern),
}

/// A regular expression of a filter.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// The pattern of a text and its flags: `i` for any letters, `m` for lines, `s` for a `.` that is a line's end too.
    ///
    /// # Errors
    /// The text is none, or one that looks around or back, or there is no such flag.
    pub(super) fn of(text: &str, flags: &str) -> Result<Self, String> {
        if let Some(flag) = flags.chars().find(|flag| !"ims".contains(*flag)) {
            return Err(format!(
                "`{flag}` is no flag of regular expressions here; there are i, m and s"
            ));
        }
        let wrong = |_| {
            format!(
                "`{text}` is not a regular expression that can be used here: \
                 it may neither look around nor refer to its groups"
            )
        };
        // Alone first: within parentheses of others its own may close those.
        Regex::new(text).map_err(wrong)?;
        let flags = if flags.is_empty() {
            String::new()
        } else {
            format!("(?{flags})")
        };
        let whole = format!(r"\A(?:{flags}{text})\z");
        Regex::new(&whole).map(Self).map_err(wrong)
    }

    fn matches(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.0.is_match(text),
            Value::Number(number) => self.0.is_match(&number.to_string()),
            Value::Bool(truth) => self.0.is_match(&truth.to_string()),
            Value::Array(items) => items.iter().any(|item| self.matches(item)),
            Value::Null | Value::Object(_) => self.0.is_match(""),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl Test {
    /// Whether a value that is there passes.
    pub fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Present => true,
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
            Self::Moment => value.as_str().and_then(moment).is_some(),
            Self::Like(pattern) => value.as_str().is_some_and(|text| like(pattern, text)),
            Self::Matches(pattern) => pattern.matches(value),
        }
    }
}

/// The moment that a text names by RFC 3339 with a `T` and a `Z` or an offset, which is what the States Language takes.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let has_t = text.as_bytes().get(10) == Some(&b'T');
    let is_plain = !text.contains(['[', 't', 'z']);
    if has_t && is_plain {
        text.parse().ok()
    } else {
        None
    }
}

/// The moment as a text whose order is that of time.
pub(super) fn sortable(moment: Timestamp) -> String {
    format!("{moment:.9}")
}

fn like(pattern: &str, text: &str) -> bool {
    let mut parts = literals(pattern);
    let Some(last) = parts.pop() else {
        return text.is_empty();
    };
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else {
        return text == last;
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for part in parts {
        let Some(found) = rest.find(&part) else {
            return false;
        };
        rest = &rest[found + part.len()..];
    }
    rest.ends_with(&last)
}

/// What stands between the stars of a pattern.
fn literals(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '*' => {
                parts.push(String::new());
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        if let Some(part) = parts.last_mut() {
            part.push(literal);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{like, moment};

    #[test]
    fn stars_stand_for_anything_unless_escaped() {
        let all = [
            ("log-*.txt", "log-1.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log-1.txt.gz", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a\\\\*", "a\\b", true),
            ("plain", "plain", true),
            ("", "", true),
            ("", "x", false),
        ];
        for (pattern, text, wanted) in all {
            assert_eq!(like(pattern, text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn moments_have_a_date_a_time_and_an_offset() {
        let good = ["2016-08-18T17:33:00Z", "2016-08-18T17:33:00.5+02:00"];
        assert!(good.iter().all(|text| moment(text).is_some()));
        let bad = [
            "2016-08-18 17:33:00Z",
            "2016-08-18T17:33:00",
            "2016-13-18T17:33:00Z",
            "2016-08-18",
            "18-08-2016T17:33:00Z",
            "",
        ];
        for text in bad {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
