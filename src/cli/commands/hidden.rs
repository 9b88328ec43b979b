//! What expressions may ask of this machine, without its secrets: what a manifest holds is printed, planned and kept.

use super::super::destination::Machine;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::{Does, Environment, Manifest, Node, NodeKind};

/// The fields that no manifest gets to see.
const SECRETS: &[&str] = &["AccessKeySecret", "SecurityToken"];

/// The machine, with a mark in the place of each secret.
pub(super) struct Hidden(Machine);

impl Hidden {
    /// The machine, with the keys of this alias.
    pub(super) fn new(alias: Option<String>) -> Self {
        Self(Machine::new(alias))
    }
}

impl Environment for Hidden {
    fn var(&self, name: &str) -> Option<String> {
        self.0.var(name)
    }

    fn credential(&self, key: &str) -> Option<String> {
        let value = self.0.credential(key)?;
        Some(if SECRETS.contains(&key) {
            mark(key)
        } else {
            value
        })
    }
}

/// Refuses properties and actions that hold a secret: no component takes one, and plans show actions.
pub(super) fn refuse(manifest: &Manifest) -> Result<(), Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    for block in &manifest.blocks {
        visit(&block.props, &mut diagnostics);
    }
    let own = manifest.blocks.iter().flat_map(|block| &block.actions);
    for action in manifest.actions.iter().chain(own) {
        match &action.does {
            Does::Run { line: node, .. }
            | Does::Plugin {
                arguments: Some(node),
                ..
            } => visit(node, &mut diagnostics),
            _ => {}
        }
    }
    diagnostics.into_result(()).map(|((), _)| ())
}

fn visit(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        NodeKind::Text(text) => {
            if let Some(field) = SECRETS.iter().find(|field| text.contains(&mark(field))) {
                let detail =
                    format!("`{field}` cannot stand here: plans and the state would show it");
                let error = Diagnostic::error(code::BAD_PROPERTY, detail).at(node.at.clone());
                diagnostics
                    .push(error.hint(
                        "no component needs it; sdev signs with the keys of `access` itself",
                    ));
            }
        }
        NodeKind::List(items) | NodeKind::Join(items) => {
            for item in items {
                visit(item, diagnostics);
            }
        }
        NodeKind::Map(entries) => {
            for entry in entries {
                visit(&entry.value, diagnostics);
            }
        }
        _ => {}
    }
}

fn mark(field: &str) -> String {
    format!("(hidden: {field})")
}
