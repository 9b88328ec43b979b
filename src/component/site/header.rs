//! Headers that the CDN sends with every reply. Their values may be outputs of other resources, or secrets.

use crate::component::props::Props;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::{Entry, Node, NodeKind};
use crate::resource::{Attrs, Value};

/// The property `headers`.
pub(super) fn read(props: &Props<'_>, domains: &[String], diagnostics: &mut Diagnostics) -> Attrs {
    let Some(node) = props.node("headers") else {
        return Attrs::new();
    };
    if domains.is_empty() {
        let detail = "headers are sent by the CDN, and the site has no domain";
        let error = Diagnostic::error(code::BAD_PROPERTY, detail).at(node.at.clone());
        diagnostics.push(error.hint("add `domain: www.example.com`"));
    }
    node.entries()
        .iter()
        .filter_map(|entry| Some((entry.key.clone(), header(entry, diagnostics)?)))
        .collect()
}

fn header(entry: &Entry, diagnostics: &mut Diagnostics) -> Option<Value> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if entry.key.is_empty() || !entry.key.chars().all(is_token) {
        let detail = format!("`{}` cannot be the name of a header", entry.key);
        diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(entry.key_at.clone()));
        return None;
    }
    let value = value(&entry.value);
    if value.is_none() && is_text(&entry.value) {
        let detail = format!(
            "the header `{}` must be a text of one line in ASCII",
            entry.key
        );
        diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(entry.value.at.clone()));
    }
    value
}

/// Whether it is a text at all; anything else was reported before.
fn is_text(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Text(_) | NodeKind::Join(_))
}

/// A text that a header can hold, known now or after the deploy of what it refers to.
fn value(node: &Node) -> Option<Value> {
    let legal = |c: char| c == ' ' || c.is_ascii_graphic();
    match &node.kind {
        NodeKind::Text(text) if !text.is_empty() && text.chars().all(legal) => {
            Some(text.as_str().into())
        }
        NodeKind::Output { resource, path } => {
            Some(Value::Ref(resource.as_str().into(), path.clone()))
        }
        NodeKind::Secret(secret) => Some(Value::Secret((**secret).clone())),
        NodeKind::Join(parts) => parts
            .iter()
            .map(value)
            .collect::<Option<_>>()
            .map(Value::Join),
        _ => None,
    }
}
