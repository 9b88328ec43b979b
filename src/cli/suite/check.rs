//! Reads what is to be true in a test.

use super::keys::{Keys, bad, choice};
use super::model::{Check, Ended, Object, Wanted};
use super::step::request;
use crate::diagnostic::Diagnostics;
use crate::manifest::{Entry, Node};

/// What can be said to be true.
const CHECKS: &[&str] = &["http", "execution", "calls", "object", "log"];

/// An item of `then` or `until`.
pub(super) fn check(node: &Node, wrong: &mut Diagnostics) -> Option<Check> {
    let entry = choice(node, ("what is to be true", CHECKS), wrong)?;
    let value = &entry.value;
    let wanted = match entry.key.as_str() {
        "http" => {
            let known = &["url", "method", "headers", "body", "status"];
            let keys = Keys::new(value, "`http`", known, wrong)?;
            let mut request = request(&keys, wrong)?;
            if keys.get("method").is_none() {
                "GET".clone_into(&mut request.method);
            }
            Wanted::Http(request)
        }
        "execution" => {
            let known = &["workflow", "name", "status", "output", "error", "steps"];
            let keys = Keys::new(value, "`execution`", known, wrong)?;
            Wanted::Execution(Ended {
                workflow: keys.need("workflow", wrong)?,
                name: keys.need("name", wrong)?,
                status: keys.text("status", wrong),
                output: keys.json("output", wrong),
                error: keys.text("error", wrong),
                steps: keys.texts("steps", wrong),
            })
        }
        "calls" => Wanted::Calls(calls(value, wrong)?),
        "object" => {
            let keys = Keys::new(
                value,
                "`object`",
                &["bucket", "key", "exists", "body"],
                wrong,
            )?;
            let exists = keys.flag("exists", wrong).unwrap_or(true);
            if !exists && keys.has("body") {
                wrong.push(bad(
                    &value.at,
                    "an object that is not to be there has no `body`",
                ));
            }
            Wanted::Object(Object {
                bucket: keys.need("bucket", wrong)?,
                key: keys.need("key", wrong)?,
                exists,
                body: keys.json("body", wrong),
            })
        }
        "log" => {
            let keys = Keys::new(value, "`log`", &["function", "contains"], wrong)?;
            Wanted::Log {
                function: keys.need("function", wrong)?,
                text: keys.need("contains", wrong)?,
            }
        }
        _ => return None,
    };
    Some(Check {
        wanted,
        at: entry.key_at.clone(),
    })
}

/// Functions and how often each was called.
fn calls(node: &Node, wrong: &mut Diagnostics) -> Option<Vec<(String, u64)>> {
    let counted = |entry: &Entry| {
        let number = entry.value.as_i64().and_then(|n| u64::try_from(n).ok());
        Some((entry.key.clone(), number?))
    };
    let all: Option<Vec<_>> = node.entries().iter().map(counted).collect();
    let all = all.filter(|all| !all.is_empty());
    if all.is_none() {
        let detail = "`calls` is a map of functions to whole numbers";
        wrong.push(bad(&node.at, detail));
    }
    all
}
