//! The event of something that happened at an accelerated domain.

use jiff::tz::{Offset, TimeZone};
use serde_json::{Value as Json, json};

use super::{Scene, TRIGGER_ID, text};
use crate::resource::Object;

/// Seconds that what is told took.
const TOOK: i64 = 8;
const TASK_ID: i64 = 1_000_000_001;
/// Seconds that a log file is about.
const LOG_LENGTH: i64 = 3600;

/// The event that the trigger waits for, at its first domain.
pub(super) fn event(trigger: &Object, scene: &Scene<'_>) -> Json {
    let name = text(trigger, &["triggerConfig", "eventName"]).unwrap_or("CachedObjectsRefreshed");
    let version = text(trigger, &["triggerConfig", "eventVersion"]).unwrap_or("1.0.0");
    let domain = domain(trigger).unwrap_or("www.example.com");
    let ahead = scene.time.to_zoned(TimeZone::fixed(Offset::constant(8)));
    json!({ "events": [{
        "eventName": name,
        "eventVersion": version,
        "eventSource": "cdn",
        "region": scene.region,
        "eventTime": ahead.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "traceId": TRIGGER_ID,
        "resource": { "domain": domain },
        "eventParameter": parameter(name, domain, scene.time.as_second()),
        "userIdentity": { "aliUid": scene.account },
    }]})
}

/// What an event of this name tells, at a time in seconds.
fn parameter(name: &str, domain: &str, time: i64) -> Json {
    match name {
        "LogFileCreated" => json!({
            "domain": domain,
            "startTime": time - LOG_LENGTH,
            "endTime": time,
            "fileSize": 1024,
            "filePath": format!("http://logs.example.com/{domain}/example.gz"),
        }),
        "CdnDomainStarted" => json!({ "domain": domain, "status": "online" }),
        "CdnDomainStopped" => json!({ "domain": domain, "status": "offline" }),
        "CdnDomainAdded" | "CdnDomainDeleted" => json!({ "domain": domain }),
        _ => json!({
            "objectPath": ["/example.txt"],
            "createTime": time - TOOK,
            "domain": domain,
            "completeTime": time,
            "objectType": "File",
            "taskId": TASK_ID,
        }),
    }
}

fn domain(trigger: &Object) -> Option<&str> {
    let filter = trigger.get("triggerConfig")?.get("filter")?;
    filter.get("domain")?.get(0)?.as_str()
}
