//! Finds what a dotted path names among properties.

use crate::diagnostic::Span;
use crate::manifest::{Node, NodeKind};

/// What is at a path.
#[derive(Debug, Clone)]
pub(super) enum Found<'a> {
    /// This, under this spelled-out path.
    There(&'a Node, String),
    /// Nothing: the place of the map or list that should hold it, and the path that is missing.
    Absent(&'a Span, String),
}

/// Everything that `path` names below `node`: with `*` one answer for every item or value that is there.
pub(super) fn find<'a>(node: &'a Node, path: &[String]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    walk(node, path, String::new(), &mut found);
    found
}

fn walk<'a>(node: &'a Node, path: &[String], so_far: String, found: &mut Vec<Found<'a>>) {
    let Some((first, rest)) = path.split_first() else {
        return found.push(Found::There(node, so_far));
    };
    let below = |name: &str| {
        let dot = if so_far.is_empty() { "" } else { "." };
        format!("{so_far}{dot}{name}")
    };
    match &node.kind {
        // That it failed was reported.
        NodeKind::Failed => {}
        // What it will be is not known, nor what is in it.
        NodeKind::Output { .. } | NodeKind::Join(_) | NodeKind::Secret(_) => {
            found.push(Found::There(node, so_far));
        }
        NodeKind::List(items) if first == "*" => {
            for (number, item) in items.iter().enumerate() {
                walk(item, rest, below(&number.to_string()), found);
            }
        }
        NodeKind::Map(entries) if first == "*" => {
            for entry in entries {
                walk(&entry.value, rest, below(&entry.key), found);
            }
        }
        _ => match child(node, first) {
            Some(child) => walk(child, rest, below(first), found),
            // No item, none to ask anything of.
            None if rest.iter().any(|part| part == "*") || first == "*" => {}
            None => found.push(Found::Absent(&node.at, below(&path.join(".")))),
        },
    }
}

fn child<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    match &node.kind {
        NodeKind::List(items) => items.get(name.parse::<usize>().ok()?),
        _ => node.get(name),
    }
}
