//! A block → a flow and its schedules.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Terms;
use super::definition;
use super::release;
use super::schedule;
use crate::component::catalog::{FLOW, FNF, WORKFLOW};
use crate::component::fc3::role_arn;
use crate::component::lower::{Context, Parts};
use crate::component::props::{Props, bad};
use crate::component::schema::{Kind, Schema};
use crate::component::typed::shaped;
use crate::diagnostic::Diagnostics;
use crate::manifest::Block;
use crate::resource::{Attrs, Resource, ResourceId, Value};

const LONGEST_NAME: usize = 128;
/// The rule for names in words.
pub(super) const NAME: &str = "a letter or `_`, then letters, digits, `_` and `-`, 128 at most";

/// Turns a `workflow` block into resources.
pub(in crate::component) fn lower(
    block: &Block,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    let given = props.text("name", diagnostics).map(str::to_owned);
    let name = given.unwrap_or_else(|| derived(block, context));
    let mut attrs = taken(block, &WORKFLOW, &["description", "environment"]);
    let mode = match props.text("mode", diagnostics) {
        Some("express") => "Express",
        _ => "Standard",
    };
    attrs.insert("executionMode".to_owned(), mode.into());
    if let Some(role) = role(block, context) {
        attrs.insert("roleArn".to_owned(), role);
    }
    let alias = release::read(block, &props, diagnostics);
    if alias.is_some() {
        attrs.insert("published".to_owned(), Value::Plain(true.into()));
    }
    let mut parts = flow(block, &props, (name, attrs), context, diagnostics);
    if let [flow, ..] = parts.resources.as_slice() {
        let mut inside = schedule::read(&props, flow, diagnostics);
        inside.extend(
            alias
                .into_iter()
                .flat_map(|alias| release::parts(flow, alias)),
        );
        parts.resources.extend(inside);
    }
    parts
}

/// Turns an `fnf` block into a flow.
pub(in crate::component) fn lower_fnf(
    block: &Block,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Parts {
    let mut attrs = taken(block, &FNF, &["description", "roleArn", "type"]);
    // What the original component writes.
    let description = || "Created By Serverless Devs".into();
    attrs
        .entry("description".to_owned())
        .or_insert_with(description);
    original(block, attrs, context, diagnostics)
}

/// Turns a `flow` block into a flow.
pub(in crate::component) fn lower_flow(
    block: &Block,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Parts {
    let attrs = taken(block, &FLOW, &["description", "roleArn"]);
    original(block, attrs, context, diagnostics)
}

/// What `fnf` and `flow` have in common.
fn original(
    block: &Block,
    mut attrs: Attrs,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Parts {
    let path = format!("resources.{}.props", block.name);
    let props = Props::new(&block.props, &path);
    let Some(name) = props.text("name", diagnostics) else {
        return Parts::default();
    };
    // An empty mode is the standard one, as for the API.
    let mode = props.text_or_empty("executionMode", diagnostics);
    let mode = if mode.is_empty() { "Standard" } else { mode };
    attrs.insert("executionMode".to_owned(), mode.into());
    flow(
        block,
        &props,
        (name.to_owned(), attrs),
        context,
        diagnostics,
    )
}

/// The flow itself.
fn flow(
    block: &Block,
    props: &Props<'_>,
    (name, mut attrs): (String, Attrs),
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Parts {
    if !is_name(&name) {
        diagnostics.push(bad(&props.path("name"), NAME, &props.at("name")));
        return Parts::default();
    }
    // An empty one is none, as for the original.
    let region = Some(props.text_or_empty("region", diagnostics)).filter(|r| !r.is_empty());
    let region = region.unwrap_or(&context.region);
    let id = ResourceId::new(format!("{}.flow", block.name));
    let terms = Terms {
        name: name.clone(),
        name_at: props.at("name"),
        express: attrs.get("executionMode") == Some(&Value::from("Express")),
    };
    let (definition, pack) = definition::read(props, (&id, context), terms, diagnostics);
    attrs.extend(definition.map(|value| ("definition".to_owned(), value)));
    attrs.insert("name".to_owned(), name.into());
    attrs.insert("region".to_owned(), region.into());
    let output = |name: &str| (name.to_owned(), Value::Ref(id.clone(), name.to_owned()));
    let mut outputs = BTreeMap::from(["name", "arn", "id"].map(output));
    outputs.insert("region".to_owned(), region.into());
    Parts {
        outputs,
        resources: vec![Resource {
            id,
            kind: "flow.flow".into(),
            attrs,
            after: BTreeSet::new(),
            at: Some(block.at.clone()),
        }],
        packs: pack.into_iter().collect(),
        ..Parts::default()
    }
}

/// Properties that are attributes of the same name.
fn taken(block: &Block, schema: &'static Schema, names: &[&str]) -> Attrs {
    let mut attrs = Attrs::new();
    for name in names {
        let node = block.props.get(name).filter(|node| !node.is_null());
        attrs.extend(node.map(|node| ((*name).to_owned(), shaped(node, kind_of(schema, name)))));
    }
    attrs
}

fn kind_of(schema: &'static Schema, name: &str) -> &'static Kind {
    let prop = schema.props.iter().find(|prop| prop.name == name);
    prop.map_or(&Kind::Any, |prop| &prop.kind)
}

/// The role's ARN; it may be known only later.
fn role(block: &Block, context: &Context) -> Option<Value> {
    let node = block.props.get("role").filter(|node| !node.is_null())?;
    Some(match node.as_str() {
        Some(role) => role_arn(role, context).into(),
        None => shaped(node, &Kind::Text),
    })
}

/// Names are one to an account and region, so the application is in them, and the environment where it is not the usual one.
fn derived(block: &Block, context: &Context) -> String {
    let mut name = format!("{}-{}", context.app, context.origin(block));
    if !["local", "default"].contains(&context.environment.as_str()) {
        name = format!("{name}-{}", context.environment);
    }
    let legal = |c: char| if is_legal(c) { c } else { '-' };
    let mut name: String = name.chars().map(legal).take(LONGEST_NAME - 1).collect();
    if !name.starts_with(is_first) {
        name.insert(0, '_');
    }
    name
}

/// The service's rule for names of flows and schedules.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(is_first) && name.chars().all(is_legal) && name.len() <= LONGEST_NAME
}

fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-".contains(c)
}
