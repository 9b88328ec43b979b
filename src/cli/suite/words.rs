//! What `{{NAME}}` stands for in the texts of a test.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// A name that stands for nothing.
#[derive(Debug, thiserror::Error)]
#[error("`{{{{{0}}}}}` stands for nothing: no step before this one saved it")]
pub(in crate::cli) struct Unknown(String);

impl From<Unknown> for String {
    fn from(unknown: Unknown) -> Self {
        unknown.to_string()
    }
}

/// The values that are known by now.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Words(BTreeMap<String, Json>);

impl Words {
    /// From now on `name` stands for `value`.
    pub(in crate::cli) fn set(&mut self, name: &str, value: Json) {
        self.0.insert(name.to_owned(), value);
    }

    /// A text with its values put in.
    ///
    /// # Errors
    /// A name that stands for nothing.
    pub(in crate::cli) fn text(&self, text: &str) -> Result<String, Unknown> {
        Ok(match self.whole(text)? {
            Json::String(text) => text,
            other => other.to_string(),
        })
    }

    /// A value with values put in at any depth; a text that is nothing but one `{{NAME}}` becomes its value, type and all.
    ///
    /// # Errors
    /// As above.
    pub(in crate::cli) fn json(&self, value: &Json) -> Result<Json, Unknown> {
        Ok(match value {
            Json::String(text) => self.whole(text)?,
            Json::Array(items) => {
                let items = items.iter().map(|item| self.json(item));
                Json::Array(items.collect::<Result<_, _>>()?)
            }
            Json::Object(map) => {
                let entries = map.iter();
                let entries = entries.map(|(key, value)| Ok((key.clone(), self.json(value)?)));
                Json::Object(entries.collect::<Result<_, Unknown>>()?)
            }
            plain => plain.clone(),
        })
    }

    fn whole(&self, text: &str) -> Result<Json, Unknown> {
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, name, after)) = next(rest) {
            let value = self.find(name)?;
            if before.is_empty() && after.is_empty() && made.is_empty() {
                return Ok(value.clone());
            }
            made.push_str(before);
            match value {
                Json::String(text) => made.push_str(text),
                other => made.push_str(&other.to_string()),
            }
            rest = after;
        }
        made.push_str(rest);
        Ok(Json::String(made))
    }

    /// A saved name, or a path below one: `shop.url.system_url`.
    fn find(&self, name: &str) -> Result<&Json, Unknown> {
        let mut parts = name.split('.');
        let first = parts.next().and_then(|first| self.0.get(first));
        let found = first.and_then(|first| parts.try_fold(first, |value, part| value.get(part)));
        found.ok_or_else(|| Unknown(name.to_owned()))
    }
}

/// What is before the first `{{NAME}}`, its name, and what is after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name.trim(), after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_replaced_and_alone_keep_their_type() {
        let mut words = Words::default();
        words.set("id", json!(7));
        words.set("shop", json!({ "url": "http://a.test" }));
        assert_eq!(words.text("order-{{id}}-{{ id }}").unwrap(), "order-7-7");
        assert_eq!(words.text("{{shop.url}}/x{{").unwrap(), "http://a.test/x{{");
        let value = json!({ "a": ["{{id}}", "n{{id}}", true] });
        assert_eq!(words.json(&value).unwrap(), json!({ "a": [7, "n7", true] }));
        assert!(String::from(words.text("{{other}}").unwrap_err()).contains("{{other}}"));
        assert!(words.text("{{shop.name}}").is_err());
    }
}
