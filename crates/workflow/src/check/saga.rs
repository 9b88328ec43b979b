//! Tasks that stay done although the flow knows how to undo them.
//!
//! A flow shows that it compensates when a rule that catches leads to a task off its usual way that undoes an earlier
//! task. Then the same task must be undone whenever a later step fails: by every rule of that step that gives up, and
//! there must be one. So must tasks be that nobody does for nothing, such as charging. Flows that show no
//! compensation are not judged, nor are rules that lead back to the usual way, nor steps whose failure something around
//! them catches. Rules that name some errors only are taken for those that can happen.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Evidence, words};
use super::reach::{ahead, followers, reached};
use super::reversal::reversals;
use super::verb;
use crate::program::{Catch, Kind};
use crate::{Finding, Findings, Program, Scope, ScopeId, StepId};

/// Scopes with more steps are not judged: it would take long.
const STEPS: usize = 1000;

pub(super) fn check(program: &Program, findings: &mut Findings) {
    let scopes = program.scopes.iter().enumerate();
    for (id, scope) in scopes.filter(|(_, scope)| scope.steps.len() <= STEPS) {
        let saga = Saga::of(program, scope);
        let undos = saga.undos();
        for (task, undos) in &undos {
            saga.judge(*task, undos, is_caught_around(program, id), findings);
        }
        saga.judge_others(&undos, findings);
    }
}

/// Whether a failure in this scope meets a rule of a step around it.
fn is_caught_around(program: &Program, scope: ScopeId) -> bool {
    let Some(owner) = program.scopes[scope].owner else {
        return false;
    };
    let owner = program.step(owner);
    !owner.catch.is_empty() || is_caught_around(program, owner.scope)
}

/// A scope and its usual way: what is met from its start when nothing fails.
struct Saga<'p> {
    program: &'p Program,
    scope: &'p Scope,
    usual: BTreeSet<StepId>,
    /// Tasks of it and steps beside it that undo them by their verb.
    reversals: BTreeMap<StepId, BTreeSet<StepId>>,
}

impl<'p> Saga<'p> {
    fn of(program: &'p Program, scope: &'p Scope) -> Self {
        let usual = reached(scope.start, |id| ahead(program.step(id)));
        let reversals = reversals(program, scope, &usual);
        Self {
            program,
            scope,
            usual,
            reversals,
        }
    }

    /// The steps that a rule leads to if it gives up the usual way.
    fn given_up(&self, rule: &Catch) -> Option<BTreeSet<StepId>> {
        let way = reached(rule.next.step(), |id| followers(self.program.step(id)));
        way.is_disjoint(&self.usual).then_some(way)
    }

    /// Whether a way has a step that undoes a task by its verb.
    fn is_reversed(&self, task: StepId, way: &BTreeSet<StepId>) -> bool {
        let undos = self.reversals.get(&task);
        undos.is_some_and(|undos| !way.is_disjoint(undos))
    }

    /// The steps of the usual way that are met only after `task`.
    fn after(&self, task: StepId) -> BTreeSet<StepId> {
        let without = reached(self.scope.start.filter(|start| *start != task), |id| {
            let mut steps = ahead(self.program.step(id));
            steps.retain(|step| *step != task);
            steps
        });
        let after = self
            .usual
            .iter()
            .filter(|id| **id != task && !without.contains(id));
        after.copied().collect()
    }

    /// Tasks of the usual way and the tasks that undo them. None unless a rule leads to one of these.
    fn undos(&self) -> BTreeMap<StepId, Vec<StepId>> {
        let steps = self.scope.steps.iter().copied();
        let (tasks, others): (Vec<StepId>, Vec<StepId>) = steps
            .filter(|id| matches!(self.program.step(*id).kind, Kind::Task(_)))
            .partition(|id| self.usual.contains(id));
        let (undos, named) = self.pairs(&Evidence::of(self.program, &tasks), &others);
        let (mut used, unused): (BTreeMap<_, _>, BTreeMap<_, _>) = undos
            .into_iter()
            .partition(|(task, undos)| self.is_undone_later(*task, undos));
        if !used.is_empty() {
            // Where some tasks are undone, one that nothing leads to was forgotten, or nothing but its own task.
            let is_forgotten = |task: &StepId, undos: &[StepId]| {
                undos.iter().all(|undo| self.is_lost(*undo)) || named.contains(task)
            };
            let forgotten = unused.into_iter();
            used.extend(forgotten.filter(|(task, undos)| is_forgotten(task, undos)));
        }
        used
    }

    /// Tasks with what undoes them, and those of them whose names say so.
    fn pairs(
        &self,
        evidence: &Evidence,
        others: &[StepId],
    ) -> (BTreeMap<StepId, Vec<StepId>>, BTreeSet<StepId>) {
        let mut pairs: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
        let mut named = BTreeSet::new();
        for undo in others {
            let step = self.program.step(*undo);
            let by_name = evidence.by_name(step);
            named.extend(by_name);
            if let Some(task) = by_name.or_else(|| evidence.by_data(step)) {
                pairs.entry(task).or_default().push(*undo);
            }
        }
        // A single task that reads what another wrote may as well tell somebody of the failure.
        if pairs.len() < 2 {
            pairs.retain(|task, _| named.contains(task));
        }
        (pairs, named)
    }

    /// Whether a step behind the task leads to what undoes it. What only the task itself leads to cleans up after it.
    fn is_undone_later(&self, task: StepId, undos: &[StepId]) -> bool {
        self.after(task).iter().any(|later| {
            let rules = &self.program.step(*later).catch;
            let mut ways = rules.iter().filter_map(|rule| self.given_up(rule));
            ways.any(|way| undos.iter().any(|undo| way.contains(undo)))
        })
    }

    /// Whether nothing leads to a step.
    fn is_lost(&self, step: StepId) -> bool {
        let met = reached(self.scope.start, |id| followers(self.program.step(id)));
        !met.contains(&step)
    }

    fn names<'i>(&self, steps: impl IntoIterator<Item = &'i StepId>) -> String {
        let names = steps.into_iter().map(|id| &self.program.step(*id).name);
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        names.join(" or ")
    }

    fn judge(
        &self,
        task: StepId,
        undos: &[StepId],
        is_caught_around: bool,
        findings: &mut Findings,
    ) {
        let done = self.program.step(task);
        let (name, undo) = (&done.name, self.names(undos));
        for id in self.after(task) {
            let later = self.program.step(id);
            for rule in &later.catch {
                let Some(way) = self.given_up(rule) else {
                    continue;
                };
                if undos.iter().all(|undo| !way.contains(undo)) && !self.is_reversed(task, &way) {
                    let said = format!(
                        "`{name}` stays done when this rule catches an error of `{}`",
                        later.name
                    );
                    let hint = format!("{undo} undoes it: lead there first");
                    findings.push(
                        Finding::warning(rule.at, said)
                            .hint(hint)
                            .with(done.at, "done here"),
                    );
                }
            }
            let can_fail = matches!(later.kind, Kind::Task(_) | Kind::Parallel(_) | Kind::Map(_));
            if can_fail && later.catch.is_empty() && !is_caught_around {
                let said = format!(
                    "`{name}` stays done when `{}` fails, which nothing catches",
                    later.name
                );
                let hint = format!("{undo} undoes it: catch the errors here and lead there");
                findings.push(
                    Finding::warning(later.at, said)
                        .hint(hint)
                        .with(done.at, "done here"),
                );
            }
        }
    }

    /// Tasks that a rule leaves done although it undoes others.
    fn judge_others(&self, undos: &BTreeMap<StepId, Vec<StepId>>, findings: &mut Findings) {
        let is_undo = |step: &StepId| undos.values().flatten().any(|undo| undo == step);
        let tasks = self.usual.iter().filter(|id| !undos.contains_key(id));
        for task in tasks {
            let done = self.program.step(*task);
            if !matches!(done.kind, Kind::Task(_)) || !verb::is_weighty(&words(&done.name)) {
                continue;
            }
            let later = self.after(*task).into_iter();
            let mut rules = later.flat_map(|id| {
                let step = self.program.step(id);
                step.catch.iter().map(move |rule| (step, rule))
            });
            let undoes_others = |rule: &Catch| {
                let way = self.given_up(rule);
                way.is_some_and(|way| way.iter().any(is_undo) && !self.is_reversed(*task, &way))
            };
            if let Some((step, rule)) = rules.find(|(_, rule)| undoes_others(rule)) {
                let mut said = format!(
                    "`{}` stays done when this rule catches an error of `{}`",
                    done.name, step.name
                );
                let hint = if let Some(undos) = self.reversals.get(task) {
                    format!("{} undoes it: lead there first", self.names(undos))
                } else {
                    said.push_str(": nothing here undoes it");
                    "add a task that does, and lead there first".to_owned()
                };
                findings.push(
                    Finding::warning(rule.at, said)
                        .hint(hint)
                        .with(done.at, "done here"),
                );
            }
        }
    }
}
