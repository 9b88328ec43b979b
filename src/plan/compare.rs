//! What is there: what the state remembers, corrected by what the cloud shows.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::Facts;
use crate::resource::{KindSpec, Object};

/// The attributes of a thing that is there. The cloud shows only part of them; where it shows something, it is right.
/// Returned beside it: per items attribute, the items that nobody of us knows.
pub fn current<'a>(
    remembered: &'a Object,
    seen: &'a Object,
    spec: &KindSpec,
) -> (Facts<'a>, Vec<String>) {
    let mut facts = Facts::from(remembered);
    let mut unmanaged = Vec::new();
    for (name, shown) in seen {
        match (remembered.get(name), shown) {
            (Some(Json::Object(known)), Json::Object(shown)) if spec.items.contains(name) => {
                unmanaged.extend(
                    shown
                        .keys()
                        .filter(|key| !known.contains_key(*key))
                        .cloned(),
                );
                if let Some(corrected) = corrected(known, shown) {
                    facts.insert(name, Cow::Owned(corrected.into()));
                }
            }
            (None, Json::Object(shown)) if spec.items.contains(name) => {
                unmanaged.extend(shown.keys().cloned());
            }
            _ => facts.insert(name, Cow::Borrowed(shown)),
        }
    }
    (facts, unmanaged)
}

/// Known items without those that vanished, changed ones as they are shown. `None`: all are as they are known.
fn corrected(known: &Object, shown: &Object) -> Option<Object> {
    let is_known = |(key, item): (&String, &Json)| {
        shown.get(key).is_some_and(|shown| is_as_shown(item, shown))
    };
    if known.iter().all(is_known) {
        return None;
    }
    let there = known.iter().filter_map(|(key, item)| {
        let shown = shown.get(key)?;
        let item = if is_as_shown(item, shown) {
            item
        } else {
            shown
        };
        Some((key.clone(), item.clone()))
    });
    Some(there.collect())
}

/// If any shown field differs the item was changed elsewhere, and what the cloud does not show of it is unknown.
fn is_as_shown(item: &Json, shown: &Json) -> bool {
    match (item.as_object(), shown.as_object()) {
        (Some(item), Some(shown)) => shown.iter().all(|(k, v)| item.get(k) == Some(v)),
        _ => item == shown,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    fn object(json: Json) -> Object {
        match json {
            Json::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    /// What is there by attributes remembered and shown, as JSON, and what nobody knows.
    fn there(remembered: Json, shown: Json) -> (Json, Vec<String>) {
        let spec = KindSpec {
            items: BTreeSet::from(["files".to_owned()]),
            ..KindSpec::default()
        };
        let (remembered, shown) = (object(remembered), object(shown));
        let (facts, unmanaged) = current(&remembered, &shown, &spec);
        (facts.into_object().into(), unmanaged)
    }

    #[test]
    fn what_the_cloud_shows_is_right_and_the_rest_is_remembered() {
        let remembered = json!({ "name": "n", "acl": "private", "note": "x" });
        let (facts, _) = there(remembered, json!({ "acl": "public", "size": 1 }));
        let wanted = json!({ "acl": "public", "name": "n", "note": "x", "size": 1 });
        assert_eq!(facts, wanted);
    }

    #[test]
    fn items_are_corrected_one_by_one() {
        let a = json!({ "md5": "1", "type": "text/html" });
        let remembered =
            json!({ "files": { "a": a, "b": { "md5": "2", "type": "x" }, "c": { "md5": "3" } } });
        let shown =
            json!({ "files": { "a": { "md5": "1" }, "b": { "md5": "9" }, "d": { "md5": "4" } } });
        let (facts, unmanaged) = there(remembered.clone(), shown);
        // Of what was changed elsewhere, what is not shown is not known.
        assert_eq!(facts, json!({ "files": { "a": a, "b": { "md5": "9" } } }));
        assert_eq!(unmanaged, ["d"]);
        let same =
            json!({ "files": { "a": { "md5": "1" }, "b": { "md5": "2" }, "c": { "md5": "3" } } });
        assert_eq!(there(remembered.clone(), same), (remembered, Vec::new()));
        let (facts, unmanaged) = there(json!({}), json!({ "files": { "a": {} } }));
        assert_eq!((facts, unmanaged), (json!({}), vec!["a".to_owned()]));
    }
}
