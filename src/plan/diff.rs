//! What differs between two sets of attributes.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Facts;
use crate::resource::{KindSpec, Object, differ_in_key, is_sealed};

/// One difference. `path` leads to it from the attributes' root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDiff {
    /// Keys from the root, such as `["files", "index.html"]`.
    pub path: Vec<String>,
    /// What is there; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// What shall be there; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
    /// Whether `after` is only known once other changes are done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

impl FieldDiff {
    /// Whether it is the same secret with a fingerprint of another key.
    pub(super) fn is_renewed(&self) -> bool {
        let sides = self.before.as_ref().zip(self.after.as_ref());
        sides.is_some_and(|(before, after)| differ_in_key(before, after))
    }
}

/// All differences from `before` to `after` by the kind's rules: local attributes do not count, absent ones have the
/// kind's default, items differ one by one, maps differ at their leaves, anything else as a whole.
pub fn diff(before: &Facts<'_>, after: &Facts<'_>, spec: &KindSpec) -> Vec<FieldDiff> {
    let mut found = Vec::new();
    let mut names: Vec<&str> = before.names().chain(after.names()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().filter(|n| !spec.local.contains(*n)) {
        let default = spec.defaults.get(name);
        let (old, new) = (
            present(before.get(name)).or(default),
            present(after.get(name)).or(default),
        );
        let depth = if spec.items.contains(name) {
            Depth::Items
        } else {
            Depth::Leaves
        };
        compare(&mut vec![name.to_owned()], old, new, depth, &mut found);
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// The children are items: each differs as a whole.
    Items,
    /// Down to the leaves.
    Leaves,
    /// As a whole.
    Whole,
}

/// `null` is the same as absent.
fn present(value: Option<&Json>) -> Option<&Json> {
    value.filter(|v| !v.is_null())
}

fn compare(
    path: &mut Vec<String>,
    old: Option<&Json>,
    new: Option<&Json>,
    depth: Depth,
    found: &mut Vec<FieldDiff>,
) {
    if old == new {
        return;
    }
    let empty = Object::new();
    let maps = match (old, new) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => Some((old, new)),
        // Items appear and vanish one by one, even when all of them do.
        (None, Some(Json::Object(new))) if depth == Depth::Items => Some((&empty, new)),
        (Some(Json::Object(old)), None) if depth == Depth::Items => Some((old, &empty)),
        _ => None,
    };
    // A sealed text looks like a map and is one value.
    let whole = depth == Depth::Whole || [old, new].into_iter().flatten().any(is_sealed);
    let Some((old_map, new_map)) = maps.filter(|_| !whole) else {
        found.push(FieldDiff {
            path: path.clone(),
            before: old.cloned(),
            after: new.cloned(),
            unknown: false,
        });
        return;
    };
    let mut keys: Vec<&String> = old_map
        .keys()
        .chain(new_map.keys().filter(|k| !old_map.contains_key(*k)))
        .collect();
    keys.sort();
    let below = if depth == Depth::Items {
        Depth::Whole
    } else {
        Depth::Leaves
    };
    for key in keys {
        path.push(key.clone());
        compare(
            path,
            present(old_map.get(key)),
            present(new_map.get(key)),
            below,
            found,
        );
        path.pop();
    }
}
