//! Component `fc3-domain`: a domain whose paths lead to functions. It lowers to `fc.custom_domain`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::catalog::FC3_DOMAIN;
use super::fc3::{auto_name, certificate};
use super::lower::{Context, Parts};
use super::planned;
use super::props::{Props, bad};
use super::schema::Kind;
use super::typed::{entries, list, map, shaped};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Block, Node};
use crate::resource::{Attrs, Resource, ResourceId, Value};

/// Properties that are the domain's settings.
const SETTINGS: [&str; 5] = [
    "protocol",
    "certConfig",
    "tlsConfig",
    "authConfig",
    "wafConfig",
];

/// Turns an `fc3-domain` block into a domain.
pub(super) fn lower(block: &Block, context: &Context, diagnostics: &mut Diagnostics) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    if let Some(at) = not_yet(block, context) {
        return planned::lower(block, at);
    }
    // An empty one is none, as for the original.
    let region = Some(props.text_or_empty("region", diagnostics)).filter(|r| !r.is_empty());
    let region = region.unwrap_or(&context.region).to_owned();
    let routes = routes(block, &props, diagnostics);
    let Some(name) = props.text("domainName", diagnostics) else {
        return Parts::default();
    };
    let is_auto = name == "auto";
    let name = match first_function(block).filter(|_| is_auto) {
        Some(function) => shaped(function, &Kind::Text),
        None if is_auto => {
            let wanted =
                "a name where no route leads to a function that `auto` could be named after";
            diagnostics.push(bad(
                &props.path("domainName"),
                wanted,
                &props.at("domainName"),
            ));
            return Parts::default();
        }
        None => name.into(),
    };
    let mut attrs = Attrs::new();
    for prop in FC3_DOMAIN
        .props
        .iter()
        .filter(|prop| SETTINGS.contains(&prop.name))
    {
        let node = block.props.get(prop.name).filter(|node| !node.is_null());
        attrs.extend(node.map(|node| (prop.name.to_owned(), shaped(node, &prop.kind))));
    }
    certificate(&mut attrs);
    attrs.insert("domainName".to_owned(), name);
    attrs.insert("region".to_owned(), region.into());
    attrs.insert("routes".to_owned(), list(routes));
    let id = ResourceId::new(format!("{}.domain", block.name));
    let output = |name: &str| (name.to_owned(), Value::Ref(id.clone(), name.to_owned()));
    Parts {
        outputs: BTreeMap::from(["domainName", "url"].map(output)),
        resources: vec![Resource {
            id,
            kind: "fc.custom_domain".into(),
            attrs,
            after: BTreeSet::new(),
            at: Some(block.at.clone()),
        }],
        is_named_after_function: is_auto,
        ..Parts::default()
    }
}

/// A name or a DNS record that the vendor's side would have to make.
fn not_yet(block: &Block, context: &Context) -> Option<Span> {
    let auto = block.props.get("domainName");
    let auto = auto.filter(|node| node.as_str() == Some("auto"));
    let record = block.props.get("autoCName");
    let record = record.filter(|node| node.as_bool() == Some(true));
    let found = auto.or(record).filter(|_| !context.local)?;
    Some(found.at.clone())
}

/// What names the function that the first route leads to.
fn first_function(block: &Block) -> Option<&Node> {
    let routes = block.props.get("routeConfig")?.get("routes")?;
    routes.items().first()?.get("functionName")
}

/// Turns the function that a domain's `auto` stands for into the domain's name; `names` are those of the manifest's functions.
pub(super) fn name_after_function(
    domain: &mut Resource,
    names: &BTreeMap<ResourceId, String>,
    context: &Context,
    diagnostics: &mut Diagnostics,
) {
    let function = domain.attrs.get("domainName");
    if let Some(function) = function.and_then(|function| known(function, names)) {
        let name = auto_name(&function, context);
        domain.attrs.insert("domainName".to_owned(), name.into());
        return;
    }
    let detail = "`auto` names the domain after the function of its first route, and that name is not known before the deploy";
    let mut error = Diagnostic::error(code::BAD_PROPERTY, detail);
    error.at.clone_from(&domain.at);
    diagnostics.push(error);
}

/// A text that is known when the names of functions are.
fn known(value: &Value, names: &BTreeMap<ResourceId, String>) -> Option<String> {
    match value {
        Value::Plain(text) => text.as_str().map(str::to_owned),
        Value::Join(parts) => parts.iter().map(|part| known(part, names)).collect(),
        Value::Ref(id, output) if output == "functionName" => names.get(id).cloned(),
        _ => None,
    }
}

/// The routes. A path stands once.
fn routes(block: &Block, props: &Props<'_>, diagnostics: &mut Diagnostics) -> Vec<Value> {
    let Some(config) = block.props.get("routeConfig") else {
        return Vec::new();
    };
    let shape = FC3_DOMAIN
        .props
        .iter()
        .find(|prop| prop.name == "routeConfig");
    let shaped = shape.map(|prop| entries(shaped(config, &prop.kind)));
    let routes = match shaped.and_then(|mut config| config.remove("routes")) {
        Some(Value::List(routes)) => routes,
        Some(Value::Plain(Json::Array(routes))) => routes.into_iter().map(Value::Plain).collect(),
        _ => return Vec::new(),
    };
    let mut places: BTreeMap<&str, &Span> = BTreeMap::new();
    let nodes = config.get("routes").map(Node::items).unwrap_or_default();
    for (number, node) in nodes.iter().enumerate() {
        let Some(path) = node.get("path").filter(|path| path.as_str().is_some()) else {
            continue;
        };
        let text = path.as_str().unwrap_or_default();
        if !text.starts_with('/') {
            let name = format!("{}[{number}].path", props.path("routeConfig.routes"));
            diagnostics.push(bad(&name, "a path that starts with `/`", &path.at));
        }
        if let Some(first) = places.insert(text, &path.at) {
            let detail = format!("the path `{text}` leads to two functions");
            let error = Diagnostic::error(code::BAD_PROPERTY, detail).at(path.at.clone());
            diagnostics.push(error.related(first.clone(), "first named here"));
        }
    }
    routes.into_iter().map(complete).collect()
}

/// A route as the service shows it: with its qualifier, without what is empty.
fn complete(route: Value) -> Value {
    let mut route = entries(route);
    let empty = |value: &Value| matches!(value, Value::Plain(json) if *json == json!([]) || *json == json!({}));
    route.retain(|_, value| !empty(value));
    route
        .entry("qualifier".to_owned())
        .or_insert_with(|| "LATEST".into());
    map(route)
}
