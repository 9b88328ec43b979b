//! Targets of rules: put, shown, deleted.

use serde_json::{Value, json};

use super::call::Call;
use super::rule::{change, find, named};
use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::model::Target;
use crate::bridge::service::Shared;

/// A target, or the id of what is none and why.
type Entry = Result<Target, (String, BridgeError)>;

/// The targets of a parameter, each read by itself.
pub(super) fn read_all(call: &Call<'_>, parameter: &str) -> Outcome<Vec<Entry>> {
    let all = call.list(parameter)?;
    let read = |document: &Value| {
        let id = document["Id"].as_str().unwrap_or_default();
        Target::read(document).map_err(|error| (id.to_owned(), error))
    };
    Ok(all.iter().map(read).collect())
}

/// Those that are right are put; each of the others is an entry of the errors.
pub(super) async fn put(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    call.need("Targets")?;
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for entry in read_all(call, "Targets")? {
        match entry {
            Ok(target) => right.push(target),
            Err((id, error)) => wrong.push(json!({
                "EntryId": id, "ErrorCode": error.code, "ErrorMessage": error.message,
            })),
        }
    }
    change(shared, call, move |rule| {
        for target in right {
            rule.put(target);
        }
    })
    .await?;
    Ok(json!({"ErrorEntriesCount": wrong.len(), "ErrorEntries": wrong}))
}

pub(super) async fn list(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    if call.text("Arn").is_some() {
        return Err(BridgeError::unserved("ListTargets by the ARN of a target"));
    }
    let (bus, name) = named(call)?;
    let found = shared.store.read(move |db| find(db, &bus, &name));
    let rule = found.await?;
    let mut targets = rule.targets;
    targets.sort_by(|one, other| one.id.cmp(&other.id));
    let total = targets.len();
    let (page, next) = call.page(targets, |target| &target.id)?;
    let show = |target: &Target| {
        let mut shown = target.show();
        shown["EventBusName"] = json!(rule.bus);
        shown["RuleName"] = json!(rule.name);
        shown
    };
    let page: Vec<Value> = page.iter().map(show).collect();
    Ok(json!({"Targets": page, "NextToken": next, "Total": total}))
}

/// Ids that no target has are errors of their own.
pub(super) async fn delete(shared: &Shared, call: &Call<'_>) -> Outcome<Value> {
    let ids: Vec<Value> = call.list("TargetIds")?;
    let (bus, name) = named(call)?;
    let found = shared.store.read(move |db| find(db, &bus, &name)).await?;
    let is_there = |id: &&Value| {
        found
            .targets
            .iter()
            .any(|target| **id == target.id.as_str())
    };
    let (known, unknown): (Vec<&Value>, Vec<&Value>) = ids.iter().partition(is_there);
    let known: Vec<Value> = known.into_iter().cloned().collect();
    change(shared, call, move |rule| {
        rule.targets
            .retain(|target| !known.iter().any(|id| id == target.id.as_str()));
    })
    .await?;
    let wrong = |id: &&Value| {
        let words = "The event target not existed!";
        json!({"EntryId": id, "ErrorCode": "EventTargetNotExisted", "ErrorMessage": words})
    };
    let wrong: Vec<Value> = unknown.iter().map(wrong).collect();
    Ok(json!({"ErrorEntriesCount": wrong.len(), "ErrorEntries": wrong}))
}
