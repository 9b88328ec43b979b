//! What a resource is in the cloud: its kind and the attributes that name it.

use serde_json::Value as Json;

use crate::resource::{Kind, KindSpec, Object, Resource, Specs, Value};
use crate::state::Record;

/// Kind and name. Two resources with the same identity are one thing.
pub(super) type Identity = (Kind, Vec<String>);

/// The identity of a wanted resource, when its name is known.
pub(super) fn of_resource(resource: &Resource, specs: &Specs) -> Option<Identity> {
    let plain = |name: &str| match resource.attrs.get(name) {
        Some(Value::Plain(json)) => Some(json),
        _ => None,
    };
    identity(&resource.kind, specs.get(&resource.kind)?, &plain)
}

/// The identity of a remembered thing.
pub(super) fn of_record(record: &Record, specs: &Specs) -> Option<Identity> {
    let attrs: &Object = &record.attrs;
    identity(&record.kind, specs.get(&record.kind)?, &|name| {
        attrs.get(name)
    })
}

fn identity<'a>(
    kind: &Kind,
    spec: &KindSpec,
    attr: &dyn Fn(&str) -> Option<&'a Json>,
) -> Option<Identity> {
    let names: Option<Vec<String>> = spec
        .identity
        .iter()
        .map(|name| attr(name).map(Json::to_string))
        .collect();
    names
        .filter(|names| !names.is_empty())
        .map(|names| (kind.clone(), names))
}
