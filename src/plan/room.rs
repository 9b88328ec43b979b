//! What has to go before another can be made beside it: two HTTP triggers of one version, two that share a bucket's events.

use serde_json::Value as Json;

use super::deletion::Going;
use super::make::{Observed, Planner};
use super::{Change, Which};
use crate::resource::{KindSpec, Resource, ResourceId, Value};

impl Planner<'_> {
    /// The steps that delete what is no longer wanted and would stand in the way of a resource that is made.
    pub(super) fn make_room(&mut self, resource: &Resource, seen: &Observed) -> Vec<usize> {
        let Some(spec) = self.specs.get(&resource.kind) else {
            return Vec::new();
        };
        let in_the_way: Vec<ResourceId> = self
            .going()
            .into_iter()
            .filter(|going| {
                going.which == Which::Current && stands_in_the_way(going, resource, spec)
            })
            .filter(|going| matches!(self.farewell(going, seen), Change::Delete { .. }))
            .map(|going| going.id)
            .collect();
        let because = format!("`{}` takes its place", resource.id);
        let gone = |id: &ResourceId| self.delete_first(id, because.clone());
        in_the_way.iter().filter_map(gone).collect()
    }
}

/// Whether a thing that goes agrees with a new one in all that only one of them can have.
fn stands_in_the_way(going: &Going, resource: &Resource, spec: &KindSpec) -> bool {
    let absent = Json::Null;
    let agrees = |name: &String| {
        let default = || spec.defaults.get(name).unwrap_or(&absent);
        let there = going.record.attrs.get(name).unwrap_or_else(default);
        match resource.attrs.get(name) {
            Some(Value::Plain(wanted)) => wanted == there,
            Some(_) => false,
            None => default() == there,
        }
    };
    going.record.kind == resource.kind
        && !spec.exclusive.is_empty()
        && spec.exclusive.iter().all(agrees)
}
