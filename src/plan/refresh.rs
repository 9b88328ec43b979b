//! Which paths of a cache must be refreshed because files behind it changed.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::FieldDiff;
use crate::resource::{KindSpec, Resource, ResourceId, Value};

/// The resource whose items this one caches, by the attribute that the kind names.
pub(super) fn source(resource: &Resource, spec: &KindSpec) -> Option<ResourceId> {
    text(resource, spec.refresh_from.as_deref()?).map(ResourceId::new)
}

/// The paths to refresh: of every item that was there and changes or goes, and what an earlier run still owes.
/// A new item needs none: nothing of it can be cached but its absence, and that only for a second.
pub(super) fn paths(resource: &Resource, diff: &[FieldDiff], owed: Option<&BTreeSet<String>>) -> BTreeSet<String> {
    let index = text(resource, "index").unwrap_or("index.html");
    let mut paths: BTreeSet<String> = owed.cloned().unwrap_or_default();
    for change in diff.iter().filter(|d| d.before.is_some()) {
        let [_, key] = change.path.as_slice() else { continue };
        paths.insert(format!("/{key}"));
        if let Some(folder) = key.strip_suffix(index).filter(|f| f.is_empty() || f.ends_with('/')) {
            paths.insert(format!("/{folder}"));
        }
    }
    paths
}

fn text<'a>(resource: &'a Resource, attr: &str) -> Option<&'a str> {
    match resource.attrs.get(attr)? {
        Value::Plain(Json::String(text)) => Some(text),
        _ => None,
    }
}
