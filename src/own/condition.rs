//! What a policy demands of a property's value: how it is written, and whether a value keeps it.

use serde_json::Value as Json;

use super::fields::{Fields, bad, number};
use super::key::{self, names};
use super::model::Condition;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::{Node, NodeKind};

const REQUIRED: &str = "required";

/// The condition that a policy states, and what it says of `required`. `None`: there is none that can be read.
pub(super) fn read(
    fields: &Fields<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<(Option<bool>, Option<Condition>)> {
    let required = fields.flag(REQUIRED, diagnostics);
    let mut stated = names(key::CONDITION)
        .filter(|name| *name != REQUIRED)
        .filter_map(|name| fields.entry(name));
    let Some(first) = stated.next() else {
        if required == Some(true) {
            return Some((required, None));
        }
        if (required == Some(false) || fields.node(REQUIRED).is_none()) && !fields.slipped() {
            let all: Vec<&str> = names(key::CONDITION).collect();
            let detail = "this policy demands nothing";
            let error = Diagnostic::error(code::BAD_SETTING, detail).at(fields.at().clone());
            diagnostics.push(error.hint(format!("add one of {}", all.join(", "))));
        }
        return None;
    };
    if let Some(second) = stated.next() {
        let detail = format!(
            "this policy states `{}` and `{}`, and one policy has one condition",
            first.key, second.key
        );
        diagnostics.push(
            Diagnostic::error(code::BAD_SETTING, detail)
                .at(second.key_at.clone())
                .hint("make it two policies"),
        );
        return None;
    }
    let condition = condition(fields, &first.key, &first.value, diagnostics)?;
    if let (Condition::Forbidden, Some(entry)) = (&condition, fields.entry(REQUIRED)) {
        let detail = "a property that is forbidden can be neither required nor optional";
        diagnostics.push(Diagnostic::error(code::BAD_SETTING, detail).at(entry.key_at.clone()));
        return None;
    }
    Some((required, Some(condition)))
}

fn condition(
    fields: &Fields<'_>,
    name: &str,
    node: &Node,
    diagnostics: &mut Diagnostics,
) -> Option<Condition> {
    if node.has_output() || node.has_secret() || node.is_failed() {
        diagnostics.extend(bad(&fields.path(name), "known", node));
        return None;
    }
    match name {
        "one_of" if node.items().is_empty() => fields.wrong(name, "a list of values", diagnostics),
        "one_of" => Some(Condition::OneOf(
            node.items().iter().map(Node::to_json).collect(),
        )),
        "equals" => Some(Condition::Equals(node.to_json())),
        "not" => Some(Condition::Not(node.to_json())),
        "matches" => fields.glob(name, diagnostics).map(Condition::Matches),
        "at_least" => fields.number(name, diagnostics).map(Condition::AtLeast),
        "at_most" => fields.number(name, diagnostics).map(Condition::AtMost),
        _ if fields.flag(name, diagnostics)? => Some(Condition::Forbidden),
        _ => fields.wrong(name, "true", diagnostics),
    }
}

impl Condition {
    /// Whether a property that is there keeps it. What is known only after a deploy, or never read, keeps no condition on
    /// its value.
    pub(super) fn is_kept(&self, node: &Node) -> bool {
        if node.has_output() || node.has_secret() {
            return false;
        }
        match self {
            Self::OneOf(values) => values.iter().any(|value| same(value, &node.to_json())),
            Self::Equals(value) => same(value, &node.to_json()),
            Self::Not(value) => !same(value, &node.to_json()),
            Self::Matches(glob) => node.as_str().is_some_and(|text| glob.is_match(text)),
            Self::AtLeast(least) => number(node).is_some_and(|number| number >= *least),
            Self::AtMost(most) => number(node).is_some_and(|number| number <= *most),
            Self::Forbidden => false,
        }
    }

    /// Whether a breach of it is told by the demand alone.
    pub(super) fn tells_all(&self, node: &Node) -> bool {
        let known = !node.has_output() && !node.has_secret();
        matches!(self, Self::Forbidden) || matches!(self, Self::Not(_)) && known
    }

    /// What it demands, in words that go on from "must".
    pub(super) fn demand(&self) -> String {
        match self {
            Self::OneOf(values) => {
                let all: Vec<String> = values.iter().map(spelled).collect();
                format!("be one of {}", all.join(", "))
            }
            Self::Equals(value) => format!("be {}", spelled(value)),
            Self::Not(value) => format!("not be {}", spelled(value)),
            Self::Matches(glob) => format!("match `{}`", glob.glob()),
            Self::AtLeast(least) => format!("be at least {least}"),
            Self::AtMost(most) => format!("be at most {most}"),
            Self::Forbidden => "not be there".to_owned(),
        }
    }
}

/// A node's value in a message.
pub(super) fn shown(node: &Node) -> String {
    match &node.kind {
        _ if node.has_output() => "known only after the deploy".to_owned(),
        _ if node.has_secret() => "secret".to_owned(),
        NodeKind::List(_) | NodeKind::Map(_) => node.type_name().to_owned(),
        _ => spelled(&node.to_json()),
    }
}

fn spelled(value: &Json) -> String {
    match value {
        Json::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

/// Whether two values are the same; numbers are compared as numbers, 1 is 1.0.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let in_b = |(key, a): (&String, &Json)| b.get(key).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(in_b)
        }
        _ => a == b,
    }
}
