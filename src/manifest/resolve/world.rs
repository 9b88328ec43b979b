//! What expressions can name: the variables, the resources, the access; and what each file's expressions see first.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::cell::{Cell, Place, Slot};
use crate::diagnostic::Source;
use crate::manifest::Node;
use crate::manifest::compose::{Composed, Scope};
use crate::manifest::environments::Overlay;

/// The document cut into cells, with its named parts.
pub(super) struct World<'d> {
    composed: &'d Composed,
    pub(super) slots: Vec<Slot<'d>>,
    pub(super) vars: Option<Cell<'d>>,
    pub(super) access: Option<Cell<'d>>,
    pub(super) name: Option<Cell<'d>>,
    pub(super) resources: Resources<'d>,
    /// How many slots are the document's own. The others are of [`View`]s, worked out only when asked for.
    pub(super) count: usize,
    scopes: Vec<(&'d Arc<Source>, Resources<'d>)>,
    overlay: Option<OverlayCells<'d>>,
    lazy: Option<usize>,
    /// Environment variables whose values are secret.
    pub(super) marked: BTreeSet<&'d str>,
}

/// Resources by name and number.
#[derive(Default)]
pub(super) struct Resources<'d> {
    pub(super) all: Vec<(&'d str, Cell<'d>)>,
    by_name: HashMap<&'d str, usize>,
}

struct OverlayCells<'d> {
    source: &'d Arc<Source>,
    entry: Cell<'d>,
    project: Option<Cell<'d>>,
    before: Resources<'d>,
}

/// What the expressions of a file see before the document.
pub(super) enum View<'w> {
    /// Nothing else: the manifest, where no other file is in play.
    Document,
    /// A file with a base, or the base: its own resources.
    File(&'w Resources<'w>),
    /// An overlay of an environment.
    Overlay {
        /// The environment, which `this` means.
        entry: &'w Cell<'w>,
        /// The name that `project` means.
        project: Option<&'w Cell<'w>>,
        /// The resources under the overlay, which `source` looks into.
        before: &'w Resources<'w>,
    },
}

impl<'d> Resources<'d> {
    fn cut(node: &'d Node, slots: &mut Vec<Slot<'d>>) -> Self {
        let mut resources = Self::default();
        for (at, entry) in node.entries().iter().enumerate() {
            let cell = Cell::cut(&entry.value, Place::Resource(at), slots);
            resources.by_name.insert(&entry.key, at);
            resources.all.push((&entry.key, cell));
        }
        resources
    }

    /// The resource of this name, by its place in the file.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The resource of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Cell<'d>> {
        self.number(name).map(|number| &self.all[number].1)
    }
}

impl<'d> World<'d> {
    pub(super) fn new(composed: &'d Composed) -> Self {
        let mut world = Self {
            composed,
            slots: Vec::new(),
            vars: None,
            access: None,
            name: None,
            resources: Resources::default(),
            count: 0,
            scopes: Vec::new(),
            overlay: None,
            lazy: None,
            marked: composed
                .root
                .get("sdev")
                .map(super::secret::marked)
                .unwrap_or_default(),
        };
        for entry in composed.root.entries() {
            let place = if entry.key == "template" {
                Place::Template
            } else {
                Place::Top
            };
            if entry.key == "resources" && entry.value.is_map() {
                world.resources = Resources::cut(&entry.value, &mut world.slots);
                continue;
            }
            let cell = Cell::cut(&entry.value, place, &mut world.slots);
            match entry.key.as_str() {
                "vars" => world.vars = Some(cell),
                "name" => world.name = Some(cell),
                "access" => {
                    world.lazy = if let Cell::Slot(slot) = cell {
                        Some(slot)
                    } else {
                        None
                    };
                    world.access = Some(cell);
                }
                _ => {}
            }
        }
        world.count = world.slots.len();
        let scope = |scope: &'d Scope, slots: &mut _| {
            (&scope.source, Resources::cut(&scope.resources, slots))
        };
        for each in &composed.scopes {
            world.scopes.push(scope(each, &mut world.slots));
        }
        world.overlay = composed
            .overlay
            .as_ref()
            .map(|overlay| OverlayCells::cut(overlay, &mut world.slots));
        world
    }

    /// The slot of the top-level `access`. It stays as written, and has a value only for who asks.
    pub(super) fn lazy(&self) -> Option<usize> {
        self.lazy
    }

    /// What expressions in this file see first.
    pub(super) fn view(&self, source: &Arc<Source>) -> View<'_> {
        if let Some((_, resources)) = self.scopes.iter().find(|(of, _)| Arc::ptr_eq(of, source)) {
            return View::File(resources);
        }
        match &self.overlay {
            Some(overlay) if Arc::ptr_eq(overlay.source, source) => View::Overlay {
                entry: &overlay.entry,
                project: self.name.as_ref().or(overlay.project.as_ref()),
                before: &overlay.before,
            },
            _ => View::Document,
        }
    }

    /// A slot's path in the document: `vars.a.0`.
    pub(super) fn path_of(&self, slot: usize) -> String {
        let goal = self.slots[slot].node;
        let mut path = Vec::new();
        let scopes = self.composed.scopes.iter().map(|scope| &scope.resources);
        let before = self.composed.overlay.iter().map(|overlay| &overlay.before);
        if !trace(&self.composed.root, goal, &mut path) {
            path.push("resources".to_owned());
            let _ = scopes
                .chain(before)
                .any(|node| trace(node, goal, &mut path));
        }
        path.join(".")
    }
}

impl<'d> OverlayCells<'d> {
    fn cut(overlay: &'d Overlay, slots: &mut Vec<Slot<'d>>) -> Self {
        let top = |node, slots: &mut Vec<Slot<'d>>| Cell::cut(node, Place::Top, slots);
        Self {
            source: &overlay.source,
            entry: top(&overlay.entry, slots),
            project: overlay.project.as_ref().map(|node| top(node, slots)),
            before: Resources::cut(&overlay.before, slots),
        }
    }
}

fn trace(node: &Node, goal: &Node, path: &mut Vec<String>) -> bool {
    if std::ptr::eq(node, goal) {
        return true;
    }
    if let crate::manifest::NodeKind::Layered(layered) = &node.kind {
        return trace(&layered.lower, goal, path) || trace(&layered.upper, goal, path);
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
