//! What has to go before another can be made beside it: two HTTP triggers of one version, two that share a bucket's events, a
//! domain and its routes.

use serde_json::Value as Json;

use super::deletion::Going;
use super::make::{Observed, Planner};
use super::{Change, Step, Which};
use crate::resource::{Exclusive, KindSpec, Resource, ResourceId, Value};
use crate::state::Record;

impl Planner<'_> {
    /// The steps that delete what would stand in the way of a resource that is made: what is no longer wanted, or is to be
    /// another thing.
    pub(super) fn make_room(&mut self, resource: &Resource, seen: &Observed) -> Vec<usize> {
        let spec = self.specs.get(&resource.kind);
        let Some(spec) = spec.filter(|spec| !spec.exclusive.is_empty()) else {
            return Vec::new();
        };
        let is_in_the_way = |(id, record): &(&ResourceId, &Record)| {
            **id != resource.id && stands_in_the_way(record, resource, spec) && self.may_go(id)
        };
        let records = self.state.records.iter().filter(is_in_the_way);
        let current = records.map(|(id, record)| (id, record, Which::Current));
        let deposed = self.state.deposed.iter().map(|(id, record)| (id, record));
        let deposed = deposed.filter(is_in_the_way);
        let deposed =
            deposed.map(|(id, record)| (id, record, Which::Deposed(record.remote.clone())));
        let going = current.chain(deposed).map(|(id, record, which)| Going {
            id: id.clone(),
            record: record.clone(),
            which,
        });
        let gone: Vec<Going> = going.filter(|going| self.has_to_go(going, seen)).collect();
        let because = format!("`{}` takes its place", resource.id);
        gone.into_iter()
            .filter_map(|going| self.clear(going, because.clone()))
            .collect()
    }

    /// Whether a thing of another kind goes before a resource is made, of which the resource is only a part: what is seen of it is
    /// not there any more by then.
    pub(super) fn loses_its_place(&self, resource: &Resource) -> bool {
        let rules = self.specs.get(&resource.kind).into_iter();
        let mut parts = rules
            .flat_map(|spec| spec.exclusive.iter().map(move |rule| (rule, spec)))
            .filter(|(rule, _)| rule.other.is_some() && !rule.covers);
        parts.any(|(rule, spec)| {
            self.unwanted()
                .any(|(id, record)| excludes(rule, record, (resource, spec)) && self.may_go(id))
        })
    }

    fn has_to_go(&self, going: &Going, seen: &Observed) -> bool {
        let is_wanted = self.goal.graph.get(&going.id).is_some();
        match going.which {
            Which::Current if is_wanted => self.moves(&going.id),
            _ => {
                self.heir(going).is_none() && matches!(self.end(going, seen), Change::Delete { .. })
            }
        }
    }

    /// Whether it is certain that a thing becomes another: what cannot change in place is to have another value.
    fn moves(&self, id: &ResourceId) -> bool {
        let (record, wanted) = (self.state.records.get(id), self.goal.graph.get(id));
        let differs = |record: &Record, wanted: &Resource, name: &String| {
            matches!((record.attrs.get(name), wanted.attrs.get(name)),
                (Some(there), Some(Value::Plain(wanted))) if there != wanted)
        };
        record.zip(wanted).is_some_and(|(record, wanted)| {
            let spec = self.specs.get(&record.kind);
            let mut fixed = spec.into_iter().flat_map(|spec| &spec.immutable);
            fixed.any(|name| differs(record, wanted, name))
        })
    }

    /// The step that deletes it; one whose successor is there already is its predecessor by then.
    fn clear(&mut self, going: Going, because: String) -> Option<usize> {
        let successor = self.changed.get(&going.id).copied();
        let which = match (going.which, successor) {
            (Which::Current, None) => return self.delete_first(&going.id, because),
            (Which::Current, Some(_)) => Which::Deposed(going.record.remote),
            (deposed, _) => deposed,
        };
        let change = Change::Delete { because, which };
        let is_same =
            |step: &Step| step.id == going.id && step.change.deletes() == change.deletes();
        if let Some(found) = self.plan.steps.iter().position(is_same) {
            return Some(found);
        }
        Some(self.push(Step {
            id: going.id,
            kind: going.record.kind,
            change,
            resource: None,
            before: None,
            waits: successor.into_iter().collect(),
        }))
    }

    /// The wanted resource of another kind that is the same thing in the cloud as one that goes.
    pub(super) fn successor(&self, record: &Record) -> Option<&ResourceId> {
        let is_same = |resource: &&Resource| {
            let Some(spec) = self.specs.get(&resource.kind) else {
                return false;
            };
            let mut others = spec.exclusive.iter().filter(|rule| rule.other.is_some());
            others.any(|rule| excludes(rule, record, (resource, spec)))
        };
        let found = self.goal.graph.ordered().find(is_same);
        found.map(|resource| &resource.id)
    }
}

/// Whether a thing that is there and one that is wanted cannot be there at the same time.
pub(super) fn stands_in_the_way(record: &Record, resource: &Resource, spec: &KindSpec) -> bool {
    let mut rules = spec.exclusive.iter();
    rules.any(|rule| excludes(rule, record, (resource, spec)))
}

fn excludes(rule: &Exclusive, record: &Record, (resource, spec): (&Resource, &KindSpec)) -> bool {
    let absent = Json::Null;
    let default = |name: &str| spec.defaults.get(name).unwrap_or(&absent);
    let there = |name: &str| record.attrs.get(name).unwrap_or_else(|| default(name));
    let wanted = |name: &str| match resource.attrs.get(name) {
        Some(Value::Plain(wanted)) => Some(wanted),
        Some(_) => None,
        None => Some(default(name)),
    };
    let kind = rule.other.as_ref().unwrap_or(&resource.kind);
    let mut among = rule.among.iter();
    let mut agree = rule.agree.iter();
    record.kind == *kind
        && among.all(|(name, value)| there(name) == value && wanted(name) == Some(value))
        && agree.all(|name| wanted(name) == Some(there(name)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::plan::tests::{OWNER, applied, make, object, resource, told};
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

    #[test]
    fn one_that_becomes_another_goes_before_its_place_is_taken() {
        let bells = |bells: &[(&str, Json)]| {
            let bell = |(id, attrs): &(&str, Json)| resource(id, "bell", attrs.clone(), &[]);
            Graph::build(bells.iter().map(bell).collect::<Vec<_>>()).unwrap()
        };
        let bell = |name: &str, of: &str| json!({ "name": name, "of": of });
        let (state, seen) = applied(&bells(&[
            ("s.a", bell("a", "door")),
            ("s.b", bell("b", "gate")),
        ]));
        // Its own successor.
        let renamed = bells(&[("s.a", bell("c", "door")), ("s.b", bell("b", "gate"))]);
        let plan = make(&renamed, &state, &seen).unwrap();
        assert_eq!(told(&plan), ["s.a delete", "s.a create"]);
        assert_eq!(plan.steps[1].waits, BTreeSet::from([0]));
        // Another whose own place changes, decided before or after.
        for (early, late) in [("s.a", "s.z"), ("s.z", "s.a")] {
            let (state, seen) = applied(&bells(&[(late, bell("l", "door"))]));
            let moved = bells(&[(early, bell("e", "door")), (late, bell("m", "gate"))]);
            let plan = make(&moved, &state, &seen).unwrap();
            let steps = told(&plan);
            let place = |wanted: String| steps.iter().position(|step| *step == wanted).unwrap();
            let taken = place(format!("{early} create"));
            let gone = place(format!("{late} delete"));
            assert!(plan.steps[taken].waits.contains(&gone), "{steps:?}");
            assert_eq!(steps.len(), 3, "{steps:?}");
        }
        // One that stays is left alone.
        let more = bells(&[("s.a", bell("a", "door")), ("s.n", bell("n", "door"))]);
        let plan = make(&more, &state, &seen).unwrap();
        assert!(!told(&plan).contains(&"s.a delete".to_owned()));
    }

    #[test]
    fn what_goes_on_as_another_kind_is_not_deleted_and_what_is_only_a_part_is_made_anew() {
        let of = |id: &str, kind: &str| {
            let attrs = json!({ "name": "door" });
            Graph::build([resource(id, kind, attrs, &[])]).unwrap()
        };
        let (state, mut seen) = applied(&of("s.a", "bell"));
        let there = crate::provider::Seen {
            attrs: object(json!({ "name": "door" })),
            owner: Some(OWNER.to_owned()),
        };
        seen.insert("s.g".into(), Some(there));
        let whole = make(&of("s.g", "chime"), &state, &seen).unwrap();
        assert_eq!(told(&whole), ["s.g adopt", "s.a forget"]);
        let part = make(&of("s.g", "clapper"), &state, &seen).unwrap();
        assert_eq!(told(&part), ["s.a delete", "s.g create"]);
        assert_eq!(part.steps[1].waits, BTreeSet::from([0]));
        // What is gone already is not deleted.
        seen.insert("s.a".into(), None);
        seen.insert("s.g".into(), None);
        let part = make(&of("s.g", "clapper"), &state, &seen).unwrap();
        assert_eq!(told(&part), ["s.g create", "s.a forget"]);
    }
}
