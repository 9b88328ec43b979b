//! A nested value that appears, changes or vanishes, part by part.

use serde_json::Value as Json;

use crate::plan::FieldDiff;
use crate::resource::{Object, is_sealed};

/// What tells the items of a list apart, the first that all of them have: a route its path, a rule its name.
const NAMES: [&str; 4] = ["path", "name", "key", "mountDir"];

/// A map field by field, and a list of named maps item by item, as far down as there are such.
pub(super) fn leaves(diff: &FieldDiff) -> Vec<FieldDiff> {
    let sides = [&diff.before, &diff.after];
    if diff.unknown || sides.into_iter().flatten().any(is_sealed) {
        return vec![diff.clone()];
    }
    let below = match (maps(diff), lists(diff)) {
        (Some((before, after)), _) => children(&before, &after, &|key| {
            diff.path.iter().cloned().chain([key.to_owned()]).collect()
        }),
        (None, Some((before, after))) => children(&before, &after, &|key| {
            let mut path = diff.path.clone();
            if let Some(last) = path.last_mut() {
                *last = format!("{last}[{key}]");
            }
            path
        }),
        (None, None) => return vec![diff.clone()],
    };
    below.iter().flat_map(leaves).collect()
}

/// Both sides as maps, if they are.
fn maps(diff: &FieldDiff) -> Option<(Object, Object)> {
    let map = |side: &Option<Json>| match side {
        Some(Json::Object(map)) => Some(map.clone()),
        None => Some(Object::new()),
        Some(_) => None,
    };
    both(diff, &map)
}

/// Both sides of lists by the names of their items; nothing where some have none, or where only the order differs.
fn lists(diff: &FieldDiff) -> Option<(Object, Object)> {
    let by = |name: &str| {
        both(diff, &|side| match side {
            Some(Json::Array(items)) => named(items, name),
            None => Some(Object::new()),
            Some(_) => None,
        })
    };
    let mut found = NAMES.iter().filter_map(|name| by(name));
    found.find(|(before, after)| {
        before.len() != after.len()
            || before
                .iter()
                .any(|(key, item)| after.get(key) != Some(item))
    })
}

fn both(
    diff: &FieldDiff,
    side: &dyn Fn(&Option<Json>) -> Option<Object>,
) -> Option<(Object, Object)> {
    let is_there = diff.before.is_some() || diff.after.is_some();
    is_there.then(|| Some((side(&diff.before)?, side(&diff.after)?)))?
}

fn named(items: &[Json], name: &str) -> Option<Object> {
    let mut found = Object::new();
    for item in items {
        let key = item.as_object()?.get(name)?.as_str()?.to_owned();
        if found.insert(key, item.clone()).is_some() {
            return None;
        }
    }
    Some(found)
}

/// What differs below, in the order of what is wanted; what vanishes comes after it.
fn children(before: &Object, after: &Object, path: &dyn Fn(&str) -> Vec<String>) -> Vec<FieldDiff> {
    let vanished = before.keys().filter(|key| !after.contains_key(*key));
    let keys = after.keys().chain(vanished);
    let differing = keys.map(|key| {
        let side = |map: &Object| map.get(key).filter(|value| !value.is_null()).cloned();
        FieldDiff {
            path: path(key),
            before: side(before),
            after: side(after),
            unknown: false,
        }
    });
    differing
        .filter(|field| field.before != field.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::view::field::name_of;
    use crate::cli::view::text;

    #[test]
    fn maps_are_shown_field_by_field_on_both_sides() {
        let diff = |before: Option<Json>, after: Option<Json>| FieldDiff {
            path: vec!["website".into()],
            before,
            after,
            unknown: false,
        };
        let words = |diff: FieldDiff| -> Vec<String> {
            let side = |value: &Option<Json>| value.as_ref().map_or("-".into(), text::value);
            let word =
                |d: &FieldDiff| format!("{} {} {}", name_of(d), side(&d.before), side(&d.after));
            leaves(&diff).iter().map(word).collect()
        };
        let old = json!({ "index": "a", "error": { "page": "e", "status": 404 }, "same": 1, "gone": null });
        let new = json!({ "index": "b", "error": null, "same": 1 });
        assert_eq!(
            words(diff(Some(old.clone()), Some(new))),
            [
                "website.index a b",
                "website.error.page e -",
                "website.error.status 404 -"
            ]
        );
        assert_eq!(
            words(diff(Some(old), None)),
            [
                "website.index a -",
                "website.error.page e -",
                "website.error.status 404 -",
                "website.same 1 -"
            ]
        );
        assert_eq!(
            words(diff(None, Some(json!({ "a": 1 })))),
            ["website.a - 1"]
        );
        assert_eq!(words(diff(Some(json!([1])), None)), ["website [1] -"]);
    }

    #[test]
    fn lists_of_named_maps_are_shown_item_by_item() {
        let routes = |diff: (Json, Json)| {
            let field = FieldDiff {
                path: vec!["routes".into()],
                before: Some(diff.0),
                after: Some(diff.1),
                unknown: false,
            };
            let names = leaves(&field);
            names.iter().map(name_of).collect::<Vec<_>>()
        };
        let (a, b) = (
            json!({ "path": "/a", "to": "x" }),
            json!({ "path": "/b", "to": "y" }),
        );
        let other = json!({ "path": "/a", "to": "z" });
        assert_eq!(
            routes((json!([a, b]), json!([other, b]))),
            ["routes[/a].to"]
        );
        assert_eq!(
            routes((json!([b]), json!([a, b]))),
            ["routes[/a].path", "routes[/a].to"]
        );
        assert_eq!(
            routes((json!([a, b]), json!([a]))),
            ["routes[/b].path", "routes[/b].to"]
        );
        // Only the order, and what has no names of its own, as a whole.
        assert_eq!(routes((json!([a, b]), json!([b, a]))), ["routes"]);
        assert_eq!(routes((json!([a, a]), json!([a]))), ["routes"]);
        assert_eq!(routes((json!([1]), json!([2]))), ["routes"]);
    }
}
