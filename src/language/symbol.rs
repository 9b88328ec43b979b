//! The parts of a manifest, for an editor's outline.

use std::ops::Range;

use super::outline::Outline;

/// One part, with the parts in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its key.
    pub name: String,
    /// A few words beside it: a resource's component.
    pub detail: String,
    /// Whether it is a resource.
    pub is_resource: bool,
    /// From its key to the end of its value.
    pub whole: Range<usize>,
    /// Its key.
    pub key: Range<usize>,
    /// The parts in it.
    pub children: Vec<Symbol>,
}

/// The top-level keys, and in them the variables, templates and resources, those with their keys.
pub fn symbols(text: &str, outline: &Outline) -> Vec<Symbol> {
    let top = outline.items[0].children.iter();
    top.map(|at| {
        let top = outline.items[*at].key.as_str();
        symbol(text, outline, top, *at, 0)
    })
    .collect()
}

/// The item and what is below it; `top` is the top-level key that it belongs to.
fn symbol(text: &str, outline: &Outline, top: &str, at: usize, depth: usize) -> Symbol {
    let item = &outline.items[at];
    let is_resource = depth == 1 && top == "resources";
    let deepest = match top {
        "resources" => 2,
        "vars" | "template" | "actions" | "flow" => 1,
        _ => 0,
    };
    let children = item.children.iter();
    let children = children.filter(|_| depth < deepest);
    let component = || outline.scalar_at(text, outline.child(at, "component")?);
    let is_item = item.key_at.is_empty();
    let start = if is_item {
        item.value_at.start
    } else {
        item.key_at.start
    };
    let end = item.value_at.end.max(start);
    Symbol {
        name: item.key.clone(),
        detail: is_resource
            .then(component)
            .flatten()
            .unwrap_or_default()
            .to_owned(),
        is_resource,
        whole: start..end,
        key: if is_item {
            start..start
        } else {
            item.key_at.clone()
        },
        children: children
            .map(|child| symbol(text, outline, top, *child, depth + 1))
            .collect(),
    }
}
