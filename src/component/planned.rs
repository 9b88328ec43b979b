//! Blocks of components without an implementation: one resource with the properties as they are, to be shown and not made.

use super::lower::Parts;
use crate::diagnostic::Span;
use crate::manifest::{Block, Node, NodeKind};
use crate::resource::{Attrs, Kind, Resource, ResourceId, Value};

/// A block that can be planned and not deployed.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its resource.
    pub id: ResourceId,
    /// The component's name, which is the resource's kind.
    pub kind: Kind,
    /// Where what cannot be deployed is named.
    pub at: Span,
}

/// The block as one resource; `at` is where what cannot be deployed is named.
pub(super) fn lower(block: &Block, at: Span) -> Parts {
    let attrs: Attrs = block
        .props
        .entries()
        .iter()
        .map(|entry| (entry.key.clone(), value(&entry.value)))
        .collect();
    let resource = Resource {
        id: ResourceId::new(&block.name),
        kind: kind(block),
        attrs,
        after: std::collections::BTreeSet::new(),
        at: Some(block.at.clone()),
    };
    Parts {
        planned: Some(Planned {
            id: resource.id.clone(),
            kind: resource.kind.clone(),
            at,
        }),
        resources: vec![resource],
        ..Parts::default()
    }
}

fn kind(block: &Block) -> Kind {
    Kind::new(super::base_name(&block.component))
}

/// A property's value for the graph.
pub(super) fn value(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Output { resource, path } => Value::Ref(resource.as_str().into(), path.clone()),
        NodeKind::Secret(secret) => Value::Secret((**secret).clone()),
        NodeKind::Join(parts) => Value::Join(parts.iter().map(value).collect()),
        NodeKind::List(items) if is_late(node) => Value::List(items.iter().map(value).collect()),
        NodeKind::Map(entries) if is_late(node) => {
            let entries = entries.iter();
            Value::Map(
                entries
                    .map(|entry| (entry.key.clone(), value(&entry.value)))
                    .collect(),
            )
        }
        _ => Value::Plain(node.to_json()),
    }
}

/// Whether something in it is not known yet, or is not to be seen.
fn is_late(node: &Node) -> bool {
    node.has_output() || node.has_secret()
}
