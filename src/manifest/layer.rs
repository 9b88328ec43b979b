//! One value laid over another: maps merge deeply, anything else is replaced.

use super::expression::{Piece, split};
use super::{Entry, Layered, Node, NodeKind};

/// `upper` over `lower`. Where an expression may turn out to be a map, the decision waits until it is known.
pub(super) fn lay(lower: Node, upper: Node) -> Node {
    over(lower, upper, Texts::MayBeMaps)
}

/// Whether a text with an expression still gets a value.
#[derive(Clone, Copy, PartialEq)]
enum Texts {
    MayBeMaps,
    Stay,
}

fn over(lower: Node, upper: Node, texts: Texts) -> Node {
    match (lower.kind, upper.kind) {
        (NodeKind::Map(below), NodeKind::Map(above)) => {
            Node::new(upper.at, NodeKind::Map(entries(below, above, texts)))
        }
        (below, above) if texts == Texts::MayBeMaps && may_be_map(&below) && may_be_map(&above) => {
            let at = upper.at.clone();
            let layered = Layered {
                lower: Node::new(lower.at, below),
                upper: Node::new(upper.at, above),
                without: Vec::new(),
            };
            Node::new(at, NodeKind::Layered(Box::new(layered)))
        }
        (_, above) => Node::new(upper.at, above),
    }
}

/// The entries of `lower` in their order, each under what `upper` says, then what only `upper` has.
fn entries(lower: Vec<Entry>, upper: Vec<Entry>, texts: Texts) -> Vec<Entry> {
    let mut merged = lower;
    for entry in upper {
        match merged.iter_mut().find(|below| below.key == entry.key) {
            // Nothing is said here, so what is below stays: nulls are dropped before the original merges.
            Some(_) if entry.value.is_null() => {}
            Some(below) => {
                let null = Node::new(entry.key_at.clone(), NodeKind::Null);
                let value = std::mem::replace(&mut below.value, null);
                below.value = over(value, entry.value, texts);
                below.key_at = entry.key_at;
            }
            None => merged.push(entry),
        }
    }
    merged
}

/// Two known values.
pub(super) fn settle(layered: &Layered, mut lower: Node, upper: Node) -> Node {
    for path in &layered.without {
        omit(&mut lower, path);
    }
    over(lower, upper, Texts::Stay)
}

/// Takes the value at a dotted path out; a path that leads nowhere changes nothing. A key with dots counts as written.
pub(super) fn omit(node: &mut Node, path: &str) {
    if matches!(node.kind, NodeKind::Text(_)) && may_be_map(&node.kind) {
        let nothing = Node::new(node.at.clone(), NodeKind::Map(Vec::new()));
        let lower = std::mem::replace(node, nothing.clone());
        let layered = Layered {
            lower,
            upper: nothing,
            without: vec![path.to_owned()],
        };
        node.kind = NodeKind::Layered(Box::new(layered));
        return;
    }
    match &mut node.kind {
        NodeKind::Map(entries) => {
            if entries.iter().any(|entry| entry.key == path) {
                entries.retain(|entry| entry.key != path);
                return;
            }
            for (at, _) in path.match_indices('.') {
                let found = entries.iter_mut().find(|entry| entry.key == path[..at]);
                if let Some(entry) = found {
                    omit(&mut entry.value, &path[at + 1..]);
                }
            }
        }
        NodeKind::Layered(layered) => {
            omit(&mut layered.lower, path);
            omit(&mut layered.upper, path);
        }
        _ => {}
    }
}

/// Whether the value is a map or an expression that may be one: only a text that is one expression has any other type.
fn may_be_map(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Map(_) | NodeKind::Layered(_) => true,
        NodeKind::Text(text) => {
            text.contains("${") && matches!(split(text)[..], [Piece::Expression(..)])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::manifest::{to_json, tree};
    use serde_json::json;

    fn node(yaml: &str) -> Node {
        tree::parse(&Source::new("s.yaml", yaml)).0.unwrap()
    }

    #[test]
    fn maps_merge_and_all_else_is_replaced() {
        let merged = lay(
            node("{a: {x: 1, y: 2}, l: [1, 2], s: t, n: 1, z: {q: 1}}"),
            node("{b: 5, a: {y: 3, w: ~}, l: [9], s: {k: v}, n: ~, z: 3}"),
        );
        let wanted = json!({"a": {"x": 1, "y": 3, "w": null}, "l": [9], "s": {"k": "v"}, "n": 1, "z": 3, "b": 5});
        assert_eq!(to_json(&merged).to_string(), wanted.to_string());
    }

    #[test]
    fn what_may_become_a_map_waits() {
        let merged = lay(
            node("{a: '${vars.x}', b: 'x${vars.x}'}"),
            node("{a: {k: 1}, b: {k: 1}}"),
        );
        assert!(matches!(
            merged.get("a").unwrap().kind,
            NodeKind::Layered(_)
        ));
        assert!(matches!(merged.get("b").unwrap().kind, NodeKind::Map(_)));
        assert!(matches!(
            lay(node("'${a}'"), node("1")).kind,
            NodeKind::Int(1)
        ));
    }

    #[test]
    fn paths_are_taken_out() {
        let mut map = node("{a: {b: {c: 1, d: 2}}, a.b: 1, e: 1}");
        for path in ["a.b", "a.b.c", "e", "no.such"] {
            omit(&mut map, path);
        }
        assert_eq!(to_json(&map), json!({"a": {"b": {"d": 2}}}));
    }
}
