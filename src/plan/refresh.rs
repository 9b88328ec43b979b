//! Which paths of a cache must be refreshed because files behind it changed.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::FieldDiff;
use crate::resource::{KindSpec, Object, Resource, ResourceId, Value};

/// The resource whose items this one caches, by the attribute that the kind names.
pub(super) fn source(resource: &Resource, spec: &KindSpec) -> Option<ResourceId> {
    text(resource, spec.refresh_from.as_deref()?).map(ResourceId::new)
}

/// Items that were there and change or go. A new item needs no refresh: nothing of it can be cached but its absence,
/// and that only for a second.
pub(super) fn changed(diff: &[FieldDiff]) -> impl Iterator<Item = &str> {
    diff.iter()
        .filter(|d| d.before.is_some())
        .filter_map(|d| match d.path.as_slice() {
            [_, key] => Some(key.as_str()),
            _ => None,
        })
}

/// All items that a thing is remembered to hold.
pub(super) fn items(attrs: &Object) -> impl Iterator<Item = &str> {
    attrs
        .values()
        .filter_map(Json::as_object)
        .flat_map(|items| items.keys().map(String::as_str))
}

/// The path that stands for everything.
const ALL: &str = "/*";

/// The paths of these items, those of folders that an index document stands for, and what an earlier run still owes.
pub(super) fn paths(
    resource: &Resource,
    keys: &[&str],
    owed: Option<&BTreeSet<String>>,
) -> BTreeSet<String> {
    let index = text(resource, "index").unwrap_or("index.html");
    let mut paths: BTreeSet<String> = owed.cloned().unwrap_or_default();
    let fallback = text(resource, "fallback");
    for key in keys {
        // The document that answers unknown paths is cached under any of them.
        if fallback == Some(key) {
            return BTreeSet::from([ALL.to_owned()]);
        }
        paths.insert(format!("/{key}"));
        if let Some(folder) = key
            .strip_suffix(index)
            .filter(|f| f.is_empty() || f.ends_with('/'))
        {
            paths.insert(format!("/{folder}"));
        }
    }
    if paths.contains(ALL) {
        return BTreeSet::from([ALL.to_owned()]);
    }
    paths
}

/// Everything, when how the items are served has changed.
pub(super) fn all() -> BTreeSet<String> {
    BTreeSet::from([ALL.to_owned()])
}

fn text<'a>(resource: &'a Resource, attr: &str) -> Option<&'a str> {
    match resource.attrs.get(attr)? {
        Value::Plain(Json::String(text)) => Some(text),
        _ => None,
    }
}
