//! Aliases, which lead to versions of a function: the actions `alias.…` of `fc.function`. `name` is the alias's.

use serde_json::{Value as Json, json};

use super::fc_version_act;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};

/// All aliases by name.
pub(super) async fn list(fc: &Fc, function: &str) -> Result<Vec<Json>, ProviderError> {
    let call = Call::get("ListAliases", &["functions", function, "aliases"]);
    fc.list(call, "aliases").await
}

/// One alias.
pub(super) async fn get(fc: &Fc, function: &str, args: &Json) -> Result<Json, ProviderError> {
    let call = Call::get("GetAlias", &path(function, args));
    match fc.send(&call).await {
        Ok(alias) => Ok(Json::Object(alias)),
        Err(error) => Err(hinted(fc, function, error).await),
    }
}

/// Makes an alias, or moves one that there is, and says which it was (`created`).
///
/// All calls go to `version` but for the parts in `weights`. An update says so too when there are none: weights that nobody
/// mentions end, rather than being left from an earlier release. That the vendor takes an empty map so is assumed. Without `description` it keeps its own.
pub(super) async fn publish(fc: &Fc, function: &str, args: &Json) -> Result<Json, ProviderError> {
    let path = path(function, args);
    let version = fc_version_act::resolve(fc, function, args).await?;
    let weights = args["weights"].as_object().cloned().unwrap_or_default();
    let mut body = json!({ "versionId": version });
    if let Some(description) = args["description"].as_str() {
        body["description"] = description.into();
    }
    let is_new = fc.find(&Call::get("GetAlias", &path)).await?.is_none();
    if !is_new || !weights.is_empty() {
        body["additionalVersionWeight"] = Json::Object(weights);
    }
    let call = if is_new {
        body["aliasName"] = args["name"].clone();
        Call::post("CreateAlias", &path[..3], body)
    } else {
        Call::put("UpdateAlias", &path, body)
    };
    match fc.send(&call).await {
        Ok(alias) => Ok(json!({ "alias": alias, "created": is_new })),
        Err(error) => Err(fc_version_act::hinted(fc, function, error).await),
    }
}

/// Removes an alias. One that is not there is an error.
pub(super) async fn remove(fc: &Fc, function: &str, args: &Json) -> Result<Json, ProviderError> {
    let call = Call::delete("DeleteAlias", &path(function, args));
    match fc.send(&call).await {
        Ok(_) => Ok(json!({ "aliasName": args["name"] })),
        Err(error) => Err(hinted(fc, function, error).await),
    }
}

fn path<'a>(function: &'a str, args: &'a Json) -> [&'a str; 4] {
    let name = args["name"].as_str().unwrap_or_default();
    ["functions", function, "aliases", name]
}

/// The error, with the aliases that there are when it says that one is not there.
async fn hinted(fc: &Fc, function: &str, error: ProviderError) -> ProviderError {
    if error.kind != ErrorKind::NotFound {
        return error;
    }
    let Ok(aliases) = list(fc, function).await else {
        return error;
    };
    let names: Vec<&str> = aliases
        .iter()
        .filter_map(|alias| alias["aliasName"].as_str())
        .collect();
    error.with_hint(match names[..] {
        [] => {
            "there is none yet: sdev alias publish --alias-name NAME --version-id latest".to_owned()
        }
        _ => format!("aliases: {}", names.join(", ")),
    })
}
