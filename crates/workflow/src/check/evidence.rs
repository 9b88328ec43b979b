//! What speaks for one task undoing another: words of their names, and data that one writes and the other reads.

use std::collections::BTreeSet;

use crate::expression::{Path, Root, Segment};
use crate::program::{Dataflow, Kind, Mapping, ResultPath, Source, Template};
use crate::{Program, Step, StepId};

/// Words shorter than this say nothing.
const WORD: usize = 3;

/// Which of these tasks `undo` undoes: the only one whose name shares a word with it that no other has, or else the
/// only one that writes what it reads.
pub(super) fn undone(program: &Program, undo: StepId, tasks: &[StepId]) -> Option<StepId> {
    let undo = program.step(undo);
    let said = words(&undo.name);
    let by_name = only(program, tasks, |task| words(&task.name), &said);
    by_name.or_else(|| only(program, tasks, written, &read(undo)))
}

/// The only task of which something is in `wanted` that is of no other task.
fn only(
    program: &Program,
    tasks: &[StepId],
    of: impl Fn(&Step) -> BTreeSet<String>,
    wanted: &BTreeSet<String>,
) -> Option<StepId> {
    let mut found = BTreeSet::new();
    for word in wanted {
        let mut having = tasks
            .iter()
            .filter(|id| of(program.step(**id)).contains(word));
        if let (Some(task), None) = (having.next(), having.next()) {
            found.insert(*task);
        }
    }
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

/// The words of a name: `BookTrainTicket`, `book-train-ticket` and `book_train_ticket` have three.
fn words(name: &str) -> BTreeSet<String> {
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
        Dataflow::Paths(paths) => match &paths.result {
            ResultPath::Into(path) => key(path).into_iter().collect(),
            ResultPath::Whole | ResultPath::Nowhere => BTreeSet::new(),
        },
        Dataflow::Constructors { .. } => BTreeSet::new(),
    }
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
        paths.extend(task.parameters.iter().flat_map(Template::paths));
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
