//! Reads a block's properties by name and type. What does not fit the component's table was reported before, and reads as
//! absent; what is left to say is what no table holds.

use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Entry, Node, NodeKind};

/// A map of properties being read.
pub(super) struct Props<'a> {
    entries: &'a [Entry],
    path: String,
    at: &'a Span,
}

impl<'a> Props<'a> {
    /// The properties in `node`, reported under `path`.
    pub(super) fn new(node: &'a Node, path: &str) -> Self {
        Self {
            entries: node.entries(),
            path: path.to_owned(),
            at: &node.at,
        }
    }

    /// The node of a property.
    pub(super) fn node(&self, name: &str) -> Option<&'a Node> {
        let entry = self.entries.iter().find(|entry| entry.key == name);
        entry.map(|entry| &entry.value)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    /// The path of a property, for messages.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// The place of a property, or of the whole map.
    pub(super) fn at(&self, name: &str) -> Span {
        self.node(name)
            .map_or_else(|| self.at.clone(), |n| n.at.clone())
    }

    /// A text that is not empty and known before anything is applied.
    pub(super) fn text(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        let node = self.known(name, diagnostics)?;
        let text = node.as_str()?;
        if text.is_empty() {
            diagnostics.push(bad(&self.path(name), "a text that is not empty", &node.at));
            return None;
        }
        Some(text)
    }

    /// A text that is known before anything is applied; absent: empty.
    pub(super) fn text_or_empty(&self, name: &str, diagnostics: &mut Diagnostics) -> &'a str {
        let node = self.known(name, diagnostics);
        node.and_then(Node::as_str).unwrap_or_default()
    }

    /// A yes or no.
    pub(super) fn flag(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<bool> {
        self.known(name, diagnostics)?.as_bool()
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<i64> {
        self.known(name, diagnostics)?.as_i64()
    }

    /// A list; absent: empty.
    pub(super) fn list(&self, name: &str, diagnostics: &mut Diagnostics) -> &'a [Node] {
        self.known(name, diagnostics).map_or(&[], Node::items)
    }

    /// A list of texts; absent: empty.
    pub(super) fn texts(
        &self,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Vec<(&'a str, &'a Span)> {
        let mut texts = Vec::new();
        for (number, item) in self.list(name, diagnostics).iter().enumerate() {
            let path = || format!("{}[{number}]", self.path(name));
            if let Some(text) = known(item, &path, diagnostics).and_then(Node::as_str) {
                texts.push((text, &item.at));
            }
        }
        texts
    }

    fn known(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<&'a Node> {
        known(self.node(name)?, &|| self.path(name), diagnostics)
    }
}

/// A value that is known now; one that is not is an error.
fn known<'n>(
    node: &'n Node,
    path: &dyn Fn() -> String,
    diagnostics: &mut Diagnostics,
) -> Option<&'n Node> {
    let why = match &node.kind {
        NodeKind::Secret(_) | NodeKind::Join(_) if node.has_secret() => {
            "is shown in plans and kept in the state, so it cannot hold a secret"
        }
        NodeKind::Output { .. } | NodeKind::Join(_) => {
            "must be known before the deploy, so it cannot hold an output"
        }
        _ => return Some(node),
    };
    let detail = format!("`{}` {why}", path());
    diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(node.at.clone()));
    None
}

/// The diagnostic for a value that is not what a property takes.
pub(super) fn bad(path: &str, wanted: &str, at: &Span) -> Diagnostic {
    Diagnostic::error(code::BAD_PROPERTY, format!("`{path}` must be {wanted}")).at(at.clone())
}
