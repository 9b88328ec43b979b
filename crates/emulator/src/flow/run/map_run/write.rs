//! The results of map runs in the object storage: a file of what succeeded, one of what failed, and a manifest.

use serde_json::{Value, json};
use workflow::engine::Writing;

use crate::oss::Oss;

/// Writes the results below `PREFIX/MAP-RUN/`. What the map yields: where the manifest is. The error is in words.
pub(super) async fn results(oss: &Oss, writing: &Writing) -> Result<Value, String> {
    let bucket = writing.place["Bucket"].as_str();
    let bucket = bucket.ok_or("the parameter Bucket is missing")?;
    let prefix = writing.place["Prefix"].as_str().unwrap_or_default();
    let folder = match prefix.trim_end_matches('/') {
        "" => writing.map_run.clone(),
        prefix => format!("{prefix}/{}", writing.map_run),
    };
    let end = if writing.by_lines { "jsonl" } else { "json" };
    let mut files = json!({"SUCCEEDED": [], "FAILED": []});
    for (kind, file) in [
        ("SUCCEEDED", &writing.succeeded),
        ("FAILED", &writing.failed),
    ] {
        let Some(file) = file else {
            continue;
        };
        let key = format!("{folder}/{kind}_0.{end}");
        let size = oss.put(bucket, &key, file.clone()).await?;
        files[kind] = json!([{"Key": key, "Size": size}]);
    }
    let manifest = json!({
        "MapRunName": writing.map_run,
        "DestinationBucket": bucket,
        "ResultFiles": files,
    });
    let key = format!("{folder}/manifest.json");
    oss.put(bucket, &key, manifest.to_string()).await?;
    Ok(json!({
        "MapRunName": writing.map_run,
        "ResultWriterDetails": {"Bucket": bucket, "Key": key},
    }))
}
