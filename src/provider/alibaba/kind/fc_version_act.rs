//! Published versions of a function: the actions `version.…` of `fc.function`.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};

const LIST: &str = "ListFunctionVersions";
const PUBLISH: &str = "PublishFunctionVersion";
const DELETE: &str = "DeleteFunctionVersion";
/// How long a publication may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// All versions, the newest first.
pub(super) async fn list(fc: &Fc, function: &str) -> Result<Vec<Json>, ProviderError> {
    let call = Call::get(LIST, &["functions", function, "versions"]);
    let call = call.param("direction", "BACKWARD");
    fc.list(call, "versions").await
}

/// Publishes what the function is now, described by `description`: once, since each call makes another version.
pub(super) async fn publish(fc: &Fc, function: &str, args: &Json) -> Result<Json, ProviderError> {
    let mut body = json!({});
    if let Some(description) = args["description"].as_str() {
        body["description"] = description.into();
    }
    let call = Call::post(PUBLISH, &["functions", function, "versions"], body);
    fc.send_once(&call, PATIENCE).await.map(Json::Object)
}

/// Removes the version `version`, which is its number. One that is not there is an error.
pub(super) async fn remove(fc: &Fc, function: &str, args: &Json) -> Result<Json, ProviderError> {
    let version = args["version"].as_str().unwrap_or_default();
    let call = Call::delete(DELETE, &["functions", function, "versions", version]);
    match fc.send(&call).await {
        Ok(_) => Ok(json!({ "version": version })),
        Err(error) => Err(hinted(fc, function, error).await),
    }
}

/// The version that `version` names: `latest`, in whatever letters, is the newest published one, as for the original component.
pub(super) async fn resolve(fc: &Fc, function: &str, args: &Json) -> Result<String, ProviderError> {
    let wanted = args["version"].as_str().unwrap_or_default();
    if !wanted.eq_ignore_ascii_case("latest") {
        return Ok(wanted.to_owned());
    }
    let newest = list(fc, function).await?.into_iter().next();
    let newest = newest.and_then(|version| version["versionId"].as_str().map(str::to_owned));
    newest.ok_or_else(|| {
        let message = format!("function `{function}` has no published version");
        ProviderError::new(ErrorKind::NotFound, LIST, message).with_hint("sdev version publish")
    })
}

/// The error, with the versions that there are when it says that one is not there.
pub(super) async fn hinted(fc: &Fc, function: &str, error: ProviderError) -> ProviderError {
    if error.kind != ErrorKind::NotFound {
        return error;
    }
    let Ok(versions) = list(fc, function).await else {
        return error;
    };
    let ids: Vec<&str> = versions
        .iter()
        .filter_map(|version| version["versionId"].as_str())
        .collect();
    error.with_hint(match ids[..] {
        [] => "no version is published yet: sdev version publish".to_owned(),
        _ => format!("published versions: {}", ids.join(", ")),
    })
}
