//! Versions of layers, as the service keeps them: the calls that list, show, publish and delete them.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;

const LIST: &str = "ListLayerVersions";
/// How long a publication may take: it carries up to 100 MB.
const PATIENCE: Duration = Duration::from_mins(10);

/// All versions of a layer, the oldest first; none when there is no such layer.
pub(super) async fn all(fc: &Fc, layer: &str) -> Result<Vec<Object>, ProviderError> {
    let call = Call::get(LIST, &["layers", layer, "versions"]).param("limit", "100");
    let (mut versions, mut from) = (Vec::new(), 0);
    loop {
        let call = call.clone().param("startVersion", &from.to_string());
        let Some(page) = fc.find(&call).await? else {
            return Ok(versions);
        };
        if let Some(Json::Array(more)) = page.get("layers") {
            versions.extend(more.iter().filter_map(Json::as_object).cloned());
        }
        match page.get("nextVersion").and_then(Json::as_u64) {
            // One that leads backwards would never end.
            Some(next) if next > from => from = next,
            _ => break,
        }
    }
    versions.sort_by_key(number);
    Ok(versions)
}

/// One version; `None` when it is certainly not there.
pub(super) async fn get(
    fc: &Fc,
    layer: &str,
    version: &str,
) -> Result<Option<Object>, ProviderError> {
    let path = ["layers", layer, "versions", version];
    fc.find(&Call::get("GetLayerVersion", &path)).await
}

/// Publishes a version: once, since each call makes another one.
pub(super) async fn publish(fc: &Fc, layer: &str, body: Json) -> Result<Object, ProviderError> {
    let call = Call::post("CreateLayerVersion", &["layers", layer, "versions"], body);
    fc.send_once(&call, PATIENCE).await
}

/// Deletes a version; missing already is success.
pub(super) async fn delete(fc: &Fc, layer: &str, version: &str) -> Result<(), ProviderError> {
    let path = ["layers", layer, "versions", version];
    fc.remove(&Call::delete("DeleteLayerVersion", &path)).await
}

/// The number of a version.
pub(super) fn number(version: &Object) -> u64 {
    version
        .get("version")
        .and_then(Json::as_u64)
        .unwrap_or_default()
}

/// The number that `wanted` names: `latest`, in whatever letters, is the newest version of the layer.
pub(super) async fn resolve(fc: &Fc, layer: &str, wanted: &str) -> Result<String, ProviderError> {
    if !wanted.eq_ignore_ascii_case("latest") {
        return Ok(wanted.to_owned());
    }
    match all(fc, layer).await?.last() {
        Some(newest) => Ok(number(newest).to_string()),
        None => Err(missing(fc, layer, None).await),
    }
}

/// The error for a layer that is not there, or a version of it, with what there is.
pub(super) async fn missing(fc: &Fc, layer: &str, version: Option<&str>) -> ProviderError {
    let versions = all(fc, layer).await.unwrap_or_default();
    let numbers: Vec<String> = versions.iter().map(|v| number(v).to_string()).collect();
    let (message, hint) = match version.filter(|_| !numbers.is_empty()) {
        Some(version) => (
            format!("layer `{layer}` has no version {version}"),
            format!("its versions: {}", numbers.join(", ")),
        ),
        None => (
            format!("there is no layer `{layer}`"),
            "sdev layer list".to_owned(),
        ),
    };
    ProviderError::new(ErrorKind::NotFound, LIST, message).with_hint(hint)
}

/// A version as it is told: without the address of its code, which opens it to whoever has the address.
pub(super) fn told(mut version: Object) -> Json {
    version.shift_remove("code");
    json!(version)
}
