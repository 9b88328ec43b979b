//! The second language: `Type: StateMachine`. States name what follows them, and constructors shape their data.

mod choice;
mod construct;
mod distributed;
mod inside;
mod rules;
mod state;
mod task;

use crate::expression::Words;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Dataflow, Language, Program, ScopeId, ScopeKind};
use crate::{Finding, Findings, Node};

/// Reads a flow of the second language.
pub(crate) fn read(root: &Node) -> (Option<Program>, Findings) {
    let mut builder = Builder::new(Words::Second);
    let Some(form) = builder.form(root, "a flow") else {
        return (None, builder.findings);
    };
    form.get("Type");
    form.get("Description");
    let name = builder.need_text(&form, "Name").map(str::to_owned);
    match builder.need_text(&form, "SpecVersion") {
        Some("v1") | None => {}
        Some(other) => builder.error(
            form.get("SpecVersion").map_or(form.at, |node| node.at),
            format!("there is no SpecVersion `{other}`; there is v1"),
        ),
    }
    let scope = builder.scope(ScopeKind::Flow, form.at, None);
    states(&mut builder, &form, scope);
    builder.done(&form);
    let data = Dataflow::Constructors {
        input: None,
        output: None,
        global: None,
    };
    builder.finish(Language::Second, name, data, None)
}

/// Reads `StartAt` and `States` of a scope.
pub(super) fn states(builder: &mut Builder, form: &Form, scope: ScopeId) {
    let Some(node) = form.get("States") else {
        builder.error(form.at, "`States` is missing");
        return;
    };
    let items = builder.list(node, "`States`");
    let ids = builder.reserve(scope, items.len());
    let mut names = Names::new(scope);
    for (item, id) in items.iter().zip(&ids) {
        let Some(name) = item.get("Name").and_then(Node::text) else {
            continue;
        };
        if let Some(first) = names.add(name, *id) {
            let first = items[first - ids[0]].at;
            let finding = Finding::error(item.at, format!("a state `{name}` is here twice"));
            builder.findings.push(finding.with(first, "the first"));
        }
    }
    names.start(builder, form);
    for (item, id) in items.iter().zip(&ids) {
        state::read(builder, item, *id, &names);
    }
}
