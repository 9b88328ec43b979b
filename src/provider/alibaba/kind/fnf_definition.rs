//! Texts of JSON that are values here: a flow's definition, what a schedule hands over.

use serde_json::Value as Json;

/// A value as the service takes it: a text as it is, anything else as JSON that people can read.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    }
}

/// The same in as few bytes as may be: what executions begin with has a limit.
pub(super) fn as_line(value: &Json) -> String {
    match value {
        Json::String(_) | Json::Null => as_text(value),
        other => other.to_string(),
    }
}

/// What the service shows, in the form in which it was asked for: a text, unless that was a value.
pub(super) fn as_asked(shown: &str, asked: Option<&Json>) -> Json {
    let is_text = asked.is_none_or(|asked| asked.is_string() || asked.is_null());
    if is_text {
        return shown.into();
    }
    serde_json::from_str(shown).unwrap_or_else(|_| shown.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_travels_as_text_and_comes_back_as_what_it_was() {
        let map = json!({ "b": [1, null], "a": "x" });
        assert_eq!(as_asked(&as_text(&map), Some(&map)), map);
        let text = json!("steps: []  # none\n");
        assert_eq!(as_asked(&as_text(&text), Some(&text)), text);
        assert_eq!(as_asked("{}", None), json!("{}"));
        assert_eq!(as_asked("no json", Some(&map)), json!("no json"));
    }
}
