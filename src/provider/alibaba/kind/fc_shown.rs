//! What Function Compute shows of a configuration, as far as it says something about what was asked for: the service fills in
//! what nobody wrote, in blocks and beside them.

use serde_json::Value as Json;

use crate::resource::{KindSpec, Object, is_sealed};
use crate::state::Record;

/// Of what is shown, the attributes `names`, in the form in which they are asked for. An attribute that is not remembered
/// and has no default in the kind's rules is the service's own choice; without a record all of them are told.
pub(super) fn attributes<'n>(
    mut shown: Object,
    names: impl IntoIterator<Item = &'n str>,
    spec: &KindSpec,
    known: Option<&Record>,
) -> Object {
    let mut attrs = Object::new();
    for name in names {
        let Some(value) = shown.remove(name) else {
            continue;
        };
        let asked = known.map(|record| record.attrs.get(name).filter(|value| !value.is_null()));
        let value = match asked {
            // Here the names themselves are what was asked for.
            Some(Some(_)) if name == "environmentVariables" => value,
            Some(Some(asked)) => like(value, asked),
            Some(None) if !spec.defaults.contains_key(name) => continue,
            _ => value,
        };
        // What is empty is what an absent attribute becomes.
        let value = if asked.flatten().is_none() && is_empty(&value) {
            match spec.defaults.get(name) {
                Some(default) => default.clone(),
                None => continue,
            }
        } else {
            value
        };
        attrs.insert(name.to_owned(), value);
    }
    attrs
}

/// What is shown, in the spelling of what was asked for, and without the parts of maps that nobody asked for. A part that was
/// asked for and is not shown at all (a private key) counts as there.
pub(super) fn like(shown: Json, asked: &Json) -> Json {
    if is_sealed(asked) {
        return shown;
    }
    match (shown, asked) {
        (Json::Object(mut shown), Json::Object(asked)) if !asked.is_empty() => {
            let pairs = asked.iter().map(|(key, asked)| {
                let value = shown.remove(key).filter(|value| !value.is_null());
                let value = value.map_or_else(|| asked.clone(), |value| like(value, asked));
                (key.clone(), value)
            });
            Json::Object(pairs.collect())
        }
        (Json::Array(shown), Json::Array(asked)) if shown.len() == asked.len() => {
            let pairs = shown.into_iter().zip(asked);
            Json::Array(pairs.map(|(value, asked)| like(value, asked)).collect())
        }
        // Settings that are maps travel as texts.
        (Json::String(text), Json::Object(_)) => match serde_json::from_str::<Json>(&text) {
            Ok(parsed @ Json::Object(_)) => like(parsed, asked),
            _ => Json::String(text),
        },
        (Json::Number(shown), Json::Number(asked)) if shown.as_f64() == asked.as_f64() => {
            Json::Number(asked.clone())
        }
        (shown, _) => shown,
    }
}

/// Whether a value says nothing: the service shows unset blocks as maps of empty texts and lists.
pub(super) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map
            .values()
            .all(|value| is_empty(value) || matches!(value, Json::Bool(false)) || is_zero(value)),
        _ => false,
    }
}

fn is_zero(value: &Json) -> bool {
    value
        .as_i64()
        .is_some_and(|number| matches!(number, 0 | -1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_nobody_asked_for_is_not_told() {
        let asked = json!({ "project": "p", "rules": [{ "name": "a" }], "cpu": 1 });
        let shown = json!({ "project": "q", "rules": [{ "name": "b", "extra": 1 }], "cpu": 1.0, "more": true });
        let expected = json!({ "project": "q", "rules": [{ "name": "b" }], "cpu": 1 });
        assert_eq!(like(shown, &asked), expected);
        let text = json!("{\"authType\":\"anonymous\",\"more\":1}");
        assert_eq!(
            like(text, &json!({ "authType": "function" })),
            json!({ "authType": "anonymous" })
        );
    }

    #[test]
    fn unset_blocks_are_empty() {
        assert!(is_empty(
            &json!({ "vpcId": "", "vSwitchIds": [], "securityGroupId": "" })
        ));
        assert!(is_empty(
            &json!({ "userId": -1, "groupId": -1, "mountPoints": [] })
        ));
        assert!(!is_empty(&json!({ "vpcId": "v" })) && !is_empty(&json!(false)));
    }
}
