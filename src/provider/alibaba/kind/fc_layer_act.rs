//! What can be done with layers by hand: the actions of `fc.layer`, on the layer that a record names.

use std::path::Path;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::fc_layer::KIND;
use super::{fc_code, fc_content, fc_layer_version as version};
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;
use crate::sys::fs::{self, Readers};

const DOWNLOAD: &str = "download";
const CONTENT: &str = "content";

/// `list`: all layers, each as its newest version; `prefix`, `public`, `official` narrow it. `versions`: those of the layer, the
/// newest first. `info`: the one that `version` names. `publish`: a version of the zip at `source`. `download`: its zip to `file`.
/// `remove`: deletes it. `acl`: whether the layer is `public`. `content`: the `texts` of the files `keys` of `version`.
pub(super) async fn act(
    fc: &Fc,
    layer: &str,
    (action, args): (&str, &Json),
) -> Result<Json, ProviderError> {
    match action {
        "list" => list(fc, args).await,
        "versions" => {
            let versions = version::all(fc, layer).await?;
            if versions.is_empty() {
                return Err(version::missing(fc, layer, None).await);
            }
            Ok(versions.into_iter().rev().map(version::told).collect())
        }
        "info" => find(fc, layer, args).await.map(version::told),
        "publish" => publish(fc, layer, args).await,
        DOWNLOAD => download(fc, layer, args).await,
        CONTENT => content(fc, layer, args).await,
        "remove" => {
            let found = find(fc, layer, args).await?;
            let number = version::number(&found);
            version::delete(fc, layer, &number.to_string()).await?;
            Ok(version::told(found))
        }
        "acl" => open(fc, layer, args).await,
        _ => {
            let message = format!("`{KIND}` knows no action `{action}`");
            Err(ProviderError::new(ErrorKind::Unsupported, action, message))
        }
    }
}

async fn list(fc: &Fc, args: &Json) -> Result<Json, ProviderError> {
    let mut call = Call::get("ListLayers", &["layers"]);
    if let Some(prefix) = args["prefix"].as_str() {
        call = call.param("prefix", prefix);
    }
    // The vendor's own are public, and the original component asks for both then.
    let official = args["official"] == true;
    for (flag, is_set) in [
        ("public", official || args["public"] == true),
        ("official", official),
    ] {
        if is_set {
            call = call.param(flag, "true");
        }
    }
    let all = fc.list(call, "layers").await?;
    let objects = all.into_iter().filter_map(|layer| match layer {
        Json::Object(layer) => Some(version::told(layer)),
        _ => None,
    });
    Ok(objects.collect())
}

/// The version that `version` names, which must be there.
async fn find(fc: &Fc, layer: &str, args: &Json) -> Result<Object, ProviderError> {
    let wanted = args["version"].as_str().unwrap_or_default();
    let number = version::resolve(fc, layer, wanted).await?;
    match version::get(fc, layer, &number).await? {
        Some(found) => Ok(found),
        None => Err(version::missing(fc, layer, Some(&number)).await),
    }
}

/// The zip is at `source`, has the CRC-64 `checksum` and `size` bytes.
async fn publish(fc: &Fc, layer: &str, args: &Json) -> Result<Json, ProviderError> {
    let package = (
        args["source"].as_str(),
        args["checksum"].as_str().unwrap_or_default(),
    );
    let code = fc_code::sent(fc, KIND, package, args["size"].as_u64().unwrap_or_default()).await?;
    let mut body = json!({ "code": code, "compatibleRuntime": args["compatibleRuntime"] });
    if let Some(description) = args["description"].as_str() {
        body["description"] = description.into();
    }
    version::publish(fc, layer, body).await.map(version::told)
}

/// Fetches the zip into `file`.
async fn download(fc: &Fc, layer: &str, args: &Json) -> Result<Json, ProviderError> {
    let found = find(fc, layer, args).await?;
    let zip = package(fc, DOWNLOAD, found.clone()).await?;
    let file = args["file"].as_str().unwrap_or_default();
    fs::write_atomic(Path::new(file), &zip, Readers::Default)
        .map_err(|error| ProviderError::new(ErrorKind::Machine, DOWNLOAD, error.to_string()))?;
    Ok(json!({ "file": file, "size": zip.len(), "layer": version::told(found) }))
}

/// The `texts` of the files `keys` of a version; none when it is too large to be fetched for this.
async fn content(fc: &Fc, layer: &str, args: &Json) -> Result<Json, ProviderError> {
    let found = find(fc, layer, args).await?;
    let size = found.get("codeSize").and_then(Json::as_u64);
    if size.is_some_and(|size| size > fc_content::MOST_FETCHED) {
        return Ok(json!({}));
    }
    let zip = package(fc, CONTENT, found).await?;
    fc_content::texts(zip, CONTENT, args)
}

/// The zip of a version.
async fn package(fc: &Fc, action: &str, mut version: Object) -> Result<Bytes, ProviderError> {
    let url = version.get("code").map(|code| code["location"].clone());
    version.insert("url".into(), url.unwrap_or_default());
    fc_content::fetched(fc, action, (&version, ["url", "codeChecksum"])).await
}

async fn open(fc: &Fc, layer: &str, args: &Json) -> Result<Json, ProviderError> {
    let public = args["public"] == true;
    let call = Call::new("PutLayerACL", http::Method::PUT, &["layers", layer, "acl"])
        .param("public", &public.to_string());
    match fc.find(&call).await? {
        Some(_) => Ok(json!({ "layerName": layer, "public": public })),
        None => Err(version::missing(fc, layer, None).await),
    }
}
