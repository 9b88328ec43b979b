//! How a step's beginning and end change the state.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::run::{Call, Outcome};
use crate::plan::{Change, Step, Which};
use crate::provider::ErrorKind;
use crate::resource::{Object, Specs};
use crate::state::{Record, State, Status};

/// The record that stands while a change runs, and the predecessor that it puts aside.
pub(super) fn meanwhile(call: &Call<'_>, state: &State, specs: &Specs) -> (Record, Option<Record>) {
    let step = call.step;
    let old = match &step.change {
        Change::Adopt { was: Some(was), .. } => state.records.get(was),
        _ => state.records.get(&step.id),
    };
    let needs = step
        .resource
        .as_ref()
        .map(crate::resource::Resource::needs)
        .unwrap_or_default();
    let fresh = |attrs: Object, status: Status| Record {
        kind: step.kind.clone(),
        remote: old.and_then(|r| r.remote.clone()),
        attrs,
        outputs: old.map(|r| r.outputs.clone()).unwrap_or_default(),
        after: needs.clone(),
        status,
        owed: old.map(|r| r.owed.clone()).unwrap_or_default(),
        pending: old.map(|r| r.pending.clone()).unwrap_or_default(),
        protected: old.is_some_and(|r| r.protected),
        manifest: old.and_then(|r| r.manifest.clone()),
    };
    match &step.change {
        Change::Create { replaces, .. } => {
            let attrs = kept(&call.attrs, step, specs, Items::Drop);
            let mut record = fresh(
                attrs,
                Status::Creating {
                    token: call.token.clone(),
                },
            );
            record.remote = None;
            record.outputs = Object::new();
            record.pending = pending(step, specs);
            let puts_aside = !replaces.is_empty();
            (record, old.filter(|_| puts_aside).cloned())
        }
        Change::Update { .. } | Change::Adopt { .. } => {
            let mut record = fresh(step.before.clone().unwrap_or_default(), Status::Updating);
            record.pending.extend(pending(step, specs));
            (record, None)
        }
        Change::Delete { .. } | Change::Forget { .. } | Change::Act { .. } => {
            let status = if matches!(step.change, Change::Act { .. }) {
                Status::Ready
            } else {
                Status::Deleting
            };
            let record = old
                .cloned()
                .unwrap_or_else(|| fresh(call.attrs.clone(), Status::Ready));
            (Record { status, ..record }, None)
        }
    }
}

/// The items that a step will make.
fn pending(step: &Step, specs: &Specs) -> BTreeSet<String> {
    let Some(spec) = specs.get(&step.kind) else {
        return BTreeSet::new();
    };
    let made = step.change.diff().iter().filter(|d| d.after.is_some());
    let keys = made.filter_map(|d| match d.path.as_slice() {
        [attr, key] if spec.items.contains(attr) => Some(key.clone()),
        _ => None,
    });
    keys.collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Items {
    Keep,
    /// Items count as there only when each is done.
    Drop,
}

/// The attributes that the state keeps: not those that only steer the apply on this machine.
fn kept(attrs: &Object, step: &Step, specs: &Specs, items: Items) -> Object {
    let mut attrs = attrs.clone();
    if let Some(spec) = specs.get(&step.kind) {
        attrs.retain(|name, _| {
            !spec.local.contains(name) && (items == Items::Keep || !spec.items.contains(name))
        });
    }
    attrs
}

/// Writes a good end into the state.
pub(super) fn settle(call: &Call<'_>, outcome: Outcome, state: &mut State, specs: &Specs) {
    let id = &call.step.id;
    match (outcome, &call.step.change) {
        (Outcome::Made(made), _) => {
            let Some(record) = state.records.get_mut(id) else {
                return;
            };
            record.remote = Some(made.id);
            record.outputs = made.outputs;
            record.attrs = kept(&call.attrs, call.step, specs, Items::Keep);
            record.status = Status::Ready;
            record.pending.clear();
        }
        (Outcome::Gone, change) if *change.which() != Which::Current => {
            let remote = call.record.as_ref().and_then(|r| r.remote.as_ref());
            state
                .deposed
                .retain(|(i, r)| i != id || r.remote.as_ref() != remote);
            state.forget_idle_origins();
        }
        (Outcome::Gone, _) => {
            state.records.remove(id);
            state.forget_idle_origins();
        }
        (Outcome::Acted, _) => {
            if let Some(record) = state.records.get_mut(id) {
                record.owed.clear();
            }
        }
    }
}

/// Writes a failure into the state. Where somebody else holds the name, nothing of ours was made; any other failure may
/// have left a part behind, so the intent stays.
pub(super) fn give_up(call: &Call<'_>, kind: ErrorKind, state: &mut State, specs: &Specs) {
    let taken = kind == ErrorKind::Conflict;
    let Change::Create { .. } = call.step.change else {
        return;
    };
    let items = specs
        .get(&call.step.kind)
        .is_some_and(|spec| spec.contained && !spec.items.is_empty());
    if taken && !items {
        state.records.remove(&call.step.id);
        if let Some(at) = state
            .deposed
            .iter()
            .rposition(|(id, _)| *id == call.step.id)
        {
            let (id, old) = state.deposed.remove(at);
            state.records.insert(id, old);
        }
    }
}

/// Notes in the state what caches must be told once the files behind them have changed.
pub(super) fn owe(steps: &[Step], state: &mut State) {
    for step in steps {
        let Change::Act { args, .. } = &step.change else {
            continue;
        };
        let paths = args
            .get("paths")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let paths: BTreeSet<String> = paths
            .filter_map(|p| p.as_str().map(str::to_owned))
            .collect();
        if let Some(record) = state.records.get_mut(&step.id) {
            record.owed.extend(paths);
        }
    }
}
