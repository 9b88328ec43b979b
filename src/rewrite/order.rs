//! The order of keys at the top and in a resource. Keys without a place come last, as they stand.

use super::layout::{Body, Collection, Document, Entry, Form, Node, Style};

/// Top-level keys.
const TOP: [&str; 14] = [
    "<<",
    "edition",
    "name",
    "access",
    "env",
    "extend",
    "vars",
    "template",
    "flow",
    "actions",
    "resources",
    "services",
    "validation",
    "sdev",
];

/// A resource's keys.
const RESOURCE: [&str; 10] = [
    "<<",
    "component",
    "extend",
    "access",
    "id",
    "vars",
    "allow_failure",
    "continue-on-error",
    "actions",
    "props",
];

/// Puts the keys of a manifest into their order; other YAML files keep theirs.
pub(super) fn arrange(document: &mut Document) {
    let Some(root) = document.root.map_mut() else {
        return;
    };
    let is_manifest = |entry: &Entry| matches!(entry.name(), "edition" | "resources" | "services");
    if root.form != Form::Block || !root.entries.iter().any(is_manifest) {
        return;
    }
    sort(root, &TOP);
    let resources = root
        .entries
        .iter_mut()
        .filter(|entry| matches!(entry.name(), "resources" | "services"));
    for resource in resources.filter_map(|entry| entry.value.map_mut()) {
        for entry in &mut resource.entries {
            let block = entry.value.map_mut();
            if let Some(block) = block.filter(|block| block.form == Form::Block) {
                sort(block, &RESOURCE);
            }
        }
    }
}

/// Sorts by the place in `order`. What holds an anchor stays before what refers to it.
fn sort(map: &mut Collection, order: &[&str]) {
    let names: Vec<Marks> = map.entries.iter().map(Marks::of).collect();
    let mut by_rank: Vec<usize> = (0..names.len()).collect();
    by_rank.sort_by_key(|&at| {
        let name = map.entries[at].name();
        order
            .iter()
            .position(|known| *known == name)
            .unwrap_or(order.len())
    });
    let mut sorted = Vec::new();
    for at in by_rank {
        place(at, &names, &mut sorted);
    }
    let mut entries: Vec<Option<Entry>> = map.entries.drain(..).map(Some).collect();
    map.entries = sorted
        .into_iter()
        .filter_map(|at| entries[at].take())
        .collect();
}

/// Places an entry after those before it in the file whose anchors it needs.
fn place(at: usize, marks: &[Marks], sorted: &mut Vec<usize>) {
    if sorted.contains(&at) {
        return;
    }
    for before in 0..at {
        let needs = |name: &String| marks[before].anchors.contains(name);
        if marks[at].aliases.iter().any(needs) {
            place(before, marks, sorted);
        }
    }
    sorted.push(at);
}

/// The anchors and aliases inside an entry.
#[derive(Default)]
struct Marks {
    anchors: Vec<String>,
    aliases: Vec<String>,
}

impl Marks {
    fn of(entry: &Entry) -> Self {
        let mut marks = Self::default();
        marks.add_entry(entry);
        marks
    }

    fn add_entry(&mut self, entry: &Entry) {
        if let Some(key) = &entry.key {
            self.add(key);
        }
        self.add(&entry.value);
    }

    fn add(&mut self, node: &Node) {
        let anchors = node.props.iter().filter_map(|prop| prop.strip_prefix('&'));
        self.anchors.extend(anchors.map(str::to_owned));
        match &node.body {
            Body::Scalar(scalar) if scalar.style == Style::Alias => {
                let name = scalar.raw.trim_start_matches('*');
                self.aliases.push(name.to_owned());
            }
            Body::Collection(collection) => {
                collection
                    .entries
                    .iter()
                    .for_each(|entry| self.add_entry(entry));
            }
            _ => {}
        }
    }
}
