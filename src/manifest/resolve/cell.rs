//! The document as cells: parts without expressions stay whole, each text with one is a numbered slot.

use std::collections::HashMap;

use crate::manifest::expression::holds_expression;
use crate::manifest::{Entry, Layered, Node, NodeKind};

/// Above this many entries a map gets an index.
const FEW: usize = 16;

/// A part of the document.
pub(super) enum Cell<'d> {
    /// No expression inside.
    Plain(&'d Node),
    /// A text with expressions, by number.
    Slot(usize),
    /// A list with a slot somewhere inside.
    List(&'d Node, Vec<Cell<'d>>),
    /// A map with a slot somewhere inside, or a large one.
    Map(&'d Node, Vec<Cell<'d>>, Option<HashMap<&'d str, usize>>),
}

/// A value that has to be found.
pub(super) struct Slot<'d> {
    pub(super) node: &'d Node,
    pub(super) content: Content<'d>,
    pub(super) place: Place,
}

/// What a slot's value is made of.
pub(super) enum Content<'d> {
    /// A text with expressions.
    Text(&'d str),
    /// Two values to be laid over each other.
    Layered(&'d Layered, Box<[Cell<'d>; 2]>),
}

/// Where in the document a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Outside the resources.
    Top,
    /// In a template, whose `this` gets a meaning only in the resources that extend it.
    Template,
    /// In the resource of this number, which `this` means.
    Resource(usize),
}

impl<'d> Cell<'d> {
    /// Cuts `node`, numbering its slots in the order of the document.
    pub(super) fn cut(node: &'d Node, place: Place, slots: &mut Vec<Slot<'d>>) -> Self {
        let before = slots.len();
        match &node.kind {
            NodeKind::Text(text) if holds_expression(text) => {
                slots.push(Slot {
                    node,
                    content: Content::Text(text),
                    place,
                });
                Self::Slot(before)
            }
            NodeKind::Layered(layered) => {
                let [lower, upper] = [&layered.lower, &layered.upper];
                let cells = [lower, upper].map(|part| Self::cut(part, place, slots));
                slots.push(Slot {
                    node,
                    content: Content::Layered(layered, Box::new(cells)),
                    place,
                });
                Self::Slot(slots.len() - 1)
            }
            NodeKind::List(items) => {
                let cells = items
                    .iter()
                    .map(|item| Self::cut(item, place, slots))
                    .collect();
                if slots.len() == before {
                    Self::Plain(node)
                } else {
                    Self::List(node, cells)
                }
            }
            NodeKind::Map(entries) => {
                let cells = entries
                    .iter()
                    .map(|entry| Self::cut(&entry.value, place, slots))
                    .collect();
                if slots.len() == before && entries.len() <= FEW {
                    return Self::Plain(node);
                }
                Self::Map(node, cells, index(entries))
            }
            _ => Self::Plain(node),
        }
    }

    /// The cell under `key` of a map with slots.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(node, cells, index) = self else {
            return None;
        };
        let at = match index {
            Some(index) => *index.get(key)?,
            None => node.entries().iter().position(|entry| entry.key == key)?,
        };
        cells.get(at)
    }
}

fn index(entries: &[Entry]) -> Option<HashMap<&str, usize>> {
    (entries.len() > FEW).then(|| {
        entries
            .iter()
            .enumerate()
            .map(|(at, entry)| (entry.key.as_str(), at))
            .collect()
    })
}

/// Visits the slots in the same order in which [`Cell::cut`] numbers them.
pub(super) fn each_slot(node: &mut Node, visit: &mut dyn FnMut(&mut Node)) {
    match &mut node.kind {
        NodeKind::Text(text) if holds_expression(text) => visit(node),
        NodeKind::Layered(layered) => {
            each_slot(&mut layered.lower, visit);
            each_slot(&mut layered.upper, visit);
            visit(node);
        }
        NodeKind::List(items) => items.iter_mut().for_each(|item| each_slot(item, visit)),
        NodeKind::Map(entries) => entries
            .iter_mut()
            .for_each(|entry| each_slot(&mut entry.value, visit)),
        _ => {}
    }
}
