//! Reads policies.

use std::collections::BTreeSet;

use super::condition;
use super::fields::Fields;
use super::key::{self, names};
use super::model::{Condition, Demand, Limit, Policy, Rule};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, closest, code};
use crate::manifest::Node;

/// The list `policies`. `components` are the names that one may be for.
pub(super) fn read(
    fields: &Fields<'_>,
    components: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) -> Vec<Policy> {
    let items = fields.list("policies", diagnostics).iter().enumerate();
    let policies = items.filter_map(|(number, node)| {
        let path = format!("{}[{number}]", fields.path("policies"));
        one(node, &path, components, diagnostics)
    });
    policies.collect()
}

fn one(
    node: &Node,
    path: &str,
    components: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) -> Option<Policy> {
    let known: Vec<&str> = [key::POLICY, key::SUBJECT, key::CONDITION]
        .into_iter()
        .flat_map(names)
        .chain([key::PLAN])
        .collect();
    let fields = Fields::new(node, path, &known, diagnostics)?;
    let name = fields.required_text("name", diagnostics);
    let message = fields.text("message", diagnostics);
    let level = match fields.text("level", diagnostics) {
        None | Some("error") => Severity::Error,
        Some("warning") => Severity::Warning,
        Some(_) => fields
            .wrong("level", "`error` or `warning`", diagnostics)
            .unwrap_or(Severity::Error),
    };
    let environment = fields.glob("environment", diagnostics);
    let rule = if fields.node(key::PLAN).is_some() {
        plan(&fields, diagnostics).map(Rule::Plan)
    } else {
        property(&fields, components, diagnostics)
    };
    Some(Policy {
        name: name?.to_owned(),
        at: fields.at().clone(),
        message: message.map(str::to_owned),
        level,
        environment,
        rule: rule?,
    })
}

fn plan(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Limit> {
    for name in [key::SUBJECT, key::CONDITION].into_iter().flat_map(names) {
        if let Some(entry) = fields.entry(name) {
            let detail = format!("`{name}` is about a property, and this policy is about the plan");
            diagnostics.push(
                Diagnostic::error(code::BAD_SETTING, detail)
                    .at(entry.key_at.clone())
                    .hint("make it two policies"),
            );
        }
    }
    let known: Vec<&str> = names(key::LIMIT).collect();
    let node = fields.node(key::PLAN)?;
    let limits = Fields::new(node, &fields.path(key::PLAN), &known, diagnostics)?;
    if known.iter().all(|name| limits.node(name).is_none()) {
        let detail = format!(
            "`{}` needs the key `deletes` or `replaces`",
            fields.path(key::PLAN)
        );
        diagnostics.push(Diagnostic::error(code::BAD_SETTING, detail).at(node.at.clone()));
    }
    Some(Limit {
        deletes: limits.count("deletes", diagnostics),
        replaces: limits.count("replaces", diagnostics),
    })
}

fn property(
    fields: &Fields<'_>,
    components: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) -> Option<Rule> {
    let component = component(fields, components, diagnostics);
    let resource = fields.glob("resource", diagnostics);
    let condition = condition::read(fields, diagnostics);
    if fields.node("property").is_none() && !fields.slipped() {
        let detail = "this policy needs the key `property` or `plan`: what it is about";
        diagnostics.push(Diagnostic::error(code::BAD_SETTING, detail).at(fields.at().clone()));
    }
    let path = fields.text("property", diagnostics)?;
    let (required, condition) = condition?;
    let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
    if parts.iter().any(String::is_empty) {
        let wanted = "names with single dots between them, such as `triggers.*.triggerName`";
        return fields.wrong("property", wanted, diagnostics);
    }
    if let [first, rest @ ..] = &parts[..]
        && first == "props"
    {
        let wanted = format!("a path that begins below `props`: `{}`", rest.join("."));
        return fields.wrong("property", &wanted, diagnostics);
    }
    Some(Rule::Property(Box::new(Demand {
        component,
        resource,
        property: parts,
        required: required.unwrap_or(!matches!(
            condition,
            Some(Condition::Not(_) | Condition::Forbidden)
        )),
        condition,
    })))
}

/// The component that a policy is for. One that nobody knows would never be checked.
fn component(
    fields: &Fields<'_>,
    components: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let name = fields.text("for", diagnostics)?;
    if name != "*" && !components.contains(name) {
        let detail = format!(
            "`{}` names `{name}`, which is no component",
            fields.path("for")
        );
        let mut error = Diagnostic::error(code::BAD_SETTING, detail);
        error.at = fields.node("for").map(|node| node.at.clone());
        diagnostics.push(match closest(name, components.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(
                "a component's name, or `*` for all; the names of resources go under `resource`",
            ),
        });
    }
    (name != "*").then(|| name.to_owned())
}
