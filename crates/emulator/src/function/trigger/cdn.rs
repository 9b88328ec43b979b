//! Triggers of the CDN: what happens at a domain is queued in the transaction that records it.

use jiff::tz::{Offset, TimeZone};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::function::model::Trigger;
use crate::function::queue::{self, Event};
use crate::function::service::{Functions, Shared};
use crate::function::table;
use crate::identity::request_uuid;
use crate::store::StoreError;

/// Hours by which times of these events are ahead of UTC.
const AHEAD: i8 = 8;

/// Something that happened at an accelerated domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CdnEvent {
    /// As the vendor calls it, such as `CdnDomainAdded`.
    pub(crate) name: &'static str,
    pub(crate) domain: String,
    /// What the event tells as its `eventParameter`, an object.
    pub(crate) parameter: Json,
    /// Milliseconds of the cloud's time.
    pub(crate) now_ms: i64,
}

impl Functions {
    /// Takes note of events in the transaction that records what happened: both are durable, or neither is. Says whether any
    /// trigger waits for one of them; [`Functions::heard`] is then to be called once they are durable.
    pub(crate) fn hear(&self, db: &Connection, events: &[CdnEvent]) -> Result<bool, StoreError> {
        if events.is_empty() {
            return Ok(false);
        }
        let mut queued = false;
        let triggers = table::trigger::of_kind(db, "cdn_events")?;
        for event in events {
            let payload = payload(&self.0, event).to_string();
            for trigger in triggers.iter().filter(|trigger| fits(trigger, event)) {
                let id = request_uuid();
                let (function, qualifier) = (&trigger.function, &trigger.qualifier);
                let call = Event::new(&id, function, qualifier, payload.as_bytes(), event.now_ms);
                queue::tasks::enqueue(db, &call)?;
                queued = true;
            }
        }
        Ok(queued)
    }

    /// Events that a trigger waits for are durable.
    pub(crate) fn heard(&self) {
        self.0.bell.ring();
    }
}

/// Whether a trigger is for this event: its name, and one of its domains.
fn fits(trigger: &Trigger, event: &CdnEvent) -> bool {
    let domains = trigger.config["filter"]["domain"].as_array();
    let mut domains = domains.into_iter().flatten().filter_map(Json::as_str);
    trigger.config["eventName"] == event.name
        && domains.any(|domain| domain.eq_ignore_ascii_case(&event.domain))
}

/// The vendor's event ("Formats of event for different triggers", CDN event triggers).
fn payload(functions: &Shared, event: &CdnEvent) -> Json {
    json!({ "events": [{
        "eventName": event.name,
        "eventVersion": "1.0.0",
        "eventSource": "cdn",
        "region": functions.region,
        "eventTime": shown_time(event.now_ms),
        "traceId": request_uuid().to_ascii_lowercase(),
        "resource": { "domain": event.domain },
        "eventParameter": event.parameter,
        "userIdentity": { "aliUid": functions.account },
    }]})
}

/// A time such as `2018-03-16T14:19:55+08:00`.
fn shown_time(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    let there = time.to_zoned(TimeZone::fixed(Offset::constant(AHEAD)));
    there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(config: Json) -> Trigger {
        super::super::sample("cdn_events", "LATEST", config)
    }

    #[test]
    fn a_trigger_gets_one_event_of_its_domains() {
        let event = CdnEvent {
            name: "CdnDomainAdded",
            domain: "a.test".to_owned(),
            parameter: json!({}),
            now_ms: 0,
        };
        for (name, domains, fitting) in [
            ("CdnDomainAdded", json!(["a.test"]), true),
            ("CdnDomainAdded", json!(["b.test", "A.test"]), true),
            ("CdnDomainAdded", json!(["www.a.test", ".test", "*"]), false),
            ("CdnDomainAdded", json!([]), false),
            ("CdnDomainAdded", Json::Null, false),
            ("CdnDomainDeleted", json!(["a.test"]), false),
        ] {
            let config = json!({"eventName": name, "filter": {"domain": domains}});
            assert_eq!(fits(&trigger(config), &event), fitting, "{name} {domains}");
        }
    }

    #[test]
    fn times_are_eight_hours_ahead() {
        assert_eq!(shown_time(1_521_181_195_999), "2018-03-16T14:19:55+08:00");
    }
}
