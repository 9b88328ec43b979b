//! Constructors: maps in which a key that ends in `.$` holds an expression.

use crate::form::{Builder, Form};
use crate::program::{Dataflow, Template};
use crate::{Finding, Node};

/// `InputConstructor` and `OutputConstructor`.
pub(super) fn of(builder: &mut Builder, form: &Form) -> Dataflow {
    Dataflow::Constructors {
        input: optional(builder, form, "InputConstructor"),
        output: optional(builder, form, "OutputConstructor"),
    }
}

/// A constructor that may be there.
pub(super) fn optional(builder: &mut Builder, form: &Form, key: &str) -> Option<Template> {
    if let Some(node) = form.get(&format!("{key}.$")) {
        return expression(builder, node);
    }
    let node = form.get(key)?;
    if node.entries().is_none() {
        builder.error(
            node.at,
            format!("`{key}` must be a map, not {}", node.noun()),
        );
        return None;
    }
    template(builder, node)
}

/// A value with expressions under keys that end in `.$`.
pub(super) fn template(builder: &mut Builder, node: &Node) -> Option<Template> {
    if let Some(items) = node.items() {
        let items: Option<Vec<Template>> =
            items.iter().map(|item| template(builder, item)).collect();
        return items.map(Template::List);
    }
    let Some(entries) = node.entries() else {
        hint_at_suffix(builder, node);
        return Some(Template::Constant(node.value()));
    };
    let mut made = Vec::new();
    for entry in entries {
        let made_of = match entry.key.strip_suffix(".$") {
            Some(key) => (key.to_owned(), expression(builder, &entry.value)?),
            None => (entry.key.clone(), template(builder, &entry.value)?),
        };
        made.push(made_of);
    }
    Some(Template::Map(made))
}

fn hint_at_suffix(builder: &mut Builder, node: &Node) {
    const ROOTS: [&str; 4] = ["$Input", "$Output", "$Context", "$Global"];
    let Some(text) = node.text() else { return };
    if ROOTS.iter().any(|root| text.starts_with(root)) {
        let finding = Finding::warning(node.at, format!("`{text}` is a text here"));
        builder
            .findings
            .push(finding.hint("write .$ behind the key to have it evaluated"));
    }
}

fn expression(builder: &mut Builder, node: &Node) -> Option<Template> {
    let Some(text) = node.text() else {
        builder.error(
            node.at,
            format!(
                "a key that ends in .$ holds an expression, not {}",
                node.noun()
            ),
        );
        return None;
    };
    builder.expression(text, node.at).map(Template::Expr)
}
