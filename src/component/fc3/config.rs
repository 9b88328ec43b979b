//! A function's own configuration, as the service takes it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::trigger::role_arn;
use crate::component::catalog::FC3;
use crate::component::lower::{Context, LeftOut};
use crate::component::typed::{entries, map, shaped};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Block, Node};
use crate::resource::{Attrs, Value};

/// Properties that are no configuration of the function itself.
const ASIDE: &[&str] = &[
    "region",
    "functionName",
    "code",
    "tags",
    "triggers",
    "asyncInvokeConfig",
    "concurrencyConfig",
    "provisionConfig",
    "scalingConfig",
    "customDomain",
    "vpcBinding",
    "annotations",
    "supplement",
    "endpoint",
];
const MOST_TAGS: usize = 20;

/// The attributes that the block's properties come to. Defaults are those of the original component.
pub(super) fn attributes(
    block: &Block,
    context: &Context,
    left_out: &[LeftOut],
    diagnostics: &mut Diagnostics,
) -> Attrs {
    let mut attrs = Attrs::new();
    for prop in FC3.props.iter().filter(|prop| !ASIDE.contains(&prop.name)) {
        let node = block.props.get(prop.name).filter(|node| !node.is_null());
        let is_left_out = left_out.iter().any(|left| left.property == prop.name);
        if let Some(node) = node.filter(|_| !is_left_out) {
            attrs.insert(prop.name.to_owned(), shaped(node, &prop.kind));
        }
    }
    if let Some(Value::Plain(Json::String(role))) = attrs.get("role") {
        let role = role_arn(role, context);
        attrs.insert("role".to_owned(), role.into());
    }
    let tags = tags(block, diagnostics);
    if !tags.is_empty() {
        attrs.insert("tags".to_owned(), map(tags));
    }
    with_defaults(&mut attrs);
    attrs
}

/// Fills in what the original component fills in.
pub(in crate::component) fn with_defaults(attrs: &mut Attrs) {
    let runtime = match attrs.get("runtime") {
        Some(Value::Plain(Json::String(runtime))) => runtime.clone(),
        _ => String::new(),
    };
    let mut or = |name: &str, value: Json| {
        attrs.entry(name.to_owned()).or_insert(Value::Plain(value));
    };
    or("memorySize", json!(512));
    or("timeout", json!(3));
    if runtime.starts_with("custom") || runtime == "micro-sandbox" {
        or("handler", json!("handler"));
        or("instanceConcurrency", json!(1));
    }
    let plain = |name: &str| match attrs.get(name) {
        Some(Value::Plain(json)) => Some(json),
        _ => None,
    };
    let small = plain("memorySize") == Some(&json!(512));
    if small && !attrs.contains_key("cpu") && !attrs.contains_key("diskSize") {
        attrs.insert("cpu".to_owned(), Value::Plain(json!(0.35)));
        attrs.insert("diskSize".to_owned(), Value::Plain(json!(512)));
    }
    if let Some(hooks) = attrs.remove("instanceLifecycleConfig") {
        let timed = |(name, hook): (String, Value)| {
            let mut hook = entries(hook);
            hook.entry("timeout".to_owned())
                .or_insert(Value::Plain(json!(3)));
            (name, map(hook))
        };
        let hooks = entries(hooks).into_iter().map(timed).collect();
        attrs.insert("instanceLifecycleConfig".to_owned(), map(hooks));
    }
}

/// The tags by name. Capitals do not count, and a name stands once.
fn tags(block: &Block, diagnostics: &mut Diagnostics) -> Attrs {
    let mut tags = Attrs::new();
    let mut places: BTreeMap<String, &Span> = BTreeMap::new();
    let items = block.props.get("tags").map(Node::items).unwrap_or_default();
    for item in items {
        let Some(key) = item.get("key").and_then(Node::as_str) else {
            continue;
        };
        if let Some(first) = places.insert(key.to_lowercase(), &item.at) {
            let detail = format!("the tag `{key}` stands twice; capitals do not count");
            let error = Diagnostic::error(code::BAD_PROPERTY, detail).at(item.at.clone());
            diagnostics.push(error.related(first.clone(), "first named here"));
        }
        let value = item.get("value").filter(|value| !value.is_null());
        let value = value.map_or_else(
            || "".into(),
            |value| shaped(value, &crate::component::schema::Kind::Text),
        );
        tags.insert(key.to_owned(), value);
    }
    // One more is the mark of who made it.
    if let Some(item) = items.get(MOST_TAGS - 1) {
        let detail = format!(
            "a function takes {MOST_TAGS} tags, and one of them is sdev's; these are {}",
            items.len()
        );
        diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(item.at.clone()));
    }
    tags
}
