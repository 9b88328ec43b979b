//! What is there: what the state remembers, corrected by what the cloud shows.

use serde_json::Value as Json;

use crate::resource::{KindSpec, Object};

/// The attributes of a thing that is there. The cloud shows only part of them; where it shows something, it is right.
/// Returned beside it: per items attribute, the items that nobody of us knows.
pub fn current(remembered: &Object, seen: &Object, spec: &KindSpec) -> (Object, Vec<String>) {
    let mut attrs = remembered.clone();
    let mut unmanaged = Vec::new();
    for (name, shown) in seen {
        match (attrs.get_mut(name), shown) {
            (Some(Json::Object(known)), Json::Object(shown)) if spec.items.contains(name) => {
                unmanaged.extend(correct_items(known, shown));
            }
            (None, Json::Object(shown)) if spec.items.contains(name) => unmanaged.extend(shown.keys().cloned()),
            _ => drop(attrs.insert(name.clone(), shown.clone())),
        }
    }
    (attrs, unmanaged)
}

/// Known items that vanished are dropped, changed ones get what is shown; unknown ones are returned.
fn correct_items(known: &mut Object, shown: &Object) -> Vec<String> {
    known.retain(|key, _| shown.contains_key(key));
    let mut unmanaged = Vec::new();
    for (key, item) in shown {
        match known.get_mut(key) {
            Some(entry) => correct_item(entry, item),
            None => unmanaged.push(key.clone()),
        }
    }
    unmanaged
}

/// If any shown field differs the item was changed elsewhere, and what the cloud does not show of it is unknown.
fn correct_item(entry: &mut Json, shown: &Json) {
    let same = match (entry.as_object(), shown.as_object()) {
        (Some(entry), Some(shown)) => shown.iter().all(|(k, v)| entry.get(k) == Some(v)),
        _ => entry == shown,
    };
    if !same {
        *entry = shown.clone();
    }
}
