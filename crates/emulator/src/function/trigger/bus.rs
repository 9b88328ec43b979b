//! Triggers of events: each listens at the default bus with a pattern of its own, or gets what comes from its source.

use rusqlite::Connection;
use serde_json::Value as Json;

use super::stream;
use crate::bridge::{Listener, Stream, Watch, check_pattern};
use crate::function::error::{FcError, Outcome};
use crate::function::model::Trigger;
use crate::function::table;

/// Where events can come from (`EventSourceConfig` of the vendor's docs). Only those of the default bus and of queues come here.
const SOURCES: &[&str] = &[
    "Default", "MNS", "RocketMQ", "RabbitMQ", "Kafka", "MQTT", "DTS",
];
/// The default bus.
const BUS: &str = "Default";
/// Queues.
const QUEUES: &str = "MNS";

/// Knows which functions listen at the default bus, and which get messages of queues.
pub(crate) struct Buses;

impl Watch for Buses {
    fn listeners(&self, db: &Connection) -> rusqlite::Result<Vec<Listener>> {
        let all = table::trigger::of_kind(db, "eventbridge")?;
        Ok(all.into_iter().filter_map(listener).collect())
    }

    fn streams(&self, db: &Connection) -> rusqlite::Result<Vec<Stream>> {
        let mut all = table::trigger::of_kind(db, "eventbridge")?;
        all.retain(|trigger| source(&trigger.config) == QUEUES);
        Ok(all.into_iter().filter_map(stream::stream).collect())
    }
}

fn listener(trigger: Trigger) -> Option<Listener> {
    let config = &trigger.config;
    if !is_on(config) || source(config) != BUS {
        return None;
    }
    Some(Listener {
        pattern: pattern(config).to_owned(),
        waits: waits(config),
        name: trigger.name,
        function: trigger.function,
        qualifier: trigger.qualifier,
    })
}

/// Checks what such a trigger says.
pub(crate) fn check(config: &Json) -> Outcome<()> {
    let source = source(config);
    if !SOURCES.contains(&source) {
        let all = SOURCES.join(", ");
        let why = format!("eventSourceType {source:?} is none of {all}");
        return Err(FcError::invalid(why));
    }
    if source == QUEUES {
        stream::check(config)?;
    }
    check_pattern(pattern(config))
        .map_err(|why| FcError::invalid(format!("eventRuleFilterPattern: {why}")))
}

pub(super) fn is_on(config: &Json) -> bool {
    config["triggerEnable"].as_bool().unwrap_or(true)
}

/// Whether the function is called and waited for.
pub(super) fn waits(config: &Json) -> bool {
    !config["asyncInvocationType"].as_bool().unwrap_or(false)
}

fn source(config: &Json) -> &str {
    let source = config["eventSourceConfig"]["eventSourceType"].as_str();
    source.filter(|source| !source.is_empty()).unwrap_or(BUS)
}

pub(super) fn pattern(config: &Json) -> &str {
    let pattern = config["eventRuleFilterPattern"].as_str();
    pattern.filter(|text| !text.is_empty()).unwrap_or("{}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trigger(config: Json) -> Trigger {
        super::super::sample("eventbridge", "prod", config)
    }

    #[test]
    fn a_trigger_listens_while_it_is_on_and_of_the_default_bus() {
        let pattern = r#"{"source":["shop"]}"#;
        let listening = listener(trigger(json!({
            "triggerEnable": true, "asyncInvocationType": true, "eventRuleFilterPattern": pattern,
            "eventSourceConfig": {"eventSourceType": "Default"},
        })));
        let expected = Listener {
            name: "t".to_owned(),
            function: "f".to_owned(),
            qualifier: "prod".to_owned(),
            pattern: pattern.to_owned(),
            waits: false,
        };
        assert_eq!(listening, Some(expected));
        let waits = listener(trigger(json!({}))).map(|one| (one.waits, one.pattern));
        assert_eq!(waits, Some((true, "{}".to_owned())));
        for silent in [
            json!({"triggerEnable": false}),
            json!({"eventSourceConfig": {"eventSourceType": "MNS"}}),
        ] {
            assert_eq!(listener(trigger(silent.clone())), None, "{silent}");
        }
    }

    #[test]
    fn what_could_never_fire_is_refused() {
        check(&json!({})).unwrap();
        for wrong in [
            json!({"eventRuleFilterPattern": "{"}),
            json!({"eventRuleFilterPattern": "{\"detail\": [1]}"}),
            json!({"eventSourceConfig": {"eventSourceType": "Post"}}),
        ] {
            assert!(check(&wrong).is_err(), "{wrong}");
        }
    }
}
