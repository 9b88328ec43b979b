//! Triggers of buckets: a changed object's event is queued in the transaction that changes the object.

use std::sync::Weak;

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::function::model::Trigger;
use crate::function::queue::{self, Event};
use crate::function::service::Shared;
use crate::function::table;
use crate::identity::request_uuid;
use crate::oss::{Change, Watch};

/// Hears of changed objects for the functions.
pub(crate) struct Buckets {
    functions: Weak<Shared>,
}

impl Buckets {
    pub(crate) fn new(functions: Weak<Shared>) -> Self {
        Self { functions }
    }
}

impl Watch for Buckets {
    fn changed(&self, db: &Connection, change: &Change<'_>) -> rusqlite::Result<bool> {
        let Some(functions) = self.functions.upgrade() else {
            return Ok(false);
        };
        let mut queued = false;
        for trigger in table::trigger::of_kind(db, "oss")? {
            if !fits(&trigger, change) {
                continue;
            }
            let payload = event(&functions, &trigger, change).to_string();
            let id = request_uuid();
            let (function, qualifier) = (&trigger.function, &trigger.qualifier);
            let event = Event::new(&id, function, qualifier, payload.as_bytes(), change.now_ms);
            queue::tasks::enqueue(db, &event)?;
            queued = true;
        }
        Ok(queued)
    }

    fn committed(&self) {
        if let Some(functions) = self.functions.upgrade() {
            functions.bell.ring();
        }
    }
}

/// Whether a trigger is for this change: its bucket, one of its events, its prefix and suffix.
fn fits(trigger: &Trigger, change: &Change<'_>) -> bool {
    let bucket = trigger.source_arn.rsplit(':').next().unwrap_or_default();
    let text = |name: &str| {
        trigger.config["filter"]["key"][name]
            .as_str()
            .unwrap_or_default()
    };
    bucket == change.bucket
        && change.key.starts_with(text("prefix"))
        && change.key.ends_with(text("suffix"))
        && is_named(&trigger.config["events"], change.name)
}

/// Whether a list of events such as `oss:ObjectCreated:*` names this one.
fn is_named(events: &Json, name: &str) -> bool {
    let names = events.as_array().into_iter().flatten();
    names.filter_map(Json::as_str).any(|wanted| {
        let wanted = wanted.strip_prefix("oss:").unwrap_or(wanted);
        match wanted.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => wanted == name,
        }
    })
}

/// The vendor's event of a changed object.
fn event(functions: &Shared, trigger: &Trigger, change: &Change<'_>) -> Json {
    let (account, region) = (&functions.account, &functions.region);
    let time = jiff::Timestamp::from_millisecond(change.now_ms).unwrap_or_default();
    json!({ "events": [{
        "eventName": change.name,
        "eventSource": "acs:oss",
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": format!("acs:oss:{region}:{account}:{}", change.bucket),
                "name": change.bucket,
                "ownerIdentity": account,
                "virtualBucket": "",
            },
            "object": {
                "deltaSize": change.delta,
                "eTag": change.etag,
                "key": change.key,
                "size": change.size,
            },
            "ossSchemaVersion": "1.0",
            "ruleId": trigger.id,
        },
        "region": region,
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "requestId": change.request_id },
        "userIdentity": { "principalId": account },
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_whole_or_by_their_beginning() {
        let created = "ObjectCreated:PutObject";
        for (events, fits) in [
            (json!(["oss:ObjectCreated:*"]), true),
            (json!(["oss:ObjectCreated:PutObject"]), true),
            (
                json!(["oss:ObjectRemoved:*", "oss:ObjectCreated:PutObject"]),
                true,
            ),
            (json!(["oss:ObjectCreated:CopyObject"]), false),
            (json!(["oss:ObjectRemoved:*"]), false),
            (json!([]), false),
            (Json::Null, false),
        ] {
            assert_eq!(is_named(&events, created), fits, "{events}");
        }
    }
}
