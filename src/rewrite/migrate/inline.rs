//! What stands elsewhere in the file, written out where it gets other names.

use super::super::layout::{Body, Collection, Entry, Node, Style};
use super::edit::{get, get_mut, take};

/// How often a merged map may merge another one.
const DEPTH: usize = 16;

/// Settings of a function or a service with keys that change.
const CHANGING: [&str; 6] = [
    "nasConfig",
    "customContainerConfig",
    "customRuntimeConfig",
    "asyncConfiguration",
    "instanceLifecycleConfig",
    "vpcConfig",
];

/// Writes out a value that stands elsewhere in the file, and what is merged into it.
pub(super) fn value(node: &mut Node, whole: &Node) {
    if let Some(meant) = meaning(node, whole) {
        let comment = node.comment.take();
        *node = meant;
        node.comment = node.comment.take().or(comment);
    }
    if let Some(map) = node.map_mut() {
        merged(map, whole);
    }
}

/// As [`value`], for a list and each of its items.
pub(super) fn list(node: &mut Node, whole: &Node) {
    value(node, whole);
    if let Body::Collection(list) = &mut node.body
        && !list.is_map
    {
        for item in &mut list.entries {
            value(&mut item.value, whole);
        }
    }
}

/// As [`value`], for the settings in a function or a service that change.
pub(super) fn settings(part: &mut Node, whole: &Node) {
    let Some(map) = part.map_mut() else { return };
    for name in CHANGING {
        if let Some(node) = get_mut(map, name) {
            value(node, whole);
        }
    }
}

/// Writes the keys that `<<` brings in its place.
pub(super) fn merged(map: &mut Collection, whole: &Node) {
    for _ in 0..DEPTH {
        let Some(at) = map.entries.iter().position(|entry| entry.name() == "<<") else {
            return;
        };
        let Some(mut merge) = take(map, "<<") else {
            return;
        };
        list(&mut merge.value, whole);
        let mut brought = Vec::new();
        for source in sources(&merge.value) {
            for entry in &source.entries {
                let is_brought = brought
                    .iter()
                    .any(|known: &Entry| known.name() == entry.name());
                if get(map, entry.name()).is_none() && !is_brought {
                    brought.push(entry.clone());
                }
            }
        }
        if let Some(first) = brought.first_mut() {
            first.before.splice(0..0, merge.before);
        }
        map.entries.splice(at..at, brought);
    }
}

/// The maps that are merged.
fn sources(merge: &Node) -> Vec<&Collection> {
    let Body::Collection(all) = &merge.body else {
        return Vec::new();
    };
    if all.is_map {
        return vec![all];
    }
    all.entries
        .iter()
        .filter_map(|item| item.value.collection())
        .collect()
}

/// What `${vars.a.b}` or an alias stands for in this file, to be changed in one place only.
fn meaning(node: &Node, whole: &Node) -> Option<Node> {
    let Body::Scalar(scalar) = &node.body else {
        return None;
    };
    let mut found = if scalar.style == Style::Alias {
        anchored(whole, &scalar.raw.replacen('*', "&", 1))?.clone()
    } else {
        let inner = scalar.value.strip_prefix("${")?.strip_suffix('}')?;
        let mut steps = inner.trim().split('.');
        let start = match whole.body {
            Body::Collection(ref map) => get(map, steps.next()?)?,
            _ => return None,
        };
        steps
            .try_fold(start, |node, step| get(node.collection()?, step))?
            .clone()
    };
    found.props.clear();
    found.collection().is_some().then_some(found)
}

fn anchored<'n>(node: &'n Node, anchor: &str) -> Option<&'n Node> {
    if node.props.iter().any(|prop| prop == anchor) {
        return Some(node);
    }
    let entries = &node.collection()?.entries;
    entries
        .iter()
        .find_map(|entry| anchored(&entry.value, anchor))
}
