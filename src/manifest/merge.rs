//! A map's entries made final: no key twice, `<<` merged in.

use std::collections::HashSet;

use super::{Entry, Node, NodeKind};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};

/// What `<<` brought: at which entry it stands, its own place, its value.
pub(super) struct Merge {
    pub(super) position: usize,
    pub(super) at: Span,
    pub(super) value: Node,
}

/// Below this size comparing all pairs is cheaper than hashing.
const FEW: usize = 12;

/// Reports keys that stand twice, keeping the first.
pub(super) fn refuse_duplicates(entries: &mut Vec<Entry>, diagnostics: &mut Diagnostics) {
    let found = duplicates(entries);
    for &(first, second) in &found {
        let key = &entries[second].key;
        let (line, _) = entries[first].key_at.line_column();
        let (again, _) = entries[second].key_at.line_column();
        diagnostics.push(
            Diagnostic::error(
                code::DUPLICATE_KEY,
                format!("`{key}` stands on line {line} and again on line {again}"),
            )
            .at(entries[second].key_at.clone())
            .related(entries[first].key_at.clone(), "first here"),
        );
    }
    for &(_, second) in found.iter().rev() {
        entries.remove(second);
    }
}

fn duplicates(entries: &[Entry]) -> Vec<(usize, usize)> {
    let first_of = |at: usize| entries[..at].iter().position(|e| e.key == entries[at].key);
    if entries.len() <= FEW {
        return (1..entries.len())
            .filter_map(|at| first_of(at).map(|first| (first, at)))
            .collect();
    }
    let mut seen = HashSet::with_capacity(entries.len());
    let again = |&at: &usize| !seen.insert(entries[at].key.as_str());
    let repeated: Vec<usize> = (0..entries.len()).filter(again).collect();
    repeated
        .into_iter()
        .filter_map(|at| first_of(at).map(|first| (first, at)))
        .collect()
}

/// The entries with all merges in their places. An explicit key wins, then the earlier merge.
pub(super) fn merge(
    entries: Vec<Entry>,
    merges: Vec<Merge>,
    diagnostics: &mut Diagnostics,
) -> Vec<Entry> {
    let mut taken: HashSet<String> = entries.iter().map(|e| e.key.clone()).collect();
    let mut explicit = entries.into_iter();
    let mut placed = 0;
    let mut out = Vec::new();
    for Merge {
        position,
        at,
        value,
    } in merges
    {
        out.extend(explicit.by_ref().take(position.saturating_sub(placed)));
        placed = placed.max(position);
        let Some(maps) = maps(value) else {
            diagnostics.push(
                Diagnostic::error(code::WRONG_TYPE, "`<<` merges a map or a list of maps").at(at),
            );
            continue;
        };
        for entry in maps.into_iter().flatten() {
            if taken.insert(entry.key.clone()) {
                out.push(entry);
            }
        }
    }
    out.extend(explicit);
    out
}

fn maps(value: Node) -> Option<Vec<Vec<Entry>>> {
    match value.kind {
        NodeKind::Map(entries) => Some(vec![entries]),
        NodeKind::List(items) => items
            .into_iter()
            .map(|item| match item.kind {
                NodeKind::Map(entries) => Some(entries),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}
