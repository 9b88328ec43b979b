//! The property `schedules`: when a flow begins by itself.

use std::collections::{BTreeMap, BTreeSet};

use workflow::engine::INPUT;

use super::lower::{NAME, is_name};
use super::part;
use crate::component::planned;
use crate::component::props::{Props, bad};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::Node;
use crate::resource::{Attrs, Resource, ResourceId, Value};

/// The schedules of a flow.
pub(super) fn read(
    props: &Props<'_>,
    flow: &Resource,
    diagnostics: &mut Diagnostics,
) -> Vec<Resource> {
    let mut schedules = Vec::new();
    let mut names: BTreeMap<&str, &Span> = BTreeMap::new();
    for (number, node) in props.list("schedules", diagnostics).iter().enumerate() {
        let path = format!("{}[{number}]", props.path("schedules"));
        let props = Props::new(node, &path);
        let (Some(name), Some(cron)) = (
            props.text("name", diagnostics),
            props.text("cron", diagnostics),
        ) else {
            continue;
        };
        if !is_name(name) {
            diagnostics.push(bad(&props.path("name"), NAME, &props.at("name")));
            continue;
        }
        if trigger::Schedule::parse(cron).is_err() {
            diagnostics.push(bad(&props.path("cron"), trigger::FORMS, &props.at("cron")));
        }
        if let Some(bytes) = props
            .node("input")
            .and_then(bytes)
            .filter(|bytes| *bytes > INPUT)
        {
            let wanted = format!("at most {INPUT} bytes as JSON, and has {bytes}");
            diagnostics.push(bad(&props.path("input"), &wanted, &props.at("input")));
        }
        if let Some(first) = names.insert(name, &node.at) {
            let detail = format!("two schedules are called `{name}`");
            let error = Diagnostic::error(code::BAD_PROPERTY, detail).at(node.at.clone());
            diagnostics.push(error.related(first.clone(), "the first one"));
            continue;
        }
        let enabled = props.flag("enabled", diagnostics).unwrap_or(true);
        schedules.push(resource(flow, (name, cron, enabled), node));
    }
    schedules
}

/// Bytes of an input as it is sent, if all of it is known.
fn bytes(input: &Node) -> Option<usize> {
    if input.has_output() || input.has_secret() {
        return None;
    }
    let text = input.as_str().map(str::len);
    Some(text.unwrap_or_else(|| input.to_json().to_string().len()))
}

fn resource(flow: &Resource, (name, cron, enabled): (&str, &str, bool), node: &Node) -> Resource {
    let mut attrs = Attrs::from([
        ("scheduleName".to_owned(), name.into()),
        ("cronExpression".to_owned(), cron.into()),
        ("enable".to_owned(), Value::Plain(enabled.into())),
    ]);
    attrs.extend(part::of(flow));
    let input = node.get("input").filter(|input| !input.is_null());
    attrs.extend(input.map(|input| ("payload".to_owned(), planned::value(input))));
    Resource {
        id: ResourceId::new(format!("{}.schedule[{name}]", flow.id.block())),
        kind: "flow.schedule".into(),
        attrs,
        after: BTreeSet::from([flow.id.clone()]),
        at: Some(node.at.clone()),
    }
}
