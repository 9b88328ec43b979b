//! Whether two trees are the same manifest.

use std::collections::BTreeMap;

use crate::manifest::{Entry, Node, NodeKind};

/// Whether both hold the same values in the same order. The keys at the top and those of a resource may have moved.
pub(super) fn is_same(a: &Node, b: &Node) -> bool {
    same_keys(a, b, &|key, a, b| match key {
        "resources" | "services" => same_resources(a, b),
        _ => same(a, b),
    })
}

fn same_resources(a: &Node, b: &Node) -> bool {
    if !(a.is_map() && b.is_map()) {
        return same(a, b);
    }
    same_entries(a.entries(), b.entries(), &|a, b| {
        same_keys(a, b, &|_, a, b| same(a, b))
    })
}

/// Whether two maps have the same keys in whatever order, and values that `holds` finds the same.
fn same_keys(a: &Node, b: &Node, holds: &dyn Fn(&str, &Node, &Node) -> bool) -> bool {
    if !(a.is_map() && b.is_map()) {
        return same(a, b);
    }
    let by_key = |node: &'_ Node| -> BTreeMap<String, Node> {
        let entries = node.entries().iter();
        entries
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect()
    };
    let (a, b) = (by_key(a), by_key(b));
    a.len() == b.len()
        && a.iter()
            .all(|(key, a)| b.get(key).is_some_and(|b| holds(key, a, b)))
}

fn same_entries(a: &[Entry], b: &[Entry], holds: &dyn Fn(&Node, &Node) -> bool) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.key == b.key && holds(&a.value, &b.value))
}

fn same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (NodeKind::List(a), NodeKind::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (NodeKind::Map(a), NodeKind::Map(b)) => same_entries(a, b, &same),
        (NodeKind::Float(a), NodeKind::Float(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}
