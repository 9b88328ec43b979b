//! Actions on the tags of domains: add, remove, show.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::rpc::RpcCall;

use super::super::error::ApiError;
use super::super::room::Room;
use super::super::store;
use super::domain::existing;
use super::param;

/// Domains that one call may name.
const MOST_RESOURCES: usize = 50;

/// A domain with its tags.
type Tagged = (String, Vec<(String, String)>);

/// `TagResources`.
pub(super) async fn add(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let names = required_resources(call)?;
    let tags = param::tags(call)?;
    if tags.is_empty() {
        return Err(ApiError::MissingParameter("Tag"));
    }
    let job = move |db: &Connection| {
        for name in names {
            existing(db, &name)?;
            for (key, value) in &tags {
                store::set_tag(db, &name, key, value)?;
            }
            if store::tags(db, &name)?.len() > 20 {
                return Err(ApiError::TooMany("20 tags"));
            }
        }
        Ok(())
    };
    room.store.write(job).await?;
    Ok(json!({}))
}

/// `UntagResources`.
pub(super) async fn remove(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    let names = required_resources(call)?;
    let keys = param::numbered(call, "TagKey");
    let all = call
        .param("All")
        .is_some_and(|all| all.eq_ignore_ascii_case("true"));
    if keys.is_empty() && !all {
        return Err(ApiError::MissingParameter("TagKey"));
    }
    let job = move |db: &Connection| {
        for name in names {
            existing(db, &name)?;
            if keys.is_empty() {
                store::remove_tags(db, &name, None)?;
            }
            for key in &keys {
                store::remove_tags(db, &name, Some(key))?;
            }
        }
        Ok::<_, ApiError>(())
    };
    room.store.write(job).await?;
    Ok(json!({}))
}

/// `DescribeTagResources`.
pub(super) async fn describe(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    required_resources(call)?;
    let shown: Vec<Value> = find(room, call)
        .await?
        .into_iter()
        .map(|(name, tags)| {
            let tags: Vec<Value> = tags
                .iter()
                .map(|(key, value)| json!({"Key": key, "Value": value}))
                .collect();
            json!({"ResourceId": name, "Tag": tags})
        })
        .collect();
    Ok(json!({"TagResources": shown}))
}

/// `ListTagResources`; the whole list is one page.
pub(super) async fn list(room: &Room, call: &RpcCall) -> Result<Value, ApiError> {
    check_type(call)?;
    let mut shown = Vec::new();
    for (name, tags) in find(room, call).await? {
        for (key, value) in tags {
            shown.push(json!({
                "ResourceId": name,
                "ResourceType": "DOMAIN",
                "TagKey": key,
                "TagValue": value,
            }));
        }
    }
    Ok(json!({"NextToken": "", "TagResources": {"TagResource": shown}}))
}

/// The named domains (all, when none is named) that have a tag, and every tag that the call asks for.
async fn find(room: &Room, call: &RpcCall) -> Result<Vec<Tagged>, ApiError> {
    let names = param::numbered(call, "ResourceId");
    let wanted = param::tags(call)?;
    let found = room.store.read(move |db| {
        let mut found: Vec<Tagged> = Vec::new();
        for domain in store::domains(db)? {
            if names.is_empty() || names.contains(&domain.name) {
                let tags = store::tags(db, &domain.name)?;
                found.push((domain.name, tags));
            }
        }
        Ok::<_, ApiError>(found)
    });
    let mut found = found.await?;
    found.retain(|(_, tags)| {
        let has = |(key, value): &(String, String)| {
            let mut same = tags.iter().filter(|(known, _)| known == key);
            same.any(|(_, known)| value.is_empty() || known == value)
        };
        !tags.is_empty() && wanted.iter().all(has)
    });
    Ok(found)
}

fn required_resources(call: &RpcCall) -> Result<Vec<String>, ApiError> {
    check_type(call)?;
    let names = param::numbered(call, "ResourceId");
    match names.len() {
        0 => Err(ApiError::MissingParameter("ResourceId")),
        1..=MOST_RESOURCES => Ok(names),
        _ => Err(ApiError::TooMany("50 resources")),
    }
}

fn check_type(call: &RpcCall) -> Result<(), ApiError> {
    match call.param("ResourceType") {
        None => Err(ApiError::MissingParameter("ResourceType")),
        Some(kind) if kind.eq_ignore_ascii_case("domain") => Ok(()),
        Some(kind) => Err(ApiError::InvalidParameter {
            name: "ResourceType",
            why: format!("{kind:?} is not DOMAIN"),
        }),
    }
}
