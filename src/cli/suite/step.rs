//! Reads what is done in a test.

use serde_json::{Value as Json, json};

use super::check::check;
use super::exact;
use super::keys::{Keys, bad, choice, time};
use super::model::{Begin, Invocation, Means, Request, Step};
use crate::diagnostic::Diagnostics;
use crate::manifest::Node;

/// What a step can be.
const STEPS: &[&str] = &["http", "start", "event", "advance", "kill", "until"];

/// A step of `when`.
pub(super) fn step(node: &Node, wrong: &mut Diagnostics) -> Option<Step> {
    let entry = choice(node, ("a step", STEPS), wrong)?;
    let value = &entry.value;
    let mut save = Vec::new();
    let means = match entry.key.as_str() {
        "http" => {
            let known = &["url", "method", "headers", "body", "status", "save"];
            let keys = Keys::new(value, "`http`", known, wrong)?;
            save = saved(&keys, wrong);
            Means::Http(request(&keys, wrong)?)
        }
        "start" => {
            let known = &["workflow", "name", "input", "save"];
            let keys = Keys::new(value, "`start`", known, wrong)?;
            save = saved(&keys, wrong);
            Means::Start(Begin {
                workflow: keys.need("workflow", wrong)?,
                name: keys.text("name", wrong),
                input: keys.json("input", wrong).unwrap_or_else(|| json!({})),
            })
        }
        "event" => {
            let known = &["function", "payload", "error", "save"];
            let keys = Keys::new(value, "`event`", known, wrong)?;
            save = saved(&keys, wrong);
            Means::Event(Invocation {
                function: keys.need("function", wrong)?,
                payload: keys.json("payload", wrong).unwrap_or_else(|| json!({})),
                error: keys.text("error", wrong),
            })
        }
        "advance" => Means::Advance(time(value).or_else(|| {
            wrong.push(bad(
                &value.at,
                "`advance` is a time such as 90s, 5m, 1h or 3d",
            ));
            None
        })?),
        "kill" if value.as_str() == Some("cloud") => Means::Kill,
        "kill" => {
            wrong.push(bad(&value.at, "what can be killed is `cloud`"));
            return None;
        }
        "until" => {
            let items = value.items();
            if items.is_empty() {
                wrong.push(bad(&value.at, "`until` is a list of what is to be true"));
            }
            Means::Until(items.iter().filter_map(|item| check(item, wrong)).collect())
        }
        _ => return None,
    };
    Some(Step {
        means,
        at: entry.key_at.clone(),
        save,
    })
}

fn saved(keys: &Keys<'_>, wrong: &mut Diagnostics) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in keys.entries("save", wrong) {
        match entry.value.as_str().filter(|path| path.starts_with('$')) {
            Some(path) => all.push((entry.key.clone(), path.to_owned())),
            None => wrong.push(bad(
                &entry.value.at,
                "what is saved is a path such as `$.id`",
            )),
        }
    }
    all
}

/// A request as both steps and checks say it.
pub(super) fn request(keys: &Keys<'_>, wrong: &mut Diagnostics) -> Option<Request> {
    let url = keys.need("url", wrong);
    let body = keys.json("body", wrong);
    let usual = if body.is_some() { "POST" } else { "GET" };
    let status = keys.number("status", 999, wrong);
    let headers = keys.entries("headers", wrong).iter();
    let headers = headers.map(|entry| (entry.key.clone(), plain(&entry.value, wrong)));
    Some(Request {
        headers: headers.collect(),
        method: keys
            .text("method", wrong)
            .unwrap_or_else(|| usual.to_owned()),
        status: status.and_then(|status| u16::try_from(status).ok()),
        body,
        url: url?,
    })
}

fn plain(node: &Node, wrong: &mut Diagnostics) -> String {
    if node.is_null() {
        wrong.push(bad(&node.at, "a header has a value"));
    }
    match exact::json(node, wrong) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}
