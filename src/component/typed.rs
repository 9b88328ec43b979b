//! Values as a component's table has them: a number written as a text is a number where the table says so, and what is nothing
//! is left out.

use serde_json::Value as Json;

use super::planned;
use super::schema::{Kind, Prop};
use crate::manifest::{Entry, Node, NodeKind};
use crate::resource::{Attrs, Value};

/// The value of a node in the shape that its kind has. What the table does not know stays as it is.
pub(super) fn shaped(node: &Node, kind: &'static Kind) -> Value {
    match &node.kind {
        NodeKind::List(items) => {
            let of = items_of(kind);
            let items = items.iter().filter(|item| !item.is_null());
            list(items.map(|item| shaped(item, of)).collect())
        }
        NodeKind::Map(entries) => {
            let entries = entries.iter().filter(|entry| !entry.value.is_null());
            let pair = |entry: &Entry| {
                let value = shaped(&entry.value, value_of(kind, node, &entry.key));
                (entry.key.clone(), value)
            };
            map(entries.map(pair).collect())
        }
        NodeKind::Text(text) => Value::Plain(scalar(text, kind)),
        NodeKind::Int(_) | NodeKind::Float(_) | NodeKind::Bool(_) if is_text(kind) => {
            Value::Plain(node.to_json().to_string().into())
        }
        _ => planned::value(node),
    }
}

/// A list; known when all of it is.
pub(super) fn list(items: Vec<Value>) -> Value {
    let plain = |item: &Value| match item {
        Value::Plain(json) => Some(json.clone()),
        _ => None,
    };
    match items.iter().map(plain).collect::<Option<Vec<Json>>>() {
        Some(known) => Value::Plain(known.into()),
        None => Value::List(items),
    }
}

/// A map; known when all of it is.
pub(super) fn map(entries: Attrs) -> Value {
    let plain = |(key, value): (&String, &Value)| match value {
        Value::Plain(json) => Some((key.clone(), json.clone())),
        _ => None,
    };
    let known: Option<serde_json::Map<_, _>> = entries.iter().map(plain).collect();
    match known {
        Some(known) => Value::Plain(known.into()),
        None => Value::Map(entries),
    }
}

/// The entries of a map, known or not.
pub(super) fn entries(value: Value) -> Attrs {
    match value {
        Value::Map(entries) => entries,
        Value::Plain(Json::Object(entries)) => entries
            .into_iter()
            .map(|(key, value)| (key, Value::Plain(value)))
            .collect(),
        _ => Attrs::new(),
    }
}

fn scalar(text: &str, kind: &Kind) -> Json {
    let number = || text.trim().parse::<i64>().ok().map(Json::from);
    let fraction = || text.trim().parse::<f64>().ok().map(Json::from);
    let read = match kind {
        Kind::Int(..) | Kind::OneOfInts(_) => number(),
        Kind::Number(..) => number().or_else(fraction),
        Kind::Bool => text.trim().parse::<bool>().ok().map(Json::from),
        _ => None,
    };
    read.unwrap_or_else(|| text.into())
}

fn is_text(kind: &Kind) -> bool {
    match kind {
        Kind::Text | Kind::Form(_) | Kind::OneOf(_) => true,
        Kind::Either(kinds) => kinds.iter().all(|kind| !is_scalar(kind) || is_text(kind)),
        _ => false,
    }
}

fn is_scalar(kind: &Kind) -> bool {
    !matches!(
        kind,
        Kind::List(_) | Kind::Map(_) | Kind::Object(_) | Kind::Cases(..) | Kind::Any
    )
}

fn items_of(kind: &'static Kind) -> &'static Kind {
    match kind {
        Kind::List(of) => of,
        Kind::Either(kinds) => {
            let lists = kinds.iter().find(|kind| matches!(kind, Kind::List(_)));
            lists.map_or(&Kind::Any, items_of)
        }
        _ => &Kind::Any,
    }
}

fn value_of(kind: &'static Kind, node: &Node, key: &str) -> &'static Kind {
    let named = |props: &'static [Prop]| props.iter().find(|prop| prop.name == key);
    match kind {
        Kind::Map(of) => of,
        Kind::Object(props) => named(props).map_or(&Kind::Any, |prop| &prop.kind),
        Kind::Cases(props, cases) => {
            let holds = |case: &&super::schema::Case| {
                let decides = node.get(case.key).and_then(Node::as_str);
                decides.is_some_and(|value| case.values.contains(&value))
            };
            let case = cases.iter().find(holds).and_then(|case| named(case.props));
            let prop = case.or_else(|| named(props));
            prop.map_or(&Kind::Any, |prop| &prop.kind)
        }
        Kind::Either(kinds) => {
            let is_map =
                |kind: &&Kind| matches!(kind, Kind::Map(_) | Kind::Object(_) | Kind::Cases(..));
            let map = kinds.iter().find(is_map);
            map.map_or(&Kind::Any, |kind| value_of(kind, node, key))
        }
        _ => &Kind::Any,
    }
}
