//! Tags of functions: set, taken away, listed. Custom names of resources are ARNs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::model::{Function, Tag};
use crate::function::service::Shared;
use crate::function::table;

/// Tags that a function has at most. The vendor's limit.
const MOST: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagging {
    resource_id: Vec<String>,
    resource_type: String,
    tag: Vec<Tag>,
}

pub(super) async fn set(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let tagging: Tagging = call.json()?;
    let names = names(&tagging.resource_id, &tagging.resource_type)?;
    change(shared, names, move |tags| {
        tags.extend(tagging.tag.iter().map(Tag::pair));
    })
    .await
}

pub(super) async fn unset(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let names = names(&listed(call, "ResourceId")?, &kind(call))?;
    // The vendor's Python client writes `True`.
    let all = call.param("All");
    let all = all.is_some_and(|all| all.eq_ignore_ascii_case("true"));
    let keys = listed(call, "TagKey")?;
    change(shared, names, move |tags| {
        tags.retain(|key, _| !all && !keys.contains(key));
    })
    .await
}

/// The tags of the functions named, or of all that have the tags asked for.
pub(super) async fn list(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let names = names(&listed(call, "ResourceId")?, &kind(call))?;
    let asked: Vec<Tag> = match call.param("Tag") {
        Some(text) => serde_json::from_str(text).map_err(|e| FcError::invalid(e.to_string()))?,
        None => Vec::new(),
    };
    let asked: BTreeMap<String, String> = asked.iter().map(Tag::pair).collect();
    let all = shared
        .store
        .read(|db| Ok::<_, FcError>(table::function::all(db)?));
    let fits = |function: &Function| {
        let wanted = names.is_empty() || names.contains(&function.name);
        wanted
            && asked
                .iter()
                .all(|(key, value)| function.tags.get(key) == Some(value))
    };
    let mut found = Vec::new();
    for function in all.await?.iter().filter(|function| fits(function)) {
        let arn = shared.arn(&function.name, "LATEST");
        for (key, value) in &function.tags {
            found.push(json!({
                "ResourceId": arn, "ResourceType": "function", "TagKey": key, "TagValue": value,
            }));
        }
    }
    let id = &call.http.request_id;
    Ok(shown(&json!({ "TagResources": found, "RequestId": id })))
}

async fn change(
    shared: &Shared,
    names: Vec<String>,
    by: impl Fn(&mut BTreeMap<String, String>) + Send + 'static,
) -> Outcome<Reply> {
    let changed = shared.store.write(move |db| {
        for name in &names {
            let found = table::function::find(db, name)?;
            let mut function = found.ok_or_else(|| no_function(name))?;
            by(&mut function.tags);
            if function.tags.len() > MOST {
                return Err(FcError::invalid(format!(
                    "a function has at most {MOST} tags"
                )));
            }
            table::function::save(db, &function)?;
        }
        Ok::<_, FcError>(names)
    });
    for name in changed.await? {
        shared.resolver.forget(&name);
    }
    Ok(nothing())
}

fn kind(call: &Call) -> String {
    call.param("ResourceType").unwrap_or_default().to_owned()
}

/// A list in the query, which is JSON there.
fn listed(call: &Call, name: &str) -> Outcome<Vec<String>> {
    match call.param(name) {
        None => Ok(Vec::new()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| FcError::invalid(format!("{name} is no list of texts: {error}"))),
    }
}

/// The functions that ARNs or names name.
fn names(ids: &[String], kind: &str) -> Outcome<Vec<String>> {
    if !["function", "ALIYUN::FC::FUNCTION"].contains(&kind) {
        let message = format!("ResourceType '{kind}' has no tags here; functions have");
        return Err(FcError::invalid(message));
    }
    let name = |id: &String| id.rsplit('/').next().unwrap_or(id).to_owned();
    Ok(ids.iter().map(name).collect())
}
