//! The graph of wanted resources: acyclic once built.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::value::Output;
use super::{Attrs, Kind, Object, ResourceId, SecretRef, Unresolved};
use crate::diagnostic::Span;

/// One wanted resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name.
    pub id: ResourceId,
    /// What it is.
    pub kind: Kind,
    /// What it shall be like.
    pub attrs: Attrs,
    /// Resources that must be there before, beyond those its attributes refer to.
    pub after: BTreeSet<ResourceId>,
    /// Where the manifest asks for it.
    pub at: Option<Span>,
}

impl Resource {
    /// Everything that must be there before it: `after` and all references.
    pub fn needs(&self) -> BTreeSet<ResourceId> {
        let referred = self
            .attrs
            .values()
            .flat_map(super::Value::references)
            .cloned();
        self.after.iter().cloned().chain(referred).collect()
    }

    /// Its attributes with all references filled in. Secrets stay sealed.
    pub fn resolve(&self, output: Output<'_>) -> Result<Object, Unresolved> {
        self.each(|value| Ok(value.resolve(output)?.into_owned()))
    }

    /// The same with the texts of secrets in their places: for the provider's call and nothing else.
    pub fn reveal(
        &self,
        output: Output<'_>,
        text: &dyn Fn(&SecretRef) -> String,
    ) -> Result<Object, Unresolved> {
        self.each(|value| value.reveal(output, text))
    }

    /// All secrets in its attributes.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        self.attrs.values().flat_map(super::Value::secrets)
    }

    fn each(
        &self,
        of: impl Fn(&super::Value) -> Result<Json, Unresolved>,
    ) -> Result<Object, Unresolved> {
        let attrs = self.attrs.iter();
        attrs
            .map(|(name, value)| Ok((name.clone(), of(value)?)))
            .collect()
    }
}

/// A circle of dependencies, first resource repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<ResourceId>);

/// All wanted resources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    nodes: BTreeMap<ResourceId, Resource>,
    order: Vec<ResourceId>,
}

impl Graph {
    /// A graph of `resources`, or a circle found among them. Needs that name no node are ignored.
    pub fn build(resources: impl IntoIterator<Item = Resource>) -> Result<Self, Cycle> {
        let nodes: BTreeMap<_, _> = resources.into_iter().map(|r| (r.id.clone(), r)).collect();
        let edges = nodes
            .iter()
            .map(|(id, node)| (id.clone(), node.needs()))
            .collect();
        let order = order(&edges)?;
        Ok(Self { nodes, order })
    }

    /// A resource by name.
    pub fn get(&self, id: &ResourceId) -> Option<&Resource> {
        self.nodes.get(id)
    }

    /// A resource by name, to change its attributes (not its edges).
    pub fn get_mut(&mut self, id: &ResourceId) -> Option<&mut Resource> {
        self.nodes.get_mut(id)
    }

    /// All resources, each after what it needs, otherwise by name.
    pub fn ordered(&self) -> impl DoubleEndedIterator<Item = &Resource> {
        self.order.iter().filter_map(|id| self.nodes.get(id))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// Names in an order that respects every edge (needs first), stable by name, or a circle.
pub(crate) fn order(
    edges: &BTreeMap<ResourceId, BTreeSet<ResourceId>>,
) -> Result<Vec<ResourceId>, Cycle> {
    let mut done: BTreeSet<&ResourceId> = BTreeSet::new();
    let mut order = Vec::with_capacity(edges.len());
    let mut path: Vec<&ResourceId> = Vec::new();
    for id in edges.keys() {
        visit(id, edges, &mut done, &mut path, &mut order)?;
    }
    Ok(order)
}

fn visit<'a>(
    id: &'a ResourceId,
    edges: &'a BTreeMap<ResourceId, BTreeSet<ResourceId>>,
    done: &mut BTreeSet<&'a ResourceId>,
    path: &mut Vec<&'a ResourceId>,
    order: &mut Vec<ResourceId>,
) -> Result<(), Cycle> {
    let Some((id, needs)) = edges.get_key_value(id).filter(|(id, _)| !done.contains(id)) else {
        return Ok(());
    };
    if let Some(start) = path.iter().position(|p| *p == id) {
        let circle = path[start..].iter().map(|&p| p.clone()).chain([id.clone()]);
        return Err(Cycle(circle.collect()));
    }
    path.push(id);
    for need in needs {
        visit(need, edges, done, path, order)?;
    }
    path.pop();
    done.insert(id);
    order.push(id.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Value;

    fn node(id: &str, needs: &[&str]) -> Resource {
        Resource {
            id: id.into(),
            kind: "test.thing".into(),
            attrs: needs
                .iter()
                .map(|n| ((*n).to_owned(), Value::Ref((*n).into(), "x".into())))
                .collect(),
            after: BTreeSet::new(),
            at: None,
        }
    }

    #[test]
    fn needs_come_first() {
        let graph = Graph::build([node("a", &["c"]), node("b", &[]), node("c", &["b"])]).unwrap();
        let order: Vec<_> = graph.ordered().map(|r| r.id.as_str()).collect();
        assert_eq!(order, ["b", "c", "a"]);
    }

    #[test]
    fn a_circle_is_shown_whole() {
        let cycle =
            Graph::build([node("a", &["b"]), node("b", &["c"]), node("c", &["b"])]).unwrap_err();
        assert_eq!(cycle, Cycle(vec!["b".into(), "c".into(), "b".into()]));
    }
}
