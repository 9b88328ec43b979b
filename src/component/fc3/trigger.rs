//! A function's triggers, as the service takes them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::jwt;
use super::lower::kind_of;
use crate::component::lower::Context;
use crate::component::schema::Kind;
use crate::component::typed::{entries, map, shaped};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Block, Node};
use crate::resource::{Attrs, Value};

/// The role that the service's own set-up makes for each source of events (names as its console has them).
const ROLES: [(&str, &str); 5] = [
    ("oss", "aliyunosseventnotificationrole"),
    ("log", "aliyunlogetlrole"),
    ("mns_topic", "aliyunmnsnotificationrole"),
    ("cdn_events", "aliyuncdneventnotificationrole"),
    ("tablestore", "aliyuntablestorestreamnotificationrole"),
];

/// One trigger.
#[derive(Debug)]
pub(in crate::component) struct Trigger {
    pub(in crate::component) name: String,
    pub(in crate::component) of: String,
    /// Everything but the function's name.
    pub(in crate::component) attrs: Attrs,
    pub(in crate::component) at: Span,
}

/// The triggers of a block. Two of one name are an error.
pub(super) fn read(
    block: &Block,
    context: &Context,
    diagnostics: &mut Diagnostics,
) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    let mut places: BTreeMap<&str, &Span> = BTreeMap::new();
    let items = block
        .props
        .get("triggers")
        .map(Node::items)
        .unwrap_or_default();
    for item in items.iter().filter(|item| item.is_map()) {
        let text = |name: &str| item.get(name).and_then(Node::as_str);
        let (Some(name), Some(of)) = (text("triggerName"), text("triggerType")) else {
            unnamed(item, diagnostics);
            continue;
        };
        if let Some(first) = places.insert(name, &item.at) {
            let detail = format!("two triggers of `{}` are called `{name}`", block.name);
            let error = Diagnostic::error(code::BAD_PROPERTY, detail).at(item.at.clone());
            diagnostics.push(error.related(first.clone(), "the first one"));
        }
        triggers.push(Trigger::new(
            name,
            of,
            attributes(item, context),
            item.at.clone(),
            context,
        ));
    }
    triggers
}

/// A name that is an output cannot be planned with.
fn unnamed(item: &Node, diagnostics: &mut Diagnostics) {
    for name in ["triggerName", "triggerType"] {
        if let Some(node) = item.get(name).filter(|node| node.has_output()) {
            let detail =
                format!("`{name}` must be known before the deploy, so it cannot hold an output");
            diagnostics.push(Diagnostic::error(code::BAD_PROPERTY, detail).at(node.at.clone()));
        }
    }
}

fn attributes(item: &Node, context: &Context) -> Attrs {
    let of = match kind_of("triggers") {
        Kind::List(of) => of,
        other => other,
    };
    let mut attrs = entries(shaped(item, of));
    if let Some(Value::Plain(Json::String(role))) = attrs.get("invocationRole") {
        let role = role_arn(role, context);
        attrs.insert("invocationRole".to_owned(), role.into());
    }
    attrs
}

impl Trigger {
    /// A trigger with what the original component fills in.
    pub(in crate::component) fn new(
        name: &str,
        of: &str,
        mut attrs: Attrs,
        at: Span,
        context: &Context,
    ) -> Self {
        let mut or = |name: &str, value: Json| {
            attrs.entry(name.to_owned()).or_insert(Value::Plain(value));
        };
        or("triggerName", name.into());
        or("triggerType", of.into());
        or("qualifier", "LATEST".into());
        let role = ROLES.iter().find(|(source, _)| *source == of);
        if let (Some((_, role)), Some(_)) = (role, &context.account) {
            or("invocationRole", role_arn(role, context).into());
        }
        let config = attrs
            .remove("triggerConfig")
            .map(entries)
            .unwrap_or_default();
        attrs.insert("triggerConfig".to_owned(), map(with_defaults(of, config)));
        Self {
            name: name.to_owned(),
            of: of.to_owned(),
            attrs,
            at,
        }
    }
}

fn with_defaults(of: &str, mut config: Attrs) -> Attrs {
    let mut or = |name: &str, value: Json| {
        config.entry(name.to_owned()).or_insert(Value::Plain(value));
    };
    match of {
        "http" => {
            or("authType", "function".into());
            let is_jwt = config["authType"] == Value::from("jwt");
            if let Some(auth) = config.remove("authConfig") {
                let auth = if is_jwt { jwt::with_texts(auth) } else { auth };
                config.insert("authConfig".to_owned(), auth);
            }
        }
        "timer" | "log" => or("enable", true.into()),
        // The service wants both parts of a filter.
        "oss" => {
            or("filter", json!({ "key": { "prefix": "", "suffix": "" } }));
            if let Some(Value::Plain(filter)) = config.get_mut("filter")
                && let Some(key) = filter.get_mut("key").and_then(Json::as_object_mut)
            {
                for part in ["prefix", "suffix"] {
                    key.entry(part).or_insert_with(|| "".into());
                }
            }
        }
        _ => {}
    }
    config
}

/// A role's ARN in the spelling of the original component: completed with the account and in lower case. Without a known
/// account it stays a name.
pub(in crate::component) fn role_arn(role: &str, context: &Context) -> String {
    let role = role.trim().to_lowercase();
    match &context.account {
        Some(account) if !role.is_empty() && !role.contains(':') => {
            format!("acs:ram::{account}:role/{role}")
        }
        _ => role,
    }
}
