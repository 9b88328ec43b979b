//! What concerns the account: the regions that there are, and the groups that functions belong to.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{no_function, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::service::Shared;
use crate::function::table;

/// The body of `ChangeResourceGroup`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    #[serde(default)]
    resource_type: String,
    resource_id: String,
    new_resource_group_id: String,
}

/// `DescribeRegions`: every region is here, and the one that is told is the account's. Its name is its id, in all languages.
pub(super) fn regions(shared: &Shared) -> Reply {
    let region = &shared.region;
    shown(&json!({ "Regions": { "Region": [{ "RegionId": region, "LocalName": region }] } }))
}

/// Puts a function into another group. Groups have no effect here and need not be anywhere. Of what form the id is, the vendor does
/// not say: a function's name and its ARN are taken.
pub(super) async fn change_group(shared: &Shared, call: &Call) -> Outcome<Reply> {
    let change: Change = call.json()?;
    if !["", "function"].contains(&change.resource_type.to_lowercase().as_str()) {
        return Err(FcError::invalid(format!(
            "ResourceType {:?} must be function",
            change.resource_type
        )));
    }
    let new = change.new_resource_group_id;
    if new.is_empty() {
        return Err(FcError::invalid("NewResourceGroupId must not be empty"));
    }
    let id = change.resource_id;
    let of = id.rsplit('/').next().unwrap_or_default().to_owned();
    let (group, now) = (new.clone(), shared.now_ms());
    let changed = shared.store.write(move |db| {
        let found = table::function::find(db, &of)?;
        let mut function = found.ok_or_else(|| no_function(&of))?;
        let other = &mut function.config.other;
        let before = other.insert("resourceGroupId".to_owned(), group.into());
        function.modified_ms = now;
        table::function::save(db, &function)?;
        Ok::<_, FcError>(before)
    });
    let before = changed.await?;
    Ok(shown(&json!({
        "ResourceId": id,
        "NewResourceGroupId": new,
        "OldResourceGroupId": before.as_ref().and_then(Json::as_str).unwrap_or_default(),
    })))
}
