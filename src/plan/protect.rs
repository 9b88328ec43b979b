//! Protected blocks: no plan deletes or replaces what is theirs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Goal, Plan, Step};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::resource::ResourceId;
use crate::state::State;

/// What the manifest says of protection.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    /// All blocks of the manifest, and where they are.
    pub blocks: BTreeMap<String, Span>,
    /// The protected ones, and where that is said.
    pub protected: BTreeMap<String, Span>,
}

/// Notes in the plan whose protection begins and ends, and refuses one that takes away what is protected: by the manifest,
/// or by the state as long as the manifest does not have the block or everything is to go.
pub fn protect(
    plan: &mut Plan,
    protection: &Protection,
    goal: &Goal<'_>,
    state: &State,
) -> Result<(), Diagnostics> {
    let is_protected = |id: &ResourceId| protection.protected.contains_key(id.block());
    let wanted = goal.graph.ordered().map(|resource| &resource.id);
    plan.edits.protected = wanted.filter(|id| is_protected(id)).cloned().collect();
    for (id, record) in &state.records {
        if goal.graph.get(id).is_none() || !goal.scope.covers(id) {
            continue;
        }
        match (record.protected, is_protected(id)) {
            (false, true) => drop(plan.edits.protect.insert(id.clone())),
            (true, false) => drop(plan.edits.release.insert(id.clone())),
            _ => {}
        }
    }
    let removes_all = goal.graph.is_empty();
    let remembers = |id: &ResourceId| {
        let decides = !removes_all && protection.blocks.contains_key(id.block());
        !decides && state.records.get(id).is_some_and(|r| r.protected)
    };
    let mut told = BTreeSet::new();
    let mut diagnostics = Diagnostics::new();
    for step in plan.steps.iter().filter(|step| takes_away(step)) {
        let id = &step.id;
        if (is_protected(id) || remembers(id)) && told.insert(id) {
            let replaced = plan.replacements().find(|other| other.id == *id);
            diagnostics.push(refused(replaced.unwrap_or(step), protection));
        }
    }
    diagnostics.into_result(()).map(|((), _)| ())
}

/// Whether the step ends the thing that a resource stands for.
pub(super) fn takes_away(step: &Step) -> bool {
    match &step.change {
        Change::Create { replaces, .. } => !replaces.is_empty(),
        change => change.is_current_delete(),
    }
}

fn refused(step: &Step, protection: &Protection) -> Diagnostic {
    let block = step.id.block();
    let fate = match &step.change {
        Change::Create { replaces, .. } => {
            format!("replaced: {} cannot change in place", replaces.join(", "))
        }
        Change::Delete { because, .. } => format!("deleted: {because}"),
        _ => "taken away".to_owned(),
    };
    let detail = format!("`{}` ({}) would be {fate}", step.id, step.kind);
    let mut error = Diagnostic::error(code::PROTECTED, detail);
    error.at = protection.blocks.get(block).cloned();
    match (protection.protected.get(block), &error.at) {
        (Some(line), Some(_)) => error
            .related(line.clone(), "protected here")
            .hint(format!("if it may go: take `{block}` out of `sdev.protect`, and deploy")),
        _ => error.hint(format!(
            "if it may go: deploy once with the resource `{block}` in the manifest and not under `sdev.protect`"
        )),
    }
}
