//! What speaks for one task undoing another: words of their names, and data that one writes and the other reads.

use std::collections::{BTreeMap, BTreeSet};

use super::verb;
use crate::expression::{Path, Root, Segment};
use crate::program::{Dataflow, Kind, Mapping, Paths, ResultPath, Source, Template};
use crate::{Program, Step, StepId};

/// Words shorter than this say nothing.
const WORD: usize = 3;

/// What tells tasks apart.
pub(super) struct Evidence {
    names: Vec<(StepId, BTreeSet<String>)>,
    words: Signs,
    keys: Signs,
}

/// A word or key and the task that it is of; none if it is of several.
type Signs = BTreeMap<String, Option<StepId>>;

impl Evidence {
    /// What tells these tasks apart.
    pub(super) fn of(program: &Program, tasks: &[StepId]) -> Self {
        let signs = |of: fn(&Step) -> BTreeSet<String>| {
            let mut signs = Signs::new();
            for id in tasks {
                for sign in of(program.step(*id)) {
                    let owner = signs.entry(sign).and_modify(|owner| *owner = None);
                    owner.or_insert(Some(*id));
                }
            }
            signs
        };
        let name = |id: &StepId| (*id, words(&program.step(*id).name));
        Self {
            names: tasks.iter().map(name).collect(),
            words: signs(|task| words(&task.name)),
            keys: signs(written),
        }
    }

    /// Which task `undo` undoes by its name: the only one with which it shares words that no other task has. Its name
    /// is a verb and those words, as `CancelFlight` is for `BookFlight`; `SendFlightFailedMail` says something else. Or the only
    /// one whose verb is the opposite, as `Charge` is for `Refund`.
    pub(super) fn by_name(&self, undo: &Step) -> Option<StepId> {
        let said = words(&undo.name);
        self.by_words(&said).or_else(|| self.by_verb(&said))
    }

    fn by_words(&self, said: &BTreeSet<String>) -> Option<StepId> {
        let others = said.iter().filter(|word| !self.words.contains_key(*word));
        if others.count() > 1 {
            return None;
        }
        only(&self.words, said)
    }

    fn by_verb(&self, said: &BTreeSet<String>) -> Option<StepId> {
        let tasks = self.names.iter();
        let mut undone = tasks.filter(|(_, name)| verb::undoes(said, name));
        let (task, _) = undone.next()?;
        undone.next().is_none().then_some(*task)
    }

    /// Which task `undo` undoes by its data: the only one that writes what it reads.
    pub(super) fn by_data(&self, undo: &Step) -> Option<StepId> {
        only(&self.keys, &read(undo))
    }
}

fn only(signs: &Signs, found: &BTreeSet<String>) -> Option<StepId> {
    let tasks = found.iter().filter_map(|sign| *signs.get(sign)?);
    let mut tasks = tasks.collect::<BTreeSet<StepId>>().into_iter();
    tasks.next().filter(|_| tasks.next().is_none())
}

/// The words of a name: `BookTrainTicket`, `book-train-ticket` and `book_train_ticket` have three.
pub(super) fn words(name: &str) -> BTreeSet<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && !before.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    let words = words.into_iter();
    words.filter(|word| word.chars().count() >= WORD).collect()
}

/// The keys under which a step leaves what it made.
fn written(step: &Step) -> BTreeSet<String> {
    match &step.data {
        Dataflow::Mappings { output, .. } => {
            let mappings = output.iter().flatten();
            let made = mappings
                .filter(|mapping| sources(mapping).iter().any(|path| path.root == Root::Local));
            made.map(|mapping| mapping.target.clone()).collect()
        }
        Dataflow::Constructors {
            output: Some(Template::Map(entries)),
            ..
        } => {
            let made = entries.iter().filter(|(_, template)| {
                template
                    .paths()
                    .iter()
                    .any(|path| path.root == Root::Output)
            });
            made.map(|(key, _)| key.clone()).collect()
        }
        Dataflow::Paths(paths) => {
            let result = match &paths.result {
                ResultPath::Into(path) => key(path),
                ResultPath::Whole | ResultPath::Nowhere => None,
            };
            result.into_iter().chain(variables(paths)).collect()
        }
        Dataflow::Constructors { .. } => BTreeSet::new(),
    }
}

/// The variables that a step sets to something of what it made.
fn variables(paths: &Paths) -> Vec<String> {
    let Some(Template::Map(entries)) = &paths.assign else {
        return Vec::new();
    };
    let made = entries
        .iter()
        .filter(|(_, template)| template.paths().iter().any(|path| path.root == Root::Own));
    made.map(|(name, _)| name.clone()).collect()
}

/// The keys that a step reads.
fn read(step: &Step) -> BTreeSet<String> {
    let mut paths: Vec<&Path> = Vec::new();
    match &step.data {
        Dataflow::Mappings { input, .. } => paths.extend(input.iter().flatten().flat_map(sources)),
        Dataflow::Constructors { input, .. } => {
            paths.extend(input.iter().flat_map(Template::paths));
        }
        Dataflow::Paths(fields) => paths.extend(fields.parameters.iter().flat_map(Template::paths)),
    }
    if let Kind::Task(task) = &step.kind {
        paths.extend(
            task.parameters
                .iter()
                .chain(&task.options)
                .flat_map(Template::paths),
        );
    }
    let data = paths.into_iter().filter(|path| path.root != Root::Context);
    data.filter_map(key).collect()
}

fn sources(mapping: &Mapping) -> Vec<&Path> {
    match &mapping.source {
        Source::Constant(_) => Vec::new(),
        Source::Expr(expression) => expression.paths(),
    }
}

fn key(path: &Path) -> Option<String> {
    match path.segments.first()? {
        Segment::Key(key) => Some(key.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_fall_into_words() {
        for name in ["BookTrainTicket", "book-train_ticket", "bookTrainTicket"] {
            let words: Vec<String> = words(name).into_iter().collect();
            assert_eq!(words, ["book", "ticket", "train"], "{name}");
        }
    }
}
