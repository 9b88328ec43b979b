//! What the key `sdev` of a manifest means for the planner.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::Manifest;
use crate::own::{self, Own, Rule};
use crate::plan::{self, Move, Plan, Protection, Step};
use crate::state::State;

/// The moves to make.
pub fn moves(own: &Own) -> Vec<Move> {
    let word = |moved: &own::Move| Move {
        from: moved.from.clone(),
        to: moved.to.clone(),
        at: moved.at.clone(),
    };
    own.moved.iter().map(word).collect()
}

/// The blocks' first names, once the moves are made.
pub fn origins(state: &State, own: &Own) -> BTreeMap<String, String> {
    match plan::carry(state, &moves(own)) {
        Ok((carried, _)) => carried.origins.clone(),
        // The plan will say why.
        Err(_) => state.origins.clone(),
    }
}

/// What is protected, and where that is said.
pub fn protection(manifest: &Manifest, own: &Own) -> Protection {
    let blocks = manifest.blocks.iter();
    let protect = own.protect.iter();
    Protection {
        blocks: blocks.map(|b| (b.name.clone(), b.at.clone())).collect(),
        protected: protect.map(|p| (p.name.clone(), p.at.clone())).collect(),
    }
}

/// Reports each policy whose limits the plan exceeds.
pub fn check_limits(own: &Own, environment: &str, plan: &Plan, diagnostics: &mut Diagnostics) {
    let ids = |steps: &mut dyn Iterator<Item = &Step>| -> Vec<String> {
        steps.map(|step| format!("`{}`", step.id)).collect()
    };
    let lost = [
        ("deletes", ids(&mut plan.deletions())),
        ("replaces", ids(&mut plan.replacements())),
    ];
    let policies = own.policies.iter();
    for policy in policies.filter(|policy| policy.is_for(environment)) {
        let Rule::Plan(limit) = &policy.rule else {
            continue;
        };
        for ((what, ids), most) in lost.iter().zip([limit.deletes, limit.replaces]) {
            let Some(most) = most.filter(|most| ids.len() > *most) else {
                continue;
            };
            let fact = format!(
                "the plan {what} {} ({}), and {most} are allowed",
                ids.len(),
                ids.join(", ")
            );
            let mut found = Diagnostic::error(code::PLAN_LIMIT, policy.words(&fact));
            found.severity = policy.level;
            diagnostics.push(found.at(policy.at.clone()));
        }
    }
}
