//! The event of an object that changed in a bucket.

use serde_json::{Value as Json, json};

use super::{REQUEST_ID, Scene, TRIGGER_ID, first, text};
use crate::resource::Object;

/// The object is `hello`, five bytes, with its MD5.
const SIZE: i64 = 5;
const TAG: &str = "5D41402ABC4B2A76B9719D911017C592";

pub(super) fn event(trigger: &Object, scene: &Scene<'_>) -> Json {
    let Scene {
        account, region, ..
    } = *scene;
    let bucket = bucket(trigger);
    let name = name(first(trigger, "events").unwrap_or_default());
    // By how much the bucket grew.
    let delta = if name.starts_with("ObjectRemoved") {
        -SIZE
    } else {
        SIZE
    };
    json!({ "events": [{
        "eventName": name,
        "eventSource": "acs:oss",
        "eventTime": scene.time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": format!("acs:oss:{region}:{account}:{bucket}"),
                "name": bucket,
                "ownerIdentity": account,
                "virtualBucket": "",
            },
            "object": { "deltaSize": delta, "eTag": TAG, "key": key(trigger), "size": SIZE },
            "ossSchemaVersion": "1.0",
            "ruleId": scene.trigger_id.unwrap_or(TRIGGER_ID),
        },
        "region": region,
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "requestId": REQUEST_ID },
        "userIdentity": { "principalId": account },
    }]})
}

/// The bucket, which is the last part of the source's ARN.
fn bucket(trigger: &Object) -> &str {
    let arn = text(trigger, &["sourceArn"]);
    let last = arn.and_then(|arn| arn.rsplit(':').next());
    last.filter(|bucket| !bucket.is_empty())
        .unwrap_or("example-bucket")
}

/// A key that fits the trigger's filter.
fn key(trigger: &Object) -> String {
    let part = |name| text(trigger, &["triggerConfig", "filter", "key", name]);
    let prefix = part("prefix").unwrap_or_default();
    let suffix = part("suffix").unwrap_or(".txt");
    format!("{prefix}example{suffix}")
}

/// What an event is called that fits what a trigger waits for, such as `oss:ObjectCreated:*`.
fn name(wanted: &str) -> &str {
    let wanted = wanted.strip_prefix("oss:").unwrap_or(wanted);
    let fitting = ["ObjectCreated:PutObject", "ObjectRemoved:DeleteObject"];
    match wanted.strip_suffix('*') {
        Some(beginning) => {
            let mut fitting = fitting.into_iter();
            fitting.find(|name| name.starts_with(beginning))
        }
        None => Some(wanted).filter(|name| !name.is_empty()),
    }
    .unwrap_or("ObjectCreated:PutObject")
}
