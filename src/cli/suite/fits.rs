//! Whether a value holds what is wanted, and parts of values.

use serde_json::Value as Json;

/// Nothing when `is` holds what is wanted; else the first difference, in words. Of maps only the keys that are wanted count;
/// lists have as many items. A text that is JSON is read when a map or a list is wanted.
pub(in crate::cli) fn fits(wanted: &Json, is: &Json) -> Option<String> {
    differ("", wanted, is)
}

fn differ(path: &str, wanted: &Json, is: &Json) -> Option<String> {
    match (wanted, is) {
        (Json::Object(_) | Json::Array(_), Json::String(text)) => {
            match serde_json::from_str::<Json>(text) {
                Ok(read) if !read.is_string() => differ(path, wanted, &read),
                _ => Some(told(path, wanted, is)),
            }
        }
        (Json::Object(wanted), Json::Object(map)) => wanted.iter().find_map(|(key, wanted)| {
            let path = format!("{path}.{key}");
            differ(&path, wanted, map.get(key).unwrap_or(&Json::Null))
        }),
        (Json::Array(all), Json::Array(items)) if all.len() == items.len() => {
            let mut pairs = all.iter().zip(items).enumerate();
            pairs.find_map(|(n, (wanted, is))| differ(&format!("{path}[{n}]"), wanted, is))
        }
        _ if wanted == is => None,
        _ => Some(told(path, wanted, is)),
    }
}

fn told(path: &str, wanted: &Json, is: &Json) -> String {
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
            "why is null, not \"x\""
        );
        assert_eq!(
            fits(&json!({ "a": 1 }), &json!("{\"a\": 1, \"b\": 2}")),
            None
        );
        assert!(fits(&json!({ "a": 1 }), &json!("text")).is_some());
    }

    #[test]
    fn parts_are_found_by_paths() {
        let value = json!({ "orders": [{ "id": 7 }] });
        assert_eq!(part(&value, "$.orders[0].id"), Some(&json!(7)));
        assert_eq!(part(&value, "$"), Some(&value));
        assert_eq!(part(&value, "$.orders[1]"), None);
    }
}
