//! Reads a block's properties: each by name and type, every mistake with its place, nothing unknown left over.

use crate::diagnostic::{Diagnostic, Diagnostics, Span, closest, code};
use crate::manifest::{Entry, Node, NodeKind};

/// A map of properties being read.
pub(super) struct Props<'a> {
    entries: &'a [Entry],
    path: String,
    at: &'a Span,
}

impl<'a> Props<'a> {
    /// The properties in `node`, reported under `path`. Names outside `known` are errors.
    pub(super) fn new(
        node: &'a Node,
        path: &str,
        known: &[&str],
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let entries: &[Entry] = match &node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Null => &[],
            _ => {
                diagnostics.push(bad(path, "a map", &node.at));
                &[]
            }
        };
        for entry in entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
            let error = Diagnostic::error(
                code::UNKNOWN_PROPERTY,
                format!("`{path}` has no property `{}`", entry.key),
            )
            .at(entry.key_at.clone());
            diagnostics.push(match closest(&entry.key, known.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("properties: {}", known.join(", "))),
            });
        }
        Self {
            entries,
            path: path.to_owned(),
            at: &node.at,
        }
    }

    /// The node of a property.
    pub(super) fn node(&self, name: &str) -> Option<&'a Node> {
        self.entries
            .iter()
            .find(|e| e.key == name)
            .map(|e| &e.value)
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

    /// A text that must be known before anything is applied.
    pub(super) fn text(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        let node = self.node(name)?;
        match &node.kind {
            NodeKind::Text(text) if !text.is_empty() => Some(text),
            NodeKind::Secret(_) | NodeKind::Join(_) if node.has_secret() => {
                let detail = format!(
                    "`{}` is shown in plans and kept in the state, so it cannot hold a secret",
                    self.path(name)
                );
                diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(node.at.clone()));
                None
            }
            NodeKind::Output { .. } | NodeKind::Join(_) => {
                let detail = format!(
                    "`{}` must be known before the deploy, so it cannot hold an output",
                    self.path(name)
                );
                diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(node.at.clone()));
                None
            }
            _ => self.wrong(name, "a text that is not empty", diagnostics),
        }
    }

    /// `text`, and an error when it is absent.
    pub(super) fn required_text(
        &self,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<&'a str> {
        if self.node(name).is_none() {
            let detail = format!("`{}` needs the property `{name}`", self.path);
            diagnostics.push(Diagnostic::error(code::MISSING_KEY, detail).at(self.at.clone()));
        }
        self.text(name, diagnostics)
    }

    /// A yes or no.
    pub(super) fn flag(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<bool> {
        match self.node(name)?.kind {
            NodeKind::Bool(flag) => Some(flag),
            _ => self.wrong(name, "true or false", diagnostics),
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(
        &self,
        name: &str,
        range: (i64, i64),
        diagnostics: &mut Diagnostics,
    ) -> Option<i64> {
        match self.node(name)?.kind {
            NodeKind::Int(number) if (range.0..=range.1).contains(&number) => Some(number),
            _ => self.wrong(
                name,
                &format!("a whole number from {} to {}", range.0, range.1),
                diagnostics,
            ),
        }
    }

    /// A list; absent: empty.
    pub(super) fn list(&self, name: &str, diagnostics: &mut Diagnostics) -> &'a [Node] {
        match self.node(name).map(|n| &n.kind) {
            Some(NodeKind::List(items)) => items,
            None => &[],
            Some(_) => self
                .wrong::<&[Node]>(name, "a list", diagnostics)
                .unwrap_or_default(),
        }
    }

    /// A list of texts; absent: empty.
    pub(super) fn texts(
        &self,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Vec<(&'a str, &'a Span)> {
        let mut texts = Vec::new();
        for (number, item) in self.list(name, diagnostics).iter().enumerate() {
            match &item.kind {
                NodeKind::Text(text) => texts.push((text.as_str(), &item.at)),
                _ => diagnostics.push(bad(
                    &format!("{}[{number}]", self.path(name)),
                    "a text",
                    &item.at,
                )),
            }
        }
        texts
    }

    fn wrong<T>(&self, name: &str, wanted: &str, diagnostics: &mut Diagnostics) -> Option<T> {
        diagnostics.push(bad(&self.path(name), wanted, &self.at(name)));
        None
    }
}

/// The diagnostic for a value that is not what a property takes.
pub(super) fn bad(path: &str, wanted: &str, at: &Span) -> Diagnostic {
    Diagnostic::error(code::BAD_PROPERTY, format!("`{path}` must be {wanted}")).at(at.clone())
}
