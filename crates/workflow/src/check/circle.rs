//! Steps that follow each other in a circle for ever: nothing leads out, and nothing makes them wait.
//!
//! A way out is a step's next, a way of a choice, or a rule that catches. An execution in such a circle goes round
//! as fast as it can, up to the most events that an execution may have, and fails there.

use std::collections::{BTreeMap, BTreeSet};

use super::reach::{followers, reached};
use crate::program::{Choice, Kind, Next, Pattern, ScopeKind};
use crate::{Finding, Findings, Program, Step, StepId};

/// Scopes with more steps are not judged: it would take long.
const STEPS: usize = 1000;

pub(super) fn check(program: &Program, findings: &mut Findings) {
    let scopes = program.scopes.iter();
    for scope in scopes.filter(|scope| scope.steps.len() <= STEPS) {
        let met = reached(scope.start, |id| followers(program.step(id)));
        let after: BTreeMap<StepId, BTreeSet<StepId>> =
            met.iter().map(|id| (*id, after(program, *id))).collect();
        let mut judged = BTreeSet::new();
        for (id, circle) in &after {
            if judged.contains(id) || !circle.contains(id) {
                continue;
            }
            // In a circle that nothing leads out of, every step leads to every other and to nothing else.
            let of_it = |other: &&StepId| after.get(other) == Some(circle);
            let members: BTreeSet<StepId> = circle.iter().filter(of_it).copied().collect();
            let is_closed = members.len() == circle.len();
            if is_closed && circle.iter().all(|id| stays(program, *id)) {
                findings.push(finding(program, circle));
            }
            judged.extend(members);
        }
    }
}

/// Every step that may come after one.
fn after(program: &Program, id: StepId) -> BTreeSet<StepId> {
    let mut met = BTreeSet::new();
    for next in followers(program.step(id)) {
        met.extend(reached(Some(next), |id| followers(program.step(id))));
    }
    met
}

/// Whether a step neither ends its scope nor lets time pass.
fn stays(program: &Program, id: StepId) -> bool {
    let step = program.step(id);
    let leaves = match &step.kind {
        Kind::Succeed | Kind::Fail { .. } => true,
        Kind::Choice(choice) => leads_out(choice, step.next),
        _ => step.next.step().is_none(),
    };
    let is_caught_out = step.catch.iter().any(|rule| rule.next.step().is_none());
    let inside = program.inside(id).into_iter();
    let mut inside = inside.flat_map(|scope| {
        let is_option = program.scopes[scope].kind == ScopeKind::Option;
        program.scopes[scope]
            .steps
            .iter()
            .map(move |id| (*id, is_option))
    });
    let ends_inside = inside.any(|(id, is_option)| may_end(program, id, is_option));
    !leaves && !is_caught_out && !pauses(step) && !ends_inside
}

fn leads_out(choice: &Choice, next: Next) -> bool {
    let cases = choice.cases.iter().map(|case| case.next);
    let mut ways = cases.chain([choice.default]);
    ways.any(|way| way.unwrap_or(next).step().is_none())
}

/// Whether a step somewhere inside of one of the circle ends what is around it, or lets time pass.
fn may_end(program: &Program, id: StepId, is_option: bool) -> bool {
    let step = program.step(id);
    let ends = match &step.kind {
        Kind::Fail { .. } => true,
        Kind::Succeed => is_option,
        _ => is_option && step.next == Next::Return,
    };
    let mut inside = program.inside(id).into_iter().flat_map(|scope| {
        let is_option = is_option && program.scopes[scope].kind == ScopeKind::Option;
        program.scopes[scope]
            .steps
            .iter()
            .map(move |id| (*id, is_option))
    });
    ends || pauses(step) || inside.any(|(id, is_option)| may_end(program, id, is_option))
}

/// Whether time passes in it: a wait, or a task that waits for somebody else.
fn pauses(step: &Step) -> bool {
    match &step.kind {
        Kind::Wait(_) => true,
        Kind::Task(task) => task.pattern != Pattern::Response,
        _ => false,
    }
}

fn finding(program: &Program, circle: &BTreeSet<StepId>) -> Finding {
    // Steps are numbered in the order of the text.
    let steps: Vec<&Step> = circle.iter().map(|id| program.step(*id)).collect();
    let (first, last) = (steps[0], steps[steps.len() - 1]);
    let names: Vec<String> = steps
        .iter()
        .map(|step| format!("`{}`", step.name))
        .collect();
    let said = match &names[..] {
        [one] => format!("{one} follows itself for ever: nothing leads out"),
        all => format!(
            "{} follow each other for ever: nothing leads out",
            all.join(", ")
        ),
    };
    let hint =
        "let a choice lead out; an execution that goes on so fails when it has too many events";
    let finding = Finding::warning(first.at, said).hint(hint);
    if steps.len() == 1 {
        return finding;
    }
    finding.with(last.at, "the last of them")
}
