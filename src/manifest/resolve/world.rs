//! What expressions can name: the variables, the resources, the access.

use std::collections::{BTreeSet, HashMap};

use super::cell::{Cell, Slot};
use crate::manifest::Node;

/// The document cut into cells, with its named parts.
pub(super) struct World<'d> {
    root: &'d Node,
    pub(super) slots: Vec<Slot<'d>>,
    pub(super) vars: Option<Cell<'d>>,
    pub(super) access: Option<Cell<'d>>,
    pub(super) resources: Vec<(&'d str, Cell<'d>)>,
    by_name: HashMap<&'d str, usize>,
    lazy: Option<usize>,
    /// Environment variables whose values are secret.
    pub(super) marked: BTreeSet<&'d str>,
}

impl<'d> World<'d> {
    pub(super) fn new(root: &'d Node) -> Self {
        let mut world = Self {
            root,
            slots: Vec::new(),
            vars: None,
            access: None,
            resources: Vec::new(),
            by_name: HashMap::new(),
            lazy: None,
            marked: root
                .get("sdev")
                .map(super::secret::marked)
                .unwrap_or_default(),
        };
        for entry in root.entries() {
            match entry.key.as_str() {
                "resources" if entry.value.is_map() => world.cut_resources(&entry.value),
                "vars" => world.vars = Some(Cell::cut(&entry.value, None, &mut world.slots)),
                "access" => {
                    let cell = Cell::cut(&entry.value, None, &mut world.slots);
                    world.lazy = if let Cell::Slot(slot) = cell {
                        Some(slot)
                    } else {
                        None
                    };
                    world.access = Some(cell);
                }
                _ => drop(Cell::cut(&entry.value, None, &mut world.slots)),
            }
        }
        world
    }

    /// The slot of the top-level `access`. It stays as written, and has a value only for who asks.
    pub(super) fn lazy(&self) -> Option<usize> {
        self.lazy
    }

    /// The resource of this name, by its place in the file.
    pub(super) fn resource(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A slot's path in the document: `vars.a.0`.
    pub(super) fn path_of(&self, slot: usize) -> String {
        let mut path = Vec::new();
        trace(self.root, self.slots[slot].node, &mut path);
        path.join(".")
    }

    fn cut_resources(&mut self, resources: &'d Node) {
        for (at, entry) in resources.entries().iter().enumerate() {
            let cell = Cell::cut(&entry.value, Some(at), &mut self.slots);
            self.by_name.insert(&entry.key, at);
            self.resources.push((&entry.key, cell));
        }
    }
}

fn trace(node: &Node, goal: &Node, path: &mut Vec<String>) -> bool {
    if std::ptr::eq(node, goal) {
        return true;
    }
    let entries = node
        .entries()
        .iter()
        .map(|entry| (entry.key.clone(), &entry.value));
    let items = node
        .items()
        .iter()
        .enumerate()
        .map(|(at, item)| (at.to_string(), item));
    for (name, child) in entries.chain(items) {
        path.push(name);
        if trace(child, goal, path) {
            return true;
        }
        path.pop();
    }
    false
}
