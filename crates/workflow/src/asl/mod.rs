//! Amazon States Language with JSON paths. States stand in a map, name what follows them, and move data by paths.

mod choice;
mod condition;
mod distributed;
mod inside;
mod integration;
mod paths;
mod rules;
mod state;
mod task;
mod unique;

use crate::expression::Words;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Dataflow, Language, Program, ScopeId, ScopeKind};
use crate::{Finding, Findings, Node};

/// The longest time-out of an execution, in seconds.
const TIMEOUT: f64 = 99_999_999.0;

/// Whether a text that names no type is one: its states stand in a map, or it starts somewhere.
pub(crate) fn is_one(root: &Node) -> bool {
    match root.get("States") {
        Some(states) => states.entries().is_some(),
        None => root.get("StartAt").is_some() && root.get("Type").is_none(),
    }
}

/// Reads a state machine.
pub(crate) fn read(root: &Node) -> (Option<Program>, Findings) {
    let mut builder = Builder::new(Words::States);
    let Some(form) = builder.form(root, "a state machine") else {
        return (None, builder.findings);
    };
    form.get("Comment");
    query_language(&mut builder, &form);
    if let Some(version) = builder.optional_text(&form, "Version")
        && version != "1.0"
    {
        builder.error(
            form.at,
            format!("there is no version `{version}`; there is 1.0"),
        );
    }
    let timeout = builder.number(&form, "TimeoutSeconds", (1.0, TIMEOUT));
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let timeout = timeout.map(|seconds| seconds as u64);
    unique::check(&mut builder, root);
    let scope = builder.scope(ScopeKind::Flow, form.at, None);
    states(&mut builder, &form, scope);
    builder.check_variables();
    builder.done(&form);
    let data = Dataflow::Paths(Box::default());
    builder.finish(Language::States, None, data, timeout)
}

/// Only JSON paths are read. The other query language is another language in all its fields.
fn query_language(builder: &mut Builder, form: &Form) {
    let Some(node) = form.get("QueryLanguage") else {
        return;
    };
    if node.text() != Some("JSONPath") {
        let finding = Finding::error(
            node.at,
            "state machines are read with JSON paths only, not with JSONata",
        );
        builder.findings.push(
            finding.hint("write the state with InputPath, Parameters, ResultPath and OutputPath"),
        );
    }
}

/// Reads `StartAt` and `States` of a scope.
fn states(builder: &mut Builder, form: &Form, scope: ScopeId) {
    let Some(node) = form.get("States") else {
        builder.error(form.at, "`States` is missing");
        return;
    };
    let Some(entries) = node.entries() else {
        let said = format!(
            "`States` must be a map of states by name, not {}",
            node.noun()
        );
        return builder.error(node.at, said);
    };
    let around = builder.variables.within(scope);
    let ids = builder.reserve(scope, entries.len());
    let mut names = Names::new(scope);
    for (entry, id) in entries.iter().zip(&ids) {
        names.add(&entry.key, *id);
    }
    names.start(builder, form);
    for (entry, id) in entries.iter().zip(&ids) {
        state::read(builder, entry, *id, &names);
    }
    builder.variables.within(around);
}
