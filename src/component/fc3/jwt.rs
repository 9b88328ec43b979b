//! Where tokens are and what of them is passed on, as the service takes it: what the manifest lists becomes one text
//! (devsapp/fc3, `convertIHttpTriggerConfig`).

use serde_json::Value as Json;

use crate::component::typed::{entries, map};
use crate::resource::{Attrs, Value};

/// What the original component sends when nothing is passed on.
const NOTHING: &str = "query::";

/// An `authConfig` that is a map, with its lists as texts; one that is a text stays as it is.
pub(super) fn with_texts(config: Value) -> Value {
    if !matches!(config, Value::Map(_) | Value::Plain(Json::Object(_))) {
        return config;
    }
    let mut config = entries(config);
    for (name, written) in [
        ("tokenLookup", lookup as fn(&Attrs) -> Vec<Value>),
        ("claimPassBy", claim),
    ] {
        if let Some(value) = config.remove(name) {
            config.insert(name.to_owned(), listed(value, written));
        }
    }
    let empty =
        |value: &Value| matches!(value, Value::Plain(Json::String(text)) if text.is_empty());
    if config.get("claimPassBy").is_none_or(empty) {
        config.insert("claimPassBy".to_owned(), NOTHING.into());
    }
    map(config)
}

/// `position:name`, in headers with what stands before the token: `header:Authorization:Bearer `.
fn lookup(item: &Attrs) -> Vec<Value> {
    let position = part(item, "readPosition");
    let is_header = position == Value::from("header");
    let mut parts = vec![position, ":".into(), part(item, "parameterName")];
    if let Some(prefix) = item.get("prefix").filter(|_| is_header) {
        parts.extend([":".into(), prefix.clone()]);
    }
    parts
}

/// `position:claim:name`.
fn claim(item: &Attrs) -> Vec<Value> {
    let [position, claim, name] = [
        "mappingParameterPosition",
        "claimName",
        "mappingParameterName",
    ]
    .map(|name| part(item, name));
    vec![position, ":".into(), claim, ":".into(), name]
}

fn part(item: &Attrs, name: &str) -> Value {
    item.get(name).cloned().unwrap_or_else(|| "".into())
}

/// The items of a list between commas; a text among them, or in the place of the list, is what it says.
fn listed(value: Value, written: fn(&Attrs) -> Vec<Value>) -> Value {
    let items = match value {
        Value::List(items) => items,
        Value::Plain(Json::Array(items)) => items.into_iter().map(Value::Plain).collect(),
        other => return other,
    };
    let mut parts = Vec::new();
    for item in items {
        if !parts.is_empty() {
            parts.push(",".into());
        }
        match item {
            Value::Map(_) | Value::Plain(Json::Object(_)) => parts.extend(written(&entries(item))),
            text => parts.push(text),
        }
    }
    joined(parts)
}

/// One text; known when all of it is.
fn joined(parts: Vec<Value>) -> Value {
    let plain = |part: &Value| match part {
        Value::Plain(Json::String(text)) => Some(text.clone()),
        Value::Plain(other) => Some(other.to_string()),
        _ => None,
    };
    match parts.iter().map(plain).collect::<Option<String>>() {
        Some(text) => text.into(),
        None => Value::Join(parts),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::ResourceId;

    #[test]
    fn lists_become_the_texts_that_the_service_takes() {
        let config = with_texts(Value::Plain(json!({
            "tokenLookup": [
                { "readPosition": "header", "parameterName": "X-T", "prefix": "tk " },
                { "readPosition": "query", "parameterName": "tok", "prefix": "not there" },
                "cookie:own",
            ],
            "claimPassBy": [
                { "mappingParameterPosition": "header", "mappingParameterName": "X-U", "claimName": "sub" },
                { "mappingParameterPosition": "query", "mappingParameterName": "adsa" },
            ],
            "blackList": ["/a"],
        })));
        let expected = json!({
            "tokenLookup": "header:X-T:tk ,query:tok,cookie:own",
            "claimPassBy": "header:sub:X-U,query::adsa",
            "blackList": ["/a"],
        });
        assert_eq!(config, Value::Plain(expected));
    }

    #[test]
    fn texts_stay_and_nothing_is_passed_on_unless_asked() {
        let config = with_texts(Value::Plain(json!({ "tokenLookup": "header:t" })));
        let expected = json!({ "tokenLookup": "header:t", "claimPassBy": "query::" });
        assert_eq!(config, Value::Plain(expected));
        let text = Value::from("{\"tokenLookup\":[]}");
        assert_eq!(with_texts(text.clone()), text);
    }

    #[test]
    fn a_name_that_is_known_later_is_filled_in_then() {
        let name = Value::Ref(ResourceId::new("other.function"), "name".to_owned());
        let item = Attrs::from([
            ("readPosition".to_owned(), "query".into()),
            ("parameterName".to_owned(), name.clone()),
        ]);
        let lookup = Value::List(vec![Value::Map(item)]);
        let config = entries(with_texts(Value::Map(Attrs::from([(
            "tokenLookup".to_owned(),
            lookup,
        )]))));
        let parts = vec!["query".into(), ":".into(), name];
        assert_eq!(config["tokenLookup"], Value::Join(parts));
    }
}
