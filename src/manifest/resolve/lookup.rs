//! The way from a cell along keys to a value.

use super::cell::Cell;
use super::settle::State;
use crate::manifest::{Node, NodeKind};

/// Where a way leads.
pub(super) enum Found<'w> {
    /// A part of the document, whose own slots may be open.
    Cell(&'w Cell<'w>),
    /// A value that is final.
    Node(&'w Node),
    /// A value that stands nowhere, such as a length.
    Made(Node),
    /// This slot is needed first.
    Wait(usize),
    /// It depends on something that failed and was reported.
    Broken,
    /// The step with this number leads nowhere; these names would have.
    Missing(usize, Vec<&'w str>),
}

/// Follows `steps` from `from`.
pub(super) fn walk<'w>(from: Found<'w>, steps: &[String], states: &'w [State]) -> Found<'w> {
    let mut here = from;
    for (number, step) in steps.iter().enumerate() {
        here = match settle_here(here, states) {
            Found::Cell(cell) => in_cell(cell, step, number),
            Found::Node(node) => in_node(node, step, number),
            Found::Made(node) => match of_scalar(&node, step) {
                Some(next) => Found::Made(next),
                None => Found::Missing(number, Vec::new()),
            },
            end => return end,
        };
    }
    settle_here(here, states)
}

/// A slot becomes its value, or the reason why it has none.
fn settle_here<'w>(here: Found<'w>, states: &'w [State]) -> Found<'w> {
    match here {
        Found::Cell(Cell::Plain(node)) => Found::Node(node),
        Found::Cell(Cell::Slot(slot)) => match &states[*slot] {
            State::Done(node) => Found::Node(node),
            State::Failed => Found::Broken,
            State::New | State::Active => Found::Wait(*slot),
        },
        other => other,
    }
}

fn in_cell<'w>(cell: &'w Cell<'w>, step: &str, number: usize) -> Found<'w> {
    if let Cell::List(_, cells) = cell {
        if step == "length" {
            return length(cells.len(), cell_node(cell));
        }
        let item = step.parse::<usize>().ok().and_then(|at| cells.get(at));
        return item.map_or(Found::Missing(number, Vec::new()), Found::Cell);
    }
    match cell.get(step) {
        Some(next) => Found::Cell(next),
        None => Found::Missing(number, names(cell_node(cell))),
    }
}

fn in_node<'w>(node: &'w Node, step: &str, number: usize) -> Found<'w> {
    if let NodeKind::List(items) = &node.kind {
        if step == "length" {
            return length(items.len(), Some(node));
        }
        let item = step.parse::<usize>().ok().and_then(|at| items.get(at));
        return item.map_or(Found::Missing(number, Vec::new()), Found::Node);
    }
    if let Some(next) = node.get(step) {
        return Found::Node(next);
    }
    match of_scalar(node, step) {
        Some(made) => Found::Made(made),
        None => Found::Missing(number, names(Some(node))),
    }
}

/// What is below a value that is no map or list: a text's length, a part of an output.
fn of_scalar(node: &Node, step: &str) -> Option<Node> {
    let kind = match &node.kind {
        NodeKind::Text(text) if step == "length" => {
            NodeKind::Int(i64::try_from(text.encode_utf16().count()).ok()?)
        }
        NodeKind::Output { resource, path } => NodeKind::Output {
            resource: resource.clone(),
            path: if path.is_empty() {
                step.to_owned()
            } else {
                format!("{path}.{step}")
            },
        },
        _ => return None,
    };
    Some(Node::new(node.at.clone(), kind))
}

fn length<'w>(size: usize, of: Option<&Node>) -> Found<'w> {
    match (of, i64::try_from(size)) {
        (Some(node), Ok(size)) => Found::Made(Node::new(node.at.clone(), NodeKind::Int(size))),
        _ => Found::Broken,
    }
}

fn cell_node<'w>(cell: &'w Cell<'w>) -> Option<&'w Node> {
    match cell {
        Cell::Plain(node) | Cell::List(node, _) | Cell::Map(node, ..) => Some(node),
        Cell::Slot(_) => None,
    }
}

fn names(node: Option<&Node>) -> Vec<&str> {
    node.map_or(&[][..], Node::entries)
        .iter()
        .map(|entry| entry.key.as_str())
        .collect()
}
