//! What goes away: last, dependents first, and only when all else went well; but for what stands in the way (`room`).

use std::collections::{BTreeMap, BTreeSet};

use super::identity;
use super::make::{Observed, Planner};
use super::{Change, Part, Scope, Step, Which};
use crate::diagnostic::{Diagnostic, code};
use crate::resource::ResourceId;
use crate::state::{Record, Status};

/// A thing that goes.
pub(super) struct Going {
    pub(super) id: ResourceId,
    pub(super) record: Record,
    pub(super) which: Which,
}

impl Planner<'_> {
    /// Plans all deletions.
    pub(super) fn deletions(&mut self, seen: &Observed) {
        let before: BTreeSet<usize> = (0..self.plan.steps.len()).collect();
        let mut gone: Vec<(ResourceId, usize)> = Vec::new();
        // Some had to make room already.
        let deleted = self.deleted_first();
        let mut all = self.going();
        all.retain(|going| match &going.which {
            Which::Current => !deleted.contains(&going.id),
            which @ Which::Deposed(_) => !self.is_planned(&going.id, which),
        });
        self.refuse_held(&all);
        for going in dependents_first(all) {
            let mut waits = before.clone();
            waits.extend(
                gone.iter()
                    .filter(|(other, _)| self.stands_on(other, &going.id))
                    .map(|(_, step)| *step),
            );
            let step = Step {
                id: going.id.clone(),
                kind: going.record.kind.clone(),
                change: self.farewell(&going, seen),
                resource: None,
                before: None,
                waits,
            };
            gone.push((going.id, self.push(step)));
        }
    }

    /// Everything remembered that is not wanted, and every predecessor.
    fn going(&self) -> Vec<Going> {
        let unwanted = self.unwanted();
        let unwanted = unwanted.map(|(id, record)| (id.clone(), record, Which::Current));
        let deposed = |(id, record): (ResourceId, &Record)| {
            (id, record.clone(), Which::Deposed(record.remote.clone()))
        };
        let waiting = self
            .state
            .deposed
            .iter()
            .map(|(id, record)| deposed((id.clone(), record)));
        let replaced = self.replaced();
        let replaced = replaced.into_iter().filter_map(|id| {
            let record = self.state.records.get(&id)?;
            Some(deposed((id, record)))
        });
        let unwanted = unwanted.map(|(id, record, which)| (id, record.clone(), which));
        let all = unwanted.chain(waiting).chain(replaced);
        all.filter(|(id, _, _)| self.may_go(id))
            .map(|(id, record, which)| Going { id, record, which })
            .collect()
    }

    /// What is remembered and not wanted.
    pub(super) fn unwanted(&self) -> impl Iterator<Item = (&ResourceId, &Record)> {
        let records = self.state.records.iter();
        records.filter(|(id, _)| self.goal.graph.get(id).is_none())
    }

    /// Whether the run is about a thing, and nothing outside of it keeps the thing.
    pub(super) fn may_go(&self, id: &ResourceId) -> bool {
        let is_free = || self.goal.part == Part::Whole || self.outside_on(id).is_none();
        self.goal.scope.covers(id) && is_free()
    }

    /// A resource outside the scope that stands on this one.
    fn outside_on(&self, id: &ResourceId) -> Option<&ResourceId> {
        let stands = |(other, record): &(&ResourceId, &Record)| {
            !self.goal.scope.covers(other) && record.after.contains(id)
        };
        let mut records = self.state.records.iter();
        records.find(stands).map(|(other, _)| other)
    }

    /// An error for each thing that is to be removed while something outside the run stands on it.
    fn refuse_held(&mut self, all: &[Going]) {
        for going in all.iter().filter(|g| g.which == Which::Current) {
            let Some(other) = self.outside_on(&going.id) else {
                continue;
            };
            let detail = format!(
                "`{}` cannot go: `{other}` stands on it and is not part of this run",
                going.id
            );
            let hint = format!("remove that one first: sdev remove {}", other.block());
            self.diagnostics
                .push(Diagnostic::error(code::OUTSIDE, detail).hint(hint));
        }
    }

    fn is_planned(&self, id: &ResourceId, which: &Which) -> bool {
        let mut steps = self.plan.steps.iter();
        steps.any(|step| step.id == *id && step.change.deletes() == Some(which))
    }

    fn farewell(&self, going: &Going, seen: &Observed) -> Change {
        let heir = self.heir(going);
        match heir.or_else(|| self.successor(&going.record)) {
            Some(heir) => Change::Forget {
                because: format!("it goes on as `{heir}`"),
                which: going.which.clone(),
            },
            None => self.end(going, seen),
        }
    }

    /// The wanted resource that is the same thing in the cloud.
    pub(super) fn heir(&self, going: &Going) -> Option<&ResourceId> {
        let identity = identity::of_record(&going.record, self.specs)?;
        self.wanted.get(&identity)
    }

    /// What becomes of a thing that nobody goes on with.
    pub(super) fn end(&self, going: &Going, seen: &Observed) -> Change {
        let which = going.which.clone();
        match (&which, seen.get(&going.id)) {
            (Which::Deposed(_), _) => Change::Delete {
                because: "its successor is in place".to_owned(),
                which,
            },
            (Which::Current, Some(None)) => Change::Forget {
                because: why_absent(&going.record).to_owned(),
                which,
            },
            (Which::Current, Some(Some(found)))
                if self.is_foreign(found) || self.lies_in_foreign(going, seen) =>
            {
                Change::Forget {
                    because: "it belongs to somebody else by now".to_owned(),
                    which,
                }
            }
            (Which::Current, _) => Change::Delete {
                because: self.why_unwanted().to_owned(),
                which,
            },
        }
    }

    fn why_unwanted(&self) -> &'static str {
        if self.goal.graph.is_empty() {
            match self.goal.scope {
                Scope::All => "everything is removed",
                _ => "it is to be removed",
            }
        } else {
            "it is no longer in the manifest"
        }
    }

    /// Whether something without a mark of its own lies in a thing that carries somebody else's.
    fn lies_in_foreign(&self, going: &Going, seen: &Observed) -> bool {
        let contained = self
            .specs
            .get(&going.record.kind)
            .is_some_and(|spec| spec.contained);
        let holders = going
            .record
            .after
            .iter()
            .filter_map(|id| seen.get(id)?.as_ref());
        contained && holders.into_iter().any(|found| self.is_foreign(found))
    }

    fn is_foreign(&self, found: &crate::provider::Seen) -> bool {
        found
            .owner
            .as_ref()
            .is_some_and(|owner| owner != self.goal.owner)
    }

    /// The resources whose things are deleted before others are made.
    fn deleted_first(&self) -> BTreeSet<ResourceId> {
        let deleted = |step: &&Step| matches!(step.change, Change::Delete { .. });
        let steps = self.plan.steps.iter().filter(deleted);
        steps.map(|step| step.id.clone()).collect()
    }

    /// Resources whose successor is made first.
    fn replaced(&self) -> Vec<ResourceId> {
        let deleted = self.deleted_first();
        let replacing = |s: &&Step| matches!(&s.change, Change::Create { replaces, .. } if !replaces.is_empty());
        self.plan
            .steps
            .iter()
            .filter(replacing)
            .map(|s| s.id.clone())
            .filter(|id| !deleted.contains(id))
            .collect()
    }

    fn stands_on(&self, dependent: &ResourceId, on: &ResourceId) -> bool {
        let recorded = self
            .state
            .records
            .get(dependent)
            .is_some_and(|r| r.after.contains(on));
        recorded
            || self
                .state
                .deposed
                .iter()
                .any(|(id, r)| id == dependent && r.after.contains(on))
    }
}

/// Why a thing that is remembered is not there.
fn why_absent(record: &Record) -> &'static str {
    match record.status {
        Status::Creating { .. } => "it was begun and never made",
        _ => "it is gone already",
    }
}

/// An order in which each comes before what it stands on; circles cannot be (they were refused when made).
fn dependents_first(all: Vec<Going>) -> Vec<Going> {
    let mut counts: BTreeMap<ResourceId, usize> = BTreeMap::new();
    for on in all.iter().flat_map(|g| &g.record.after) {
        *counts.entry(on.clone()).or_default() += 1;
    }
    let (mut rest, mut ordered) = (all, Vec::new());
    while !rest.is_empty() {
        let free = rest
            .iter()
            .position(|g| counts.get(&g.id).copied().unwrap_or(0) == 0)
            .unwrap_or(0);
        let next = rest.remove(free);
        for on in &next.record.after {
            counts
                .entry(on.clone())
                .and_modify(|n| *n = n.saturating_sub(1));
        }
        ordered.push(next);
    }
    ordered
}
