//! The resolved document as a [`Manifest`].

use std::collections::BTreeSet;
use std::path::Path;

use super::actions::{Around, Level};
use super::{Block, Entry, Manifest, Node, NodeKind, Occasion, Tolerance};
use super::{actions, flow, number, read};
use crate::diagnostic::{Diagnostic, Diagnostics, code};

/// The manifest of a document whose keys were checked and whose expressions were resolved.
pub(super) fn assemble(
    path: &Path,
    mut document: Node,
    occasion: Occasion<'_>,
    diagnostics: &mut Diagnostics,
) -> Manifest {
    let folder = read::folder_of(path);
    let broken = broken(&document);
    drop_nothings(&mut document);
    let name = word(&document, "name", diagnostics);
    let access = word(&document, "access", diagnostics);
    let around = Around {
        command: occasion.command,
        folder: &folder,
    };
    let actions = document.get("actions").map_or_else(Vec::new, |node| {
        around.read(node, Level::Global, diagnostics)
    });
    let mut blocks = blocks(&mut document, &around, diagnostics);
    for block in &mut blocks {
        block.is_broken = broken.contains(&block.name);
    }
    drop(&mut document, Node::is_null);
    let order = flow::order(&document, &blocks, occasion.command, diagnostics);
    Manifest {
        path: path.to_owned(),
        name: name.unwrap_or_else(|| folder_name(&folder)),
        folder,
        access,
        order,
        blocks,
        actions,
        variables: Vec::new(),
        files: BTreeSet::new(),
        own: document.get("sdev").cloned(),
        document,
    }
}

/// The resources that hold an expression without a value.
fn broken(document: &Node) -> BTreeSet<String> {
    let resources = document.get("resources").map(Node::entries);
    let broken = resources
        .unwrap_or_default()
        .iter()
        .filter(|entry| entry.value.has_failed());
    broken.map(|entry| entry.key.clone()).collect()
}

/// Takes entries out of all maps that `is_nothing` holds of. In lists they stay, so that numbers of items do not change.
fn drop(node: &mut Node, is_nothing: fn(&Node) -> bool) {
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| drop(item, is_nothing)),
        NodeKind::Map(entries) => {
            entries.retain(|entry| !is_nothing(&entry.value));
            for entry in entries {
                drop(&mut entry.value, is_nothing);
            }
        }
        _ => {}
    }
}

/// Takes entries without a value out. Actions keep theirs, and properties and `sdev` those whose expression failed: there
/// the key is still to be seen.
fn drop_nothings(document: &mut Node) {
    let NodeKind::Map(top) = &mut document.kind else {
        return;
    };
    top.retain(|entry| !entry.value.is_nothing());
    for entry in top.iter_mut().filter(|entry| entry.key != "actions") {
        match &mut entry.value.kind {
            NodeKind::Map(resources) if entry.key == "resources" => {
                for resource in resources {
                    drop_nothings_of_resource(&mut resource.value);
                }
            }
            _ if entry.key == "sdev" => drop(&mut entry.value, Node::is_null),
            _ => drop(&mut entry.value, Node::is_nothing),
        }
    }
}

fn drop_nothings_of_resource(resource: &mut Node) {
    let NodeKind::Map(parts) = &mut resource.kind else {
        return;
    };
    parts.retain(|part| !part.value.is_null() && (part.key == "props" || !part.value.is_failed()));
    for part in parts {
        match part.key.as_str() {
            "actions" => {}
            "props" => drop(&mut part.value, Node::is_null),
            _ => drop(&mut part.value, Node::is_nothing),
        }
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

fn blocks(document: &mut Node, around: &Around<'_>, diagnostics: &mut Diagnostics) -> Vec<Block> {
    let NodeKind::Map(top) = &mut document.kind else {
        return Vec::new();
    };
    let resources = top.iter_mut().find(|entry| entry.key == "resources");
    let Some(NodeKind::Map(entries)) = resources.map(|entry| &mut entry.value.kind) else {
        return Vec::new();
    };
    entries
        .iter_mut()
        .filter_map(|entry| block(entry, around, diagnostics))
        .collect()
}

/// One resource; its missing `props` become an empty map in the document too.
fn block(entry: &mut Entry, around: &Around<'_>, diagnostics: &mut Diagnostics) -> Option<Block> {
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
    if !props.is_map() && !props.is_failed() {
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
        actions: entry.value.get("actions").map_or_else(Vec::new, |node| {
            around.read(node, Level::Resource, diagnostics)
        }),
        tolerance: tolerance(entry, diagnostics),
        is_broken: false,
    })
}

/// Which failures of a resource's own command are passed over.
fn tolerance(entry: &Entry, diagnostics: &mut Diagnostics) -> Tolerance {
    let mut tolerance = actions::tolerance(entry.value.entry("allow_failure"), diagnostics);
    if let Some(goes_on) = entry.value.entry("continue-on-error") {
        match goes_on.value.kind {
            NodeKind::Bool(goes_on) => tolerance.all |= goes_on,
            _ => diagnostics.push(
                Diagnostic::error(
                    code::WRONG_TYPE,
                    format!(
                        "`continue-on-error` must be true or false, and is {}",
                        described(&goes_on.value)
                    ),
                )
                .at(goes_on.value.at.clone()),
            ),
        }
    }
    tolerance
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

#[cfg(test)]
mod tests {
    use crate::manifest::fixture::{load_with, wrong};
    use crate::manifest::to_json;
    use serde_json::json;

    #[test]
    fn a_manifest_has_its_parts() {
        let text = "edition: 3.0.0\nname: app-${vars.n}\naccess: default\nvars: {n: 1, c: fc3}\nresources:\n  a:\n    component: ${vars.c}\n    props: {x: '${vars.n}'}\n  b: {component: oss}\n";
        let (manifest, found) = load_with(text, &[]).unwrap();
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(
            (manifest.name.as_str(), manifest.access.as_deref()),
            ("app-1", Some("default"))
        );
        let [a, b] = &manifest.blocks[..] else {
            panic!("two blocks");
        };
        assert_eq!(
            (a.name.as_str(), a.component.as_str(), a.at.line_column()),
            ("a", "fc3", (6, 3))
        );
        assert_eq!(a.component_at.line_column(), (7, 16));
        assert_eq!(to_json(&a.props), json!({"x": 1}));
        assert!(b.props.is_map() && b.props.entries().is_empty());
        assert_eq!(
            to_json(&manifest.document)["resources"]["b"],
            json!({"component": "oss", "props": {}})
        );
    }

    #[test]
    fn nulls_go_from_maps_and_stay_in_lists() {
        let text = "edition: 3.0.0\nresources:\n  a: {component: fc3, props: {n: ~, l: [1, ~, {x: null}], m: {x: null}, e: ''}}\n";
        let (manifest, _) = load_with(text, &[]).unwrap();
        assert_eq!(
            to_json(&manifest.blocks[0].props),
            json!({"l": [1, null, {}], "m": {}, "e": ""})
        );
        assert_eq!(manifest.access, None);
    }

    #[test]
    fn the_name_falls_back_to_the_folder() {
        let (manifest, _) = load_with("edition: 3.0.0\nresources: {}\n", &[]).unwrap();
        assert_eq!(
            manifest.folder.join(".."),
            manifest.path.parent().unwrap().join("..")
        );
        assert_eq!(
            manifest.name,
            manifest.folder.file_name().unwrap().to_str().unwrap()
        );
    }

    #[test]
    fn types_are_checked_after_resolving() {
        let head = "edition: 3.0.0\nvars: {l: [1], m: {k: 1}}\n";
        assert_eq!(
            wrong(&format!("{head}name: '${{vars.l}}'\nresources: {{}}\n")),
            ["SD0107 3:7"]
        );
        assert_eq!(
            wrong(&format!(
                "{head}resources:\n  a: {{component: '${{vars.m}}', props: '${{vars.l}}'}}\n"
            ))
            .len(),
            1
        );
        assert_eq!(
            wrong(&format!(
                "{head}resources:\n  a: {{component: '${{resources.a.output.x}}'}}\n"
            )),
            ["SD0107 4:19"]
        );
        assert!(
            wrong(&format!(
                "{head}resources:\n  a: {{component: fc3, props: '${{vars.m}}'}}\n"
            ))
            .is_empty()
        );
    }
}
