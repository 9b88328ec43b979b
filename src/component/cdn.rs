//! Component `cdn`: a domain of the CDN with its origins. It lowers to `cdn.domain`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::lower::{Context, Parts};
use super::planned;
use super::props::Props;
use crate::diagnostic::{Diagnostics, Span};
use crate::manifest::{Block, Node};
use crate::resource::{Resource, ResourceId, Value};

/// Properties that nothing carries out yet: a block that has one can be planned only.
const NOT_YET: &[&str] = &["topLevelDomain", "refreshConfig", "pushObjectCacheConfig"];

/// Turns a `cdn` block into a domain.
pub(super) fn lower(block: &Block, _: &Context, diagnostics: &mut Diagnostics) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    if let Some(at) = not_yet(&props) {
        return planned::lower(block, at);
    }
    let Some(domain) = props.text("domainName", diagnostics) else {
        return Parts::default();
    };
    let id = ResourceId::new(format!("{}.cdn", block.name));
    let plain = |value: Json| Value::Plain(value);
    let mut attrs = BTreeMap::from([
        ("domain".to_owned(), plain(domain.into())),
        ("origin".to_owned(), origins(&props)),
    ]);
    for (name, attr) in [
        ("cdnType", "kind"),
        ("scope", "scope"),
        ("checkUrl", "check_url"),
    ] {
        if let Some(text) = props.text(name, diagnostics) {
            attrs.insert(attr.to_owned(), plain(text.into()));
        }
    }
    let output = |name: &str| (name.to_owned(), Value::Ref(id.clone(), name.to_owned()));
    Parts {
        outputs: BTreeMap::from(["domain", "cname", "url", "path_url"].map(output)),
        resources: vec![Resource {
            id,
            kind: "cdn.domain".into(),
            attrs,
            after: BTreeSet::new(),
            at: Some(block.at.clone()),
        }],
        ..Parts::default()
    }
}

/// Where the first thing stands that cannot be carried out.
fn not_yet(props: &Props<'_>) -> Option<Span> {
    let property = NOT_YET.iter().find_map(|name| props.node(name));
    Some(property?.at.clone())
}

/// The sources; an address may be another resource's output.
fn origins(props: &Props<'_>) -> Value {
    let sources = props.node("sources").map(Node::items).unwrap_or_default();
    Value::List(sources.iter().map(origin).collect())
}

fn origin(source: &Node) -> Value {
    let number = |name: &str, otherwise: i64| {
        let given = source.get(name).and_then(Node::as_i64);
        Value::Plain(given.unwrap_or(otherwise).into())
    };
    let text = |name: &str| {
        let node = source.get(name);
        node.map_or(Value::Plain(json!("")), planned::value)
    };
    Value::Map(BTreeMap::from([
        ("type".to_owned(), text("type")),
        ("content".to_owned(), text("content")),
        ("port".to_owned(), number("port", 80)),
        ("priority".to_owned(), number("priority", 20)),
        ("weight".to_owned(), number("weight", 10)),
    ]))
}
