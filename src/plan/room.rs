//! What has to go before another can be made beside it: two HTTP triggers of one version, two that share a bucket's events.

use serde_json::Value as Json;

use super::deletion::Going;
use super::make::{Observed, Planner};
use super::{Change, Which};
use crate::resource::{KindSpec, Resource, ResourceId, Value};
use crate::state::Record;

impl Planner<'_> {
    /// The steps that delete what is no longer wanted and would stand in the way of a resource that is made.
    pub(super) fn make_room(&mut self, resource: &Resource, seen: &Observed) -> Vec<usize> {
        let spec = self.specs.get(&resource.kind);
        let Some(spec) = spec.filter(|spec| !spec.exclusive.is_empty()) else {
            return Vec::new();
        };
        let in_the_way = self
            .unwanted()
            .filter(|(id, record)| stands_in_the_way(record, resource, spec) && self.may_go(id));
        let going = in_the_way.map(|(id, record)| Going {
            id: id.clone(),
            record: record.clone(),
            which: Which::Current,
        });
        let gone: Vec<ResourceId> = going
            .filter(|going| matches!(self.farewell(going, seen), Change::Delete { .. }))
            .map(|going| going.id)
            .collect();
        let because = format!("`{}` takes its place", resource.id);
        gone.iter()
            .filter_map(|id| self.delete_first(id, because.clone()))
            .collect()
    }
}

/// Whether a thing that goes agrees with a new one in all that only one of them can have.
fn stands_in_the_way(record: &Record, resource: &Resource, spec: &KindSpec) -> bool {
    let absent = Json::Null;
    let agrees = |name: &String| {
        let default = || spec.defaults.get(name).unwrap_or(&absent);
        let there = record.attrs.get(name).unwrap_or_else(default);
        match resource.attrs.get(name) {
            Some(Value::Plain(wanted)) => wanted == there,
            Some(_) => false,
            None => default() == there,
        }
    };
    record.kind == resource.kind && spec.exclusive.iter().all(agrees)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::plan::tests::{applied, make, resource, told};
    use crate::resource::Graph;

    #[test]
    fn what_would_stand_in_the_way_goes_before_what_is_made() {
        let bells = |bells: &[(&str, Json)]| {
            let bell = |(id, attrs): &(&str, Json)| resource(id, "bell", attrs.clone(), &[]);
            Graph::build(bells.iter().map(bell).collect::<Vec<_>>()).unwrap()
        };
        let old = [
            ("s.a", json!({"name": "a", "of": "door"})),
            (
                "s.b",
                json!({"name": "b", "of": "gate", "version": "latest"}),
            ),
        ];
        let (state, mut seen) = applied(&bells(&old));
        let new = bells(&[
            (
                "s.c",
                json!({"name": "c", "of": "door", "version": "latest"}),
            ),
            ("s.d", json!({"name": "d", "of": "gate", "version": "1"})),
        ]);
        let plan = make(&new, &state, &seen).unwrap();
        let wanted = ["s.a delete", "s.c create", "s.d create", "s.b delete"];
        assert_eq!(told(&plan), wanted);
        assert_eq!(plan.steps[1].waits, BTreeSet::from([0]));
        assert!(plan.steps[2].waits.is_empty());
        // What is gone already stands in nobody's way.
        seen.insert("s.a".into(), None);
        let plan = make(&new, &state, &seen).unwrap();
        assert_eq!(told(&plan)[0], "s.c create");
        assert!(told(&plan).contains(&"s.a forget".to_owned()));
    }
}
