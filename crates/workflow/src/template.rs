//! Templates: values in which a key that ends in `.$` holds an expression, as two of the languages have it.

use crate::expression::Words;
use crate::form::Builder;
use crate::program::Template;
use crate::{Finding, Node};

/// A value with expressions under keys that end in `.$`.
pub(crate) fn template(builder: &mut Builder, node: &Node) -> Option<Template> {
    if let Some(items) = node.items() {
        // All are read, so that all that is wrong is said.
        let items: Vec<Option<Template>> =
            items.iter().map(|item| template(builder, item)).collect();
        let items: Option<Vec<Template>> = items.into_iter().collect();
        return items.map(Template::List);
    }
    let Some(entries) = node.entries() else {
        hint_at_suffix(builder, node);
        return Some(Template::Constant(node.value()));
    };
    let mut made = Vec::new();
    for entry in entries {
        let (key, inner) = match entry.key.strip_suffix(".$") {
            Some(key) => (key, expression(builder, &entry.value)),
            None => (entry.key.as_str(), template(builder, &entry.value)),
        };
        made.push(inner.map(|inner| (key.to_owned(), inner)));
    }
    let made: Option<Vec<(String, Template)>> = made.into_iter().collect();
    made.map(Template::Map)
}

fn hint_at_suffix(builder: &mut Builder, node: &Node) {
    let roots: &[&str] = match builder.words {
        Words::First => &[],
        Words::Second => &["$Input", "$Output", "$Context", "$Global"],
        Words::States => &["$.", "$$.", "States."],
    };
    let Some(text) = node.text() else { return };
    if roots.iter().any(|root| text.starts_with(root)) {
        let finding = Finding::warning(node.at, format!("`{text}` is a text here"));
        builder
            .findings
            .push(finding.hint("write .$ behind the key to have it evaluated"));
    }
}

/// The expression that a key ending in `.$` holds.
pub(crate) fn expression(builder: &mut Builder, node: &Node) -> Option<Template> {
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
