//! Steps that nothing leads to.

use std::collections::BTreeSet;

use crate::program::{Kind, Next};
use crate::{Finding, Findings, Program, Step, StepId};

pub(super) fn check(program: &Program, findings: &mut Findings) {
    for scope in &program.scopes {
        if scope.steps.is_empty() {
            findings.push(Finding::warning(scope.at, "there are no steps here"));
        }
        let met = reached(scope.start, |id| followers(program.step(id)));
        for id in scope.steps.iter().filter(|id| !met.contains(id)) {
            let step = program.step(*id);
            let said = format!("nothing leads to `{}`", step.name);
            findings.push(Finding::warning(step.at, said));
        }
    }
}

/// Every step that is met from a first one.
pub(super) fn reached(
    first: Option<StepId>,
    followers: impl Fn(StepId) -> Vec<StepId>,
) -> BTreeSet<StepId> {
    let mut met = BTreeSet::new();
    let mut open: Vec<StepId> = first.into_iter().collect();
    while let Some(id) = open.pop() {
        if met.insert(id) {
            open.extend(followers(id));
        }
    }
    met
}

/// Where a step may lead within its scope.
pub(super) fn followers(step: &Step) -> Vec<StepId> {
    let caught = step.catch.iter().map(|rule| rule.next);
    let mut steps: Vec<StepId> = caught.filter_map(Next::step).collect();
    steps.extend(ahead(step));
    steps
}

/// Where a step may lead within its scope when it does not fail.
pub(super) fn ahead(step: &Step) -> Vec<StepId> {
    let ways: Vec<Next> = match &step.kind {
        Kind::Fail { .. } => Vec::new(),
        Kind::Choice(choice) => {
            let cases = choice.cases.iter().map(|case| case.next);
            let all = cases.chain([choice.default]);
            all.map(|next| next.unwrap_or(step.next)).collect()
        }
        _ => vec![step.next],
    };
    ways.into_iter().filter_map(Next::step).collect()
}
