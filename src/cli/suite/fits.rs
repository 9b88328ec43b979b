//! Whether a value holds what is wanted, and parts of values.

use serde_json::Value as Json;

/// Nothing when `is` holds what is wanted; else the first difference, in words. Of maps only the keys that are wanted count;
/// lists have as many items. A text that is JSON is read when a map or a list is wanted.
pub(in crate::cli) fn fits(wanted: &Json, is: &Json) -> Option<String> {
    differ("", wanted, is)
}

/// The same of a content: a text may be the content as it is, everything else is wanted of the JSON that it holds.
pub(in crate::cli) fn content_fits(wanted: &Json, content: &str) -> Option<String> {
    if wanted.as_str() == Some(content) {
        return None;
    }
    fits(wanted, &read(content))
}

/// A content as JSON if it is, else its text.
pub(in crate::cli) fn read(content: &str) -> Json {
    serde_json::from_str(content).unwrap_or_else(|_| Json::from(content))
}

fn differ(path: &str, wanted: &Json, is: &Json) -> Option<String> {
    match (wanted, is) {
        (Json::Object(_) | Json::Array(_), Json::String(text)) => {
            match serde_json::from_str::<Json>(text) {
                Ok(read) if !read.is_string() => differ(path, wanted, &read),
                _ => Some(told(path, wanted, &is.to_string())),
            }
        }
        (Json::Object(wanted), Json::Object(map)) => wanted.iter().find_map(|(key, wanted)| {
            let path = format!("{path}.{key}");
            match map.get(key) {
                Some(is) => differ(&path, wanted, is),
                None => Some(told(&path, wanted, "missing")),
            }
        }),
        (Json::Array(all), Json::Array(items)) if all.len() == items.len() => {
            let mut pairs = all.iter().zip(items).enumerate();
            pairs.find_map(|(n, (wanted, is))| differ(&format!("{path}[{n}]"), wanted, is))
        }
        _ if wanted == is => None,
        _ => Some(told(path, wanted, &is.to_string())),
    }
}

fn told(path: &str, wanted: &Json, is: &str) -> String {
    let at = path.trim_start_matches('.');
    let what = if at.is_empty() { "it" } else { at };
    format!("{what} is {is}, not {wanted}")
}

/// The part of a value at a path such as `$.orders[0].id`.
pub(in crate::cli) fn part<'v>(value: &'v Json, path: &str) -> Option<&'v Json> {
    let path = path.strip_prefix('$')?;
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    value.pointer(&pointer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subset_fits_and_the_first_difference_is_told() {
        let is = json!({ "state": "done", "steps": [{ "name": "A", "tries": 1 }], "more": 1 });
        let fit = |wanted: Json| fits(&wanted, &is);
        assert_eq!(
            fit(json!({ "state": "done", "steps": [{ "name": "A" }] })),
            None
        );
        assert_eq!(
            fit(json!({ "steps": [{ "tries": 2 }] })).unwrap(),
            "steps[0].tries is 1, not 2"
        );
        assert_eq!(
            fit(json!({ "steps": [] })).unwrap(),
            "steps is [{\"name\":\"A\",\"tries\":1}], not []"
        );
        assert_eq!(
            fit(json!({ "why": "x" })).unwrap(),
            "why is missing, not \"x\""
        );
        assert_eq!(
            fits(&json!({ "a": 1 }), &json!("{\"a\": 1, \"b\": 2}")),
            None
        );
        assert!(fits(&json!({ "a": 1 }), &json!("text")).is_some());
    }

    #[test]
    fn null_is_a_value_and_not_the_lack_of_one() {
        let is = json!({ "h": { "none": null } });
        assert_eq!(fits(&json!({ "h": { "none": null } }), &is), None);
        assert_eq!(
            fits(&json!({ "missing": null }), &is).unwrap(),
            "missing is missing, not null"
        );
        assert_eq!(
            fits(&json!({ "h": { "nothing": null } }), &is).unwrap(),
            "h.nothing is missing, not null"
        );
        assert!(fits(&Json::Null, &is).is_some());
    }

    #[test]
    fn a_content_is_its_text_and_its_json() {
        for (wanted, content) in [
            (json!(5), "5"),
            (json!("5"), "5"),
            (json!(true), "true"),
            (json!("true"), "true"),
            (Json::Null, "null"),
            (json!("hello"), "hello"),
            (json!("hello"), "\"hello\""),
            (json!({ "a": 1 }), "{\"a\":1,\"b\":2}"),
        ] {
            assert_eq!(content_fits(&wanted, content), None, "{wanted} {content}");
        }
        for (wanted, content) in [
            (json!(5), "6"),
            (json!(5), "\"5\""),
            (json!("5"), "5.0"),
            (Json::Null, ""),
            (Json::Null, "1"),
            (json!({ "a": 5 }), "{\"a\":\"5\"}"),
        ] {
            let why = content_fits(&wanted, content);
            assert!(why.is_some(), "{wanted} {content}");
        }
    }

    #[test]
    fn parts_are_found_by_paths() {
        let value = json!({ "orders": [{ "id": 7 }] });
        assert_eq!(part(&value, "$.orders[0].id"), Some(&json!(7)));
        assert_eq!(part(&value, "$"), Some(&value));
        assert_eq!(part(&value, "$.orders[1]"), None);
    }
}
