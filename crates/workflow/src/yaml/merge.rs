//! `<<` in a map: what it leads to stands in the map as if it were written there.

use std::collections::BTreeSet;

use super::{Data, Entry, Node, Place};
use crate::Finding;

/// A `<<`: before which entry it stands, its own place, its value.
pub(super) struct Merge {
    pub(super) position: usize,
    pub(super) at: Place,
    pub(super) value: Node,
}

/// The entries with what was merged in where the merges stand, each with the place at which it is written. A key of the
/// map itself wins, then that of the earlier map.
///
/// # Errors
/// A merge is neither a map nor a list of maps.
pub(super) fn merge(entries: Vec<Entry>, merges: Vec<Merge>) -> Result<Vec<Entry>, Finding> {
    if merges.is_empty() {
        return Ok(entries);
    }
    let mut taken: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let (mut own, mut placed) = (entries.into_iter(), 0);
    let mut whole = Vec::new();
    for Merge {
        position,
        at,
        value,
    } in merges
    {
        whole.extend(own.by_ref().take(position - placed));
        placed = position;
        let brought =
            maps(value).ok_or_else(|| Finding::error(at, "`<<` merges a map or a list of maps"))?;
        let new = brought.into_iter().flatten();
        whole.extend(new.filter(|entry| taken.insert(entry.key.clone())));
    }
    whole.extend(own);
    Ok(whole)
}

fn maps(value: Node) -> Option<Vec<Vec<Entry>>> {
    let inside = |node: Node| match node.data {
        Data::Map(entries) => Some(entries),
        _ => None,
    };
    match value.data {
        Data::List(items) => items.into_iter().map(inside).collect(),
        data => Some(vec![inside(Node { data, ..value })?]),
    }
}
