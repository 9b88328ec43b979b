//! The parameters of a template: what each may be, and turning a given text into its value.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::error::TemplateError;
use super::pattern::Pattern;

/// One thing that a template's user can choose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name, as in `--param NAME=VALUE` and `{{NAME}}`.
    pub name: String,
    /// What it is for: one sentence.
    pub description: String,
    /// The value when none is given; may refer to earlier parameters as `{{NAME}}`. None: it must be given.
    pub default: Option<String>,
    /// What a value must be.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kind {
    /// One line of text.
    String {
        /// What the whole text must look like.
        pattern: Option<Pattern>,
        /// The pattern in words.
        rule: Option<String>,
        /// Fewest characters.
        min: Option<i64>,
        /// Most characters.
        max: Option<i64>,
    },
    /// A whole number.
    Integer {
        /// The smallest.
        min: Option<i64>,
        /// The largest.
        max: Option<i64>,
    },
    /// `true` or `false`.
    Boolean,
    /// One of a few words.
    Enum {
        /// The words.
        values: Vec<String>,
    },
}

/// A parameter as `template.yaml` writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    name: String,
    r#type: Type,
    description: String,
    default: Option<Json>,
    pattern: Option<String>,
    rule: Option<String>,
    min: Option<i64>,
    max: Option<i64>,
    values: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    String,
    Integer,
    Boolean,
    Enum,
}

impl Parameter {
    /// Turns `value` into what the templates see: a text, a number or a truth value.
    ///
    /// # Errors
    /// [`TemplateError::BadParameter`] with the name, the value and the rule.
    pub fn accept(&self, value: &str) -> Result<Json, TemplateError> {
        self.kind
            .accept(value)
            .ok_or_else(|| TemplateError::BadParameter {
                name: self.name.clone(),
                value: value.to_owned(),
                rule: self.kind.rule(),
            })
    }

    /// Checks what `template.yaml` says of one parameter. The error says which rule it breaks.
    pub(super) fn read(written: Written) -> Result<Self, String> {
        let name = written.name.clone();
        read(written).map_err(|why| format!("parameter `{name}`: {why}"))
    }
}

impl Kind {
    /// The rule in words: "must be …".
    pub fn rule(&self) -> String {
        match self {
            Self::String { rule, min, max, .. } => {
                let mut parts =
                    vec!["must be one line of text without spaces around it".to_owned()];
                if let Some(rule) = rule {
                    parts = vec![format!("must be {rule}")];
                }
                parts.extend(bounds(*min, *max).map(|span| format!("{span} characters long")));
                parts.join("; ")
            }
            Self::Integer { min, max } => match bounds(*min, *max) {
                Some(span) => format!("must be a whole number, {span}"),
                None => "must be a whole number".to_owned(),
            },
            Self::Boolean => "must be `true` or `false`".to_owned(),
            Self::Enum { values } => format!("must be one of: {}", values.join(", ")),
        }
    }

    fn accept(&self, value: &str) -> Option<Json> {
        match self {
            Self::String {
                pattern, min, max, ..
            } => {
                let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
                let line = value.trim() == value && !value.contains(char::is_control);
                let fits = pattern.as_ref().is_none_or(|p| p.fits(value));
                (line && fits && within(length, *min, *max)).then(|| Json::from(value))
            }
            Self::Integer { min, max } => value
                .parse()
                .ok()
                .filter(|n| within(*n, *min, *max))
                .map(Json::from),
            Self::Boolean => value.parse::<bool>().ok().map(Json::from),
            Self::Enum { values } => values.iter().any(|v| v == value).then(|| Json::from(value)),
        }
    }
}

fn within(n: i64, min: Option<i64>, max: Option<i64>) -> bool {
    min.is_none_or(|min| n >= min) && max.is_none_or(|max| n <= max)
}

fn bounds(min: Option<i64>, max: Option<i64>) -> Option<String> {
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("at most {max}")),
        (None, None) => None,
    }
}

fn read(written: Written) -> Result<Parameter, String> {
    let Written {
        name,
        r#type,
        description,
        default,
        pattern,
        rule,
        min,
        max,
        values,
    } = written;
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(letters) {
        return Err(
            "its name must be lower-case letters, digits and `_`, a letter first".to_owned(),
        );
    }
    if r#type != Type::String && (pattern.is_some() || rule.is_some()) {
        return Err("only a string has `pattern` and `rule`".to_owned());
    }
    if !matches!(r#type, Type::String | Type::Integer) && (min.is_some() || max.is_some()) {
        return Err("only a string and an integer have `min` and `max`".to_owned());
    }
    if (r#type == Type::Enum) != values.is_some() {
        return Err("an enum, and nothing else, has `values`".to_owned());
    }
    if pattern.is_some() != rule.is_some() {
        return Err("`pattern` and `rule`, its words for people, come together".to_owned());
    }
    if matches!((min, max), (Some(min), Some(max)) if min > max) {
        return Err("`min` is above `max`".to_owned());
    }
    let kind = match r#type {
        Type::String => {
            let pattern = pattern.map(|text| text.parse::<Pattern>()).transpose();
            Kind::String {
                pattern: pattern.map_err(|why| format!("`pattern`: {why}"))?,
                rule,
                min,
                max,
            }
        }
        Type::Integer => Kind::Integer { min, max },
        Type::Boolean => Kind::Boolean,
        Type::Enum => Kind::Enum {
            values: values.unwrap_or_default(),
        },
    };
    let default = default.map(scalar).transpose()?;
    // A default that refers to other parameters is checked when it is rendered.
    if let Some(text) = default.as_deref().filter(|text| !text.contains("{{"))
        && kind.accept(text).is_none()
    {
        return Err(format!("its default `{text}` {}", kind.rule()));
    }
    Ok(Parameter {
        name,
        description,
        default,
        kind,
    })
}

fn scalar(value: Json) -> Result<String, String> {
    match value {
        Json::String(text) => Ok(text),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(truth) => Ok(truth.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => {
            Err("`default` must be a text, a number or a truth value".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(yaml: &str) -> Result<Parameter, String> {
        Parameter::read(serde_yaml::from_str(yaml).map_err(|e| e.to_string())?)
    }

    const NAME: &str = "{name: name, type: string, description: d, pattern: '[a-z]+', rule: lower-case letters, min: 3, max: 5}";

    #[test]
    fn a_bad_value_is_told_with_its_parameter_and_its_rule() {
        let name = parameter(NAME).unwrap();
        assert_eq!(name.accept("abcd").unwrap(), Json::from("abcd"));
        for bad in ["ab", "abcdef", "aBc", "", "ab c", " abc", "abc\n"] {
            assert!(name.accept(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            name.accept("My Site").unwrap_err().to_string(),
            "parameter `name` cannot be `My Site`: must be lower-case letters; 3 to 5 characters long"
        );
    }

    #[test]
    fn a_text_without_a_pattern_is_one_trimmed_line() {
        let title = parameter("{name: title, type: string, description: d, min: 1}").unwrap();
        assert!(title.accept("Tom & Ada’s 店").is_ok());
        for bad in ["", " a", "a ", "a\nb", "a\u{7}b"] {
            assert!(title.accept(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_truths_and_choices_keep_their_type() {
        let port = parameter(
            "{name: port, type: integer, description: d, default: 80, min: 1, max: 65535}",
        )
        .unwrap();
        assert_eq!(port.default.as_deref(), Some("80"));
        assert_eq!(port.accept("8080").unwrap(), Json::from(8080));
        assert_eq!(
            port.accept("0").unwrap_err().to_string(),
            "parameter `port` cannot be `0`: must be a whole number, 1 to 65535"
        );
        assert!(port.accept("1.5").is_err());
        let spa = parameter("{name: spa, type: boolean, description: d, default: false}").unwrap();
        assert_eq!(spa.accept("true").unwrap(), Json::Bool(true));
        assert!(spa.accept("yes").is_err());
        let size =
            parameter("{name: size, type: enum, description: d, values: [small, large]}").unwrap();
        assert_eq!(size.accept("large").unwrap(), Json::from("large"));
        assert_eq!(
            size.accept("huge").unwrap_err().to_string(),
            "parameter `size` cannot be `huge`: must be one of: small, large"
        );
    }

    #[test]
    fn a_parameter_that_makes_no_sense_is_refused() {
        for (yaml, why) in [
            (
                "{name: Name, type: string, description: d}",
                "its name must be",
            ),
            (
                "{name: a-b, type: string, description: d}",
                "its name must be",
            ),
            (
                "{name: a, type: boolean, description: d, min: 1}",
                "`min` and `max`",
            ),
            (
                "{name: a, type: integer, description: d, pattern: a, rule: a}",
                "`pattern` and `rule`",
            ),
            (
                "{name: a, type: string, description: d, pattern: a}",
                "come together",
            ),
            (
                "{name: a, type: string, description: d, pattern: '[', rule: a}",
                "no end",
            ),
            (
                "{name: a, type: string, description: d, values: [a]}",
                "`values`",
            ),
            ("{name: a, type: enum, description: d}", "`values`"),
            (
                "{name: a, type: integer, description: d, min: 2, max: 1}",
                "above",
            ),
            (
                "{name: a, type: integer, description: d, default: x}",
                "its default `x` must be a whole number",
            ),
            (
                "{name: a, type: string, description: d, default: [x]}",
                "`default`",
            ),
            ("{name: a, type: float, description: d}", "unknown variant"),
            (
                "{name: a, type: string, description: d, patern: x}",
                "unknown field `patern`",
            ),
            ("{name: a, type: string}", "missing field"),
        ] {
            let error = parameter(yaml).unwrap_err();
            assert!(error.contains(why), "{yaml}: {error}");
        }
    }
}
