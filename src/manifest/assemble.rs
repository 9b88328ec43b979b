//! The resolved document as a [`Manifest`].

use std::path::Path;

use super::{Block, Entry, Manifest, Node, NodeKind, number, read};
use crate::diagnostic::{Diagnostic, Diagnostics, code};

/// The manifest of a document whose keys were checked and whose expressions were resolved.
pub(super) fn assemble(path: &Path, mut document: Node, diagnostics: &mut Diagnostics) -> Manifest {
    let folder = read::folder_of(path);
    drop_nulls(&mut document);
    let name = word(&document, "name", diagnostics);
    let access = word(&document, "access", diagnostics);
    let blocks = blocks(&mut document, diagnostics);
    Manifest {
        path: path.to_owned(),
        name: name.unwrap_or_else(|| folder_name(&folder)),
        folder,
        access,
        blocks,
        document,
    }
}

/// Takes entries without a value out of all maps. In lists they stay, so that numbers of items do not change.
fn drop_nulls(node: &mut Node) {
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(drop_nulls),
        NodeKind::Map(entries) => {
            entries.retain(|entry| !entry.value.is_null());
            for entry in entries {
                drop_nulls(&mut entry.value);
            }
        }
        _ => {}
    }
}

/// A top-level value that must be a word.
fn word(document: &Node, key: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let node = document.get(key)?;
    let word = spelled(node);
    if word.is_none() {
        diagnostics.push(
            Diagnostic::error(
                code::WRONG_TYPE,
                format!("`{key}` must be a text, and is {}", described(node)),
            )
            .at(node.at.clone()),
        );
    }
    word
}

fn blocks(document: &mut Node, diagnostics: &mut Diagnostics) -> Vec<Block> {
    let NodeKind::Map(top) = &mut document.kind else {
        return Vec::new();
    };
    let resources = top.iter_mut().find(|entry| entry.key == "resources");
    let Some(NodeKind::Map(entries)) = resources.map(|entry| &mut entry.value.kind) else {
        return Vec::new();
    };
    entries
        .iter_mut()
        .filter_map(|entry| block(entry, diagnostics))
        .collect()
}

/// One resource; its missing `props` become an empty map in the document too.
fn block(entry: &mut Entry, diagnostics: &mut Diagnostics) -> Option<Block> {
    let NodeKind::Map(entries) = &mut entry.value.kind else {
        return None;
    };
    if !entries.iter().any(|entry| entry.key == "props") {
        let at = entry.key_at.clone();
        entries.push(Entry {
            key: "props".to_owned(),
            key_at: at.clone(),
            value: Node::new(at, NodeKind::Map(Vec::new())),
        });
    }
    let props = entry.value.get("props")?.clone();
    if !props.is_map() {
        let detail = format!(
            "`props` of `{}` must be a map, and is {}",
            entry.key,
            described(&props)
        );
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(props.at.clone()));
        return None;
    }
    let component = entry.value.get("component")?;
    let Some(name) = spelled(component) else {
        let detail = format!(
            "`component` of `{}` must be a name, and is {}",
            entry.key,
            described(component)
        );
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(component.at.clone()));
        return None;
    };
    Some(Block {
        name: entry.key.clone(),
        at: entry.key_at.clone(),
        component: name,
        component_at: component.at.clone(),
        props,
    })
}

/// A scalar as a word. What is known only after a deploy is none.
fn spelled(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Text(text) => Some(text.clone()),
        NodeKind::Bool(value) => Some(value.to_string()),
        NodeKind::Int(value) => Some(value.to_string()),
        NodeKind::Float(value) => Some(number::spell(*value)),
        _ => None,
    }
}

fn described(node: &Node) -> &'static str {
    if node.has_output() && !node.is_map() {
        "known only after a deploy"
    } else {
        node.type_name()
    }
}

fn folder_name(folder: &Path) -> String {
    let absolute = read::absolute(folder);
    absolute.file_name().map_or_else(
        || "app".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
