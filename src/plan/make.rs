//! The planner: from goal, state and observation to steps.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{self, Decision};
use super::identity::{self, Identity};
use super::refresh;
use super::{Base, Change, Edits, FieldDiff, Part, Plan, Scope, Step, Which, scope};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::provider::Seen;
use crate::resource::{Graph, KindSpec, Resource, ResourceId, Specs};
use crate::state::{Record, State};

/// What the cloud showed. Predecessors waiting for deletion are not asked about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Each resource asked about: its thing, or the certain absence of one.
    pub things: BTreeMap<ResourceId, Option<Seen>>,
    /// What is there already under the name that a resource will have instead of its present one.
    pub ahead: BTreeMap<ResourceId, Seen>,
}

impl Observed {
    /// Nothing was asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known of a resource's thing: `None` if it was not asked about.
    pub fn get(&self, id: &ResourceId) -> Option<&Option<Seen>> {
        self.things.get(id)
    }

    /// Notes an answer.
    pub fn insert(&mut self, id: ResourceId, answer: Option<Seen>) {
        self.things.insert(id, answer);
    }
}

/// What to do with things that exist and are not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Refuse.
    Refuse,
    /// Take them over.
    Allow,
}

/// What the plan leads to.
#[derive(Debug, Clone, Copy)]
pub struct Goal<'a> {
    /// The wanted resources; the empty graph removes everything.
    pub graph: &'a Graph,
    /// The mark that our things carry.
    pub owner: &'a str,
    /// What to do with things that are not ours.
    pub adoption: Adoption,
    /// The blocks that it is about.
    pub scope: &'a Scope,
    /// Which steps are wanted.
    pub part: Part,
    /// Groups of blocks, one after the other; empty: only needs make an order.
    pub order: &'a [Vec<String>],
}

/// Makes the plan. All that stands against it is reported at once.
pub fn plan(
    goal: &Goal<'_>,
    state: &State,
    seen: &Observed,
    specs: &Specs,
) -> Result<Plan, Diagnostics> {
    let base = Base {
        lineage: state.lineage.clone(),
        serial: state.serial,
    };
    let plan = Plan {
        base,
        steps: Vec::new(),
        drift: BTreeMap::new(),
        unmanaged: BTreeMap::new(),
        running: BTreeMap::new(),
        edits: Edits::default(),
        warnings: Diagnostics::new(),
    };
    let mut planner = Planner {
        goal,
        state,
        specs,
        plan,
        wanted: BTreeMap::new(),
        changed: BTreeMap::new(),
        diagnostics: Diagnostics::new(),
    };
    planner.identify();
    if goal.part != Part::Farewell {
        planner
            .diagnostics
            .extend(goal.scope.missing(goal.graph, state));
    }
    for resource in planner.considered() {
        let Some(spec) = specs.get(&resource.kind) else {
            let detail = format!("`{}` of `{}`", resource.kind, resource.id);
            planner
                .diagnostics
                .push(Diagnostic::error(code::NO_PROVIDER, detail));
            continue;
        };
        let decided = decide::decide(resource, seen, spec, &planner);
        planner.take(resource, decided, seen);
    }
    planner.refreshes();
    planner.plan.in_groups(goal.order);
    planner.deletions(seen);
    let Planner {
        plan, diagnostics, ..
    } = planner;
    diagnostics.into_result(plan).map(|(plan, _)| plan)
}

pub(super) struct Planner<'a> {
    pub(super) goal: &'a Goal<'a>,
    pub(super) state: &'a State,
    pub(super) specs: &'a Specs,
    pub(super) plan: Plan,
    /// What is wanted, by what it will be in the cloud.
    pub(super) wanted: BTreeMap<Identity, ResourceId>,
    /// The step that makes or changes a resource, by resource.
    pub(super) changed: BTreeMap<ResourceId, usize>,
    pub(super) diagnostics: Diagnostics,
}

impl<'a> Planner<'a> {
    /// The wanted resources that the plan is about: what a group waits for comes before it.
    fn considered(&self) -> Vec<&'a Resource> {
        let (goal, places) = (self.goal, scope::places(self.goal.order));
        let is_meant = |r: &&Resource| goal.part != Part::Farewell && goal.scope.covers(&r.id);
        let mut resources: Vec<&Resource> = goal.graph.ordered().filter(is_meant).collect();
        resources.sort_by_key(|r| places.get(r.id.block()).copied());
        resources
    }

    /// An output of a resource as the state has it, unless a step will make it anew.
    pub(super) fn output(&self, id: &ResourceId, path: &str) -> Option<serde_json::Value> {
        let step = self.changed.get(id).map(|&n| &self.plan.steps[n]);
        if step.is_some_and(|step| self.renews(step, path)) {
            return None;
        }
        output(&self.state.records.get(id)?.outputs, path)
    }

    /// Whether an output is another one after a step, or may be.
    fn renews(&self, step: &Step, path: &str) -> bool {
        let output = path.split('.').next().unwrap_or_default();
        let renewed = self.specs.get(&step.kind).map(|spec| &spec.renewed);
        let by = renewed.and_then(|renewed| renewed.get(output));
        let changes = |diff: &FieldDiff| {
            let first = diff.path.first();
            by.is_some_and(|by| first.is_some_and(|name| by.contains(name)))
        };
        match &step.change {
            Change::Create { .. } | Change::Adopt { .. } => true,
            Change::Update { diff } => diff.iter().any(changes),
            Change::Delete { .. } | Change::Forget { .. } | Change::Act { .. } => false,
        }
    }

    fn take(
        &mut self,
        resource: &Resource,
        decided: Result<Decision, Diagnostic>,
        seen: &Observed,
    ) {
        let decision = match decided {
            Ok(decision) => decision,
            Err(diagnostic) => return self.diagnostics.push(diagnostic),
        };
        if !decision.drift.is_empty() {
            self.plan.drift.insert(resource.id.clone(), decision.drift);
        }
        if !decision.unmanaged.is_empty() {
            self.plan
                .unmanaged
                .insert(resource.id.clone(), decision.unmanaged);
        }
        let mut waits: BTreeSet<usize> = resource
            .needs()
            .iter()
            .filter_map(|id| self.changed.get(id).copied())
            .collect();
        if let Some(because) = decision.delete_first {
            waits.extend(self.delete_first(&resource.id, because));
        }
        if matches!(&decision.change, Some(Change::Create { .. })) {
            waits.extend(self.make_room(resource, seen));
        }
        // It may have to go first because what it stands on goes.
        waits.extend(self.first_deletion(&resource.id));
        if let Some(change) = decision.change {
            let step = Step {
                id: resource.id.clone(),
                kind: resource.kind.clone(),
                change,
                resource: Some(resource.clone()),
                before: decision.before,
                waits,
            };
            let number = self.push(step);
            self.changed.insert(resource.id.clone(), number);
        }
    }

    /// The step that deletes a resource's thing before its successor is made.
    pub(super) fn first_deletion(&self, id: &ResourceId) -> Option<usize> {
        let deletes = |s: &Step| s.id == *id && s.change.is_current_delete();
        self.plan.steps.iter().position(deletes)
    }

    /// Deletes a thing whose successor has the same name, and before it what stands on it.
    pub(super) fn delete_first(&mut self, id: &ResourceId, because: String) -> Option<usize> {
        if let Some(found) = self.first_deletion(id) {
            return Some(found);
        }
        let record = self.state.records.get(id)?;
        let dependents: Vec<ResourceId> = self
            .dependents(id)
            .filter(|d| self.goal.scope.covers(d) && self.is_replaced(d))
            .collect();
        let waits = dependents
            .iter()
            .filter_map(|d| self.delete_first(d, format!("`{id}` is made anew")))
            .collect();
        let change = Change::Delete {
            because,
            which: Which::Current,
        };
        let step = Step {
            id: id.clone(),
            kind: record.kind.clone(),
            change,
            resource: None,
            before: None,
            waits,
        };
        Some(self.push(step))
    }

    fn dependents<'s>(&'s self, id: &'s ResourceId) -> impl Iterator<Item = ResourceId> + 's {
        self.state
            .records
            .iter()
            .filter(move |(_, r)| r.after.contains(id))
            .map(|(id, _)| id.clone())
    }

    /// Whether a dependent's own place is lost when what it stands on is deleted: its immutable attributes differ too.
    fn is_replaced(&self, id: &ResourceId) -> bool {
        let (Some(record), Some(wanted)) = (self.state.records.get(id), self.goal.graph.get(id))
        else {
            return false;
        };
        let Some(spec) = self.specs.get(&record.kind) else {
            return false;
        };
        let plain = |name: &String| match wanted.attrs.get(name) {
            Some(crate::resource::Value::Plain(json)) => Some(json.clone()),
            _ => None,
        };
        spec.immutable
            .iter()
            .any(|name| record.attrs.get(name) != plain(name).as_ref())
    }

    /// Notes what each wanted resource will be in the cloud. Two that will be the same thing are refused.
    fn identify(&mut self) {
        for resource in self.goal.graph.ordered() {
            let Some(identity) = identity::of_resource(resource, self.specs) else {
                continue;
            };
            if let Some(other) = self.wanted.insert(identity, resource.id.clone()) {
                let detail = format!(
                    "`{other}` and `{}` are the same {} in the cloud",
                    resource.id, resource.kind
                );
                let mut error = Diagnostic::error(code::SAME_THING, detail)
                    .hint("give one of them another name");
                error.at.clone_from(&resource.at);
                self.diagnostics.push(error);
            }
        }
    }

    /// What the state remembers of a resource: its own record, or that of a resource which is no longer wanted and was the
    /// same thing in the cloud.
    pub(super) fn remembered(&self, resource: &Resource) -> Option<(&ResourceId, &Record)> {
        if let Some(own) = self.state.records.get_key_value(&resource.id) {
            return Some(own);
        }
        let identity = identity::of_resource(resource, self.specs)?;
        let is_same = |(id, record): &(&ResourceId, &Record)| {
            self.goal.graph.get(id).is_none()
                && identity::of_record(record, self.specs).as_ref() == Some(&identity)
        };
        self.state.records.iter().find(is_same)
    }

    pub(super) fn push(&mut self, step: Step) -> usize {
        self.plan.steps.push(step);
        self.plan.steps.len() - 1
    }

    /// Steps that change how a website answers, among those of what a cache needs.
    fn served_anew(&self, cache: &Resource) -> impl Iterator<Item = usize> {
        let is_website = |d: &FieldDiff| {
            d.before.is_some() && d.path.first().is_some_and(|name| name == "website")
        };
        let steps = cache
            .needs()
            .into_iter()
            .filter_map(|id| self.changed.get(&id).copied());
        steps.filter(move |&n| self.plan.steps[n].change.diff().iter().any(is_website))
    }

    /// Things that cache others' items hear of what changed, after it changed.
    fn refreshes(&mut self) {
        for resource in self.considered() {
            let spec = self
                .specs
                .get(&resource.kind)
                .cloned()
                .unwrap_or_else(KindSpec::default);
            let Some(source) = refresh::source(resource, &spec) else {
                continue;
            };
            let source_step = self.changed.get(&source).copied();
            let own_step = self.changed.get(&resource.id).copied();
            if own_step.is_some_and(|n| self.plan.steps[n].change.is_creation()) {
                continue;
            }
            let diff: &[FieldDiff] = source_step.map_or(&[], |n| self.plan.steps[n].change.diff());
            let mut old: Vec<&str> = refresh::changed(diff).collect();
            let remembered = self.state.records.get(&source);
            if source_step.is_some_and(|n| self.plan.steps[n].change.is_creation()) {
                old.extend(
                    remembered
                        .into_iter()
                        .flat_map(|record| refresh::items(&record.attrs)),
                );
            }
            let owed = self.state.records.get(&resource.id).map(|r| &r.owed);
            let mut paths = refresh::paths(resource, &old, owed);
            let served_anew: Vec<usize> = self.served_anew(resource).collect();
            if !served_anew.is_empty() {
                paths = refresh::all();
            }
            if paths.is_empty() {
                continue;
            }
            let step = Step {
                id: resource.id.clone(),
                kind: resource.kind.clone(),
                change: Change::Act {
                    act: "refresh".to_owned(),
                    args: serde_json::json!({ "paths": paths }),
                },
                resource: None,
                before: None,
                waits: source_step
                    .into_iter()
                    .chain(own_step)
                    .chain(served_anew)
                    .collect(),
            };
            self.push(step);
        }
    }
}

impl Change {
    fn is_creation(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

/// An output by dotted path.
pub(crate) fn output(outputs: &crate::resource::Object, path: &str) -> Option<serde_json::Value> {
    let mut keys = path.split('.');
    let first = outputs.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key)).cloned()
}
