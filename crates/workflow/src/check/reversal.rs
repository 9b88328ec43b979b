//! What undoes a task by an opposite verb, also where its words are those of several tasks.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::words;
use super::verb::{WEIGHTY, reverses};
use crate::program::{Kind, Scope};
use crate::{Program, StepId};

/// The words of a name.
type Words = BTreeSet<String>;

/// The weighty tasks of the usual way, and the steps of the scope beside it that undo them, themselves or by a task inside them: the
/// verb is the opposite, and the other words that both names have are no fewer than those that it has in common with another task of
/// that verb. `CancelFlightReservation` undoes `ReserveFlight`, whatever else `ConfirmFlight` does with a flight;
/// `CancelTrainTicket` undoes `BookTrainTicket` and not `BookPlaneTicket`.
pub(super) fn reversals(
    program: &Program,
    scope: &Scope,
    usual: &BTreeSet<StepId>,
) -> BTreeMap<StepId, BTreeSet<StepId>> {
    let (usual, beside): (Vec<StepId>, Vec<StepId>) =
        scope.steps.iter().partition(|id| usual.contains(id));
    let named = |id: StepId| (id, words(&program.step(id).name));
    let done = usual.into_iter().filter(|id| is_task(program, *id));
    let done: Vec<(StepId, Words)> = done.map(named).collect();
    let mut found: BTreeMap<StepId, BTreeSet<StepId>> = BTreeMap::new();
    for step in beside {
        for (_, undo) in tasks(program, step).into_iter().map(named) {
            for task in WEIGHTY.iter().flat_map(|verb| closest(&done, verb, &undo)) {
                found.entry(task).or_default().insert(step);
            }
        }
    }
    found
}

/// The tasks of that verb that share the most words beside it with what undoes them, and one at least.
fn closest(done: &[(StepId, Words)], verb: &str, undo: &Words) -> Vec<StepId> {
    if !reverses(undo, verb) {
        return Vec::new();
    }
    let tasks = done.iter().filter(|(_, name)| name.contains(verb));
    let shared = |name: &Words| name.intersection(undo).filter(|word| *word != verb).count();
    let counts: Vec<(StepId, usize)> = tasks.map(|(id, name)| (*id, shared(name))).collect();
    let most = counts.iter().map(|(_, count)| *count).max();
    let closest = counts
        .iter()
        .filter(|(_, count)| *count > 0 && Some(*count) == most);
    closest.map(|(id, _)| *id).collect()
}

/// A step if it is a task, and the tasks inside it.
fn tasks(program: &Program, id: StepId) -> Vec<StepId> {
    let own = is_task(program, id).then_some(id);
    let inside = program.inside(id).into_iter();
    let inside = inside.flat_map(|scope| program.scopes[scope].steps.iter());
    let inside = inside.flat_map(|id| tasks(program, *id));
    own.into_iter().chain(inside).collect()
}

fn is_task(program: &Program, id: StepId) -> bool {
    matches!(program.step(id).kind, Kind::Task(_))
}
