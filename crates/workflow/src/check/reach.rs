//! Steps that nothing leads to.

use crate::program::{Kind, Next};
use crate::{Finding, Findings, Program, Scope, Step, StepId};

pub(super) fn check(program: &Program, findings: &mut Findings) {
    for scope in &program.scopes {
        if scope.steps.is_empty() {
            findings.push(Finding::warning(scope.at, "there are no steps here"));
        }
        let met = reached(program, scope);
        for id in scope.steps.iter().filter(|id| !met.contains(id)) {
            let step = program.step(*id);
            let said = format!("nothing leads to `{}`", step.name);
            findings.push(Finding::warning(step.at, said));
        }
    }
}

fn reached(program: &Program, scope: &Scope) -> Vec<StepId> {
    let mut met: Vec<StepId> = Vec::new();
    let mut open: Vec<StepId> = scope.start.into_iter().collect();
    while let Some(id) = open.pop() {
        if met.contains(&id) {
            continue;
        }
        met.push(id);
        open.extend(followers(program.step(id)));
    }
    met
}

/// Where a step may lead within its scope.
pub(super) fn followers(step: &Step) -> Vec<StepId> {
    let mut ways: Vec<Next> = step.catch.iter().map(|rule| rule.next).collect();
    match &step.kind {
        Kind::Fail { .. } => {}
        Kind::Choice(choice) => {
            let cases = choice
                .cases
                .iter()
                .map(|case| (case.next, case.body.is_some()));
            let default = (choice.default, choice.default_body.is_some());
            for (next, _) in cases.chain([default]) {
                ways.push(next.unwrap_or(step.next));
            }
        }
        _ => ways.push(step.next),
    }
    let steps = ways.into_iter().filter_map(|way| match way {
        Next::Step(id) => Some(id),
        Next::End | Next::Return => None,
    });
    steps.collect()
}
