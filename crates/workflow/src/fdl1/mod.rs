//! The first language: `type: flow`. Steps follow each other, and each step's output adds to its parent's data.

mod mapping;
mod step;
mod task;

use std::collections::BTreeMap;

use crate::expression::Words;
use crate::form::{Builder, nearest};
use crate::program::{Language, Next, Program, ScopeId, ScopeKind, StepId};
use crate::{Finding, Findings, Node};

/// The longest name of a step.
const NAME: usize = 128;

/// Reads a flow of the first language.
pub(crate) fn read(root: &Node) -> (Option<Program>, Findings) {
    let mut builder = Builder::new(Words::First);
    let Some(form) = builder.form(root, "a flow") else {
        return (None, builder.findings);
    };
    match builder.need_text(&form, "version") {
        Some("v1" | "v1beta1") | None => {}
        Some(other) => builder.error(
            form.get("version").map_or(form.at, |node| node.at),
            format!("there is no version `{other}`; there are v1 and v1beta1"),
        ),
    }
    match builder.need_text(&form, "type") {
        Some("flow") | None => {}
        Some(other) => builder.error(
            form.get("type").map_or(form.at, |node| node.at),
            format!("`type` must be flow, not `{other}`"),
        ),
    }
    let data = mapping::of(&mut builder, &form);
    let timeout = builder.number(&form, "timeoutSeconds", (1.0, 31_536_000.0));
    form.get("description");
    let scope = builder.scope(ScopeKind::Flow, form.at, None);
    match form.get("steps") {
        Some(steps) => sequence(&mut builder, scope, steps),
        None => builder.error(form.at, "`steps` is missing"),
    }
    builder.done(&form);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds, and whole seconds are meant"
    )]
    let timeout = timeout.map(|seconds| seconds as u64);
    builder.finish(Language::First, None, data, timeout)
}

/// The steps of one scope by name.
pub(super) struct Siblings {
    scope: ScopeId,
    ids: BTreeMap<String, StepId>,
}

impl Siblings {
    /// The step of that name, which must stand in the same scope.
    fn find(&self, builder: &mut Builder, name: &Node, key: &str) -> Option<Next> {
        let text = builder.text(name, key)?;
        let found = self.ids.get(text).copied().map(Next::Step);
        if found.is_none() {
            let finding = Finding::error(
                name.at,
                format!("there is no step `{text}` beside this one"),
            );
            let near = nearest(text, self.ids.keys().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "goto leads to a step of the same list of steps".to_owned(),
            };
            builder.findings.push(finding.hint(hint));
        }
        found
    }
}

/// Reads the steps of a scope.
pub(super) fn sequence(builder: &mut Builder, scope: ScopeId, steps: &Node) {
    let items = builder.list(steps, "`steps`");
    let ids = builder.reserve(scope, items.len());
    let mut siblings = Siblings {
        scope,
        ids: BTreeMap::new(),
    };
    for (item, id) in items.iter().zip(&ids) {
        let Some(name) = item.get("name").and_then(Node::text) else {
            continue;
        };
        if name.is_empty() || name.chars().count() > NAME {
            builder.error(item.at, format!("a step's name has 1 to {NAME} characters"));
        }
        if let Some(first) = siblings.ids.insert(name.to_owned(), *id) {
            let first = items[first - ids[0]].at;
            builder.findings.push(
                Finding::error(item.at, format!("a step `{name}` is here twice"))
                    .with(first, "the first"),
            );
        }
    }
    for (index, item) in items.iter().enumerate() {
        let following = ids
            .get(index + 1)
            .map_or(Next::End, |next| Next::Step(*next));
        step::read(builder, item, ids[index], &siblings, following);
    }
}
