//! The results of map runs in the object storage: a list of what succeeded, one of what failed, and a manifest.

use serde_json::{Value, json};
use workflow::engine::{Outcome, Writing};

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
    let mut files = json!({"SUCCEEDED": [], "FAILED": []});
    for (kind, is_well) in [("SUCCEEDED", true), ("FAILED", false)] {
        let outcomes = writing.outcomes.iter();
        let of_kind = outcomes.filter(|item| item.outcome.is_ok() == is_well);
        let shown: Vec<Value> = of_kind.map(shown).collect();
        if shown.is_empty() {
            continue;
        }
        let key = format!("{folder}/{kind}_0.json");
        let size = oss
            .put(bucket, &key, Value::from(shown).to_string())
            .await?;
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

fn shown(item: &Outcome) -> Value {
    let mut shown = json!({
        "Name": item.name,
        "Input": item.input.to_string(),
    });
    match &item.outcome {
        Ok(output) => {
            shown["Status"] = json!("Succeeded");
            shown["Output"] = json!(output.to_string());
        }
        Err(fault) => {
            shown["Status"] = json!("Failed");
            shown["Error"] = json!(fault.error);
            shown["Cause"] = json!(fault.cause);
        }
    }
    shown
}
