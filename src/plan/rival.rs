//! Several manifests of one name share a state: what a plan of one takes away of what another one describes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, identity, protect};
use crate::resource::{Graph, Resource, ResourceId, Specs};
use crate::state::{Record, State};

/// What a manifest describes, as far as that can be told.
#[derive(Debug, Default)]
pub enum Described {
    /// These resources.
    Resources(Graph),
    /// What becomes of its blocks cannot be told: only their names are known.
    Blocks(BTreeSet<String>),
    /// It cannot be read.
    #[default]
    Anything,
}

impl Described {
    fn get(&self, id: &ResourceId) -> Option<&Resource> {
        match self {
            Self::Resources(graph) => graph.get(id),
            Self::Blocks(_) | Self::Anything => None,
        }
    }

    /// Whether it may describe this resource, be it as another thing in the cloud.
    fn may_have(&self, id: &ResourceId, record: &Record, specs: &Specs) -> bool {
        match self {
            Self::Resources(_) => self.get(id).is_some() || self.has_as_it_is(id, record, specs),
            Self::Blocks(names) => names.contains(id.block()),
            Self::Anything => true,
        }
    }

    /// Whether it certainly describes the very thing of a record, under whatever name in the manifest.
    fn has_as_it_is(&self, id: &ResourceId, record: &Record, specs: &Specs) -> bool {
        let Self::Resources(graph) = self else {
            return false;
        };
        let remembered = identity::of_record(record, specs);
        let is_it = |wanted: &Resource| match (&remembered, identity::of_resource(wanted, specs)) {
            (Some(remembered), Some(wanted)) => *remembered == wanted,
            // Its name is known only once what it stands on is there.
            _ => wanted.id == *id && wanted.kind == record.kind,
        };
        graph.ordered().any(is_it)
    }
}

/// Whether two manifests want the same of a resource, but for what changes in place.
fn is_agreed(a: &Resource, b: &Resource, specs: &Specs) -> bool {
    let Some(spec) = specs.get(&a.kind).filter(|_| a.kind == b.kind) else {
        return false;
    };
    let mut fixed = spec.immutable.iter();
    fixed.all(|name| a.attrs.get(name) == b.attrs.get(name))
}

/// What the plan takes away of what one of the `others` described last and may describe still, and what `own` does not
/// describe as it is; by the other's file name.
pub fn lost<'a>(
    plan: &'a Plan,
    state: &'a State,
    (own, others): (&Described, &BTreeMap<String, Option<Described>>),
    specs: &Specs,
) -> BTreeMap<&'a str, Vec<(&'a ResourceId, &'a Record)>> {
    let mut lost: BTreeMap<&str, Vec<(&ResourceId, &Record)>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for step in plan.steps.iter().filter(|step| protect::takes_away(step)) {
        let Some(record) = state.records.get(&step.id) else {
            continue;
        };
        let Some(file) = &record.manifest else {
            continue;
        };
        let Some(Some(other)) = others.get(file) else {
            continue;
        };
        let id = &step.id;
        let is_replaced = plan.replacements().any(|step| step.id == *id);
        let is_kept = !is_replaced && own.has_as_it_is(id, record, specs);
        let both = own.get(id).zip(other.get(id));
        let is_lost = !is_kept
            && other.may_have(id, record, specs)
            && !both.is_some_and(|(own, other)| is_agreed(own, other, specs));
        // A replacement may be two steps.
        if is_lost && told.insert(id) {
            lost.entry(file).or_default().push((id, record));
        }
    }
    lost
}
