//! Triggers of topics: a published message's event is queued in the transaction that publishes the message.

use std::sync::Weak;

use rusqlite::Connection;
use serde_json::{Map, Value as Json, json};

use crate::function::model::Trigger;
use crate::function::queue::{self, Event};
use crate::function::service::Shared;
use crate::function::table;
use crate::identity::request_uuid;
use crate::mns::{Address, Publication, Watch};

/// The attribute whose text holds further names.
const EXTEND: &str = "Extend";

/// Hears of published messages for the functions.
pub(crate) struct Topics {
    functions: Weak<Shared>,
}

impl Topics {
    pub(crate) fn new(functions: Weak<Shared>) -> Self {
        Self { functions }
    }
}

impl Watch for Topics {
    fn published(&self, db: &Connection, message: &Publication<'_>) -> rusqlite::Result<bool> {
        let mut queued = false;
        for trigger in table::trigger::of_kind(db, "mns_topic")? {
            if !fits(&trigger, message) {
                continue;
            }
            let payload = event(&trigger, message);
            let id = request_uuid();
            let (function, qualifier, now) =
                (&trigger.function, &trigger.qualifier, message.published_ms);
            let event = Event::new(&id, function, qualifier, payload.as_bytes(), now);
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

/// Whether a trigger is for this message: its topic and its tag.
fn fits(trigger: &Trigger, message: &Publication<'_>) -> bool {
    let topic = Address::of_arn(&trigger.source_arn);
    let tag = trigger.config["filterTag"].as_str().unwrap_or_default();
    topic == Some(Address::Topic(message.topic.to_owned()))
        && (tag.is_empty() || tag == message.tag)
}

/// The vendor's event of a message, in the form that the trigger asks for ("MNS topic triggers", "Event format").
fn event(trigger: &Trigger, message: &Publication<'_>) -> String {
    if trigger.config["notifyContentFormat"] == "JSON" {
        return whole(trigger, message).to_string();
    }
    if message.attributes.is_empty() {
        return message.body.to_owned();
    }
    let attributes: Map<String, Json> = message
        .attributes
        .iter()
        .map(|(name, text)| (name.clone(), text.as_str().into()))
        .collect();
    json!({ "body": message.body, "attrs": attributes }).to_string()
}

/// All that is known of a message; attributes stand beside it. The subscription is called as the trigger is.
fn whole(trigger: &Trigger, message: &Publication<'_>) -> Json {
    let mut whole = Map::new();
    for (name, text) in message.attributes {
        match serde_json::from_str(text) {
            Ok(Json::Object(further)) if name == EXTEND => whole.extend(further),
            _ => drop(whole.insert(name.clone(), text.as_str().into())),
        }
    }
    let own = json!({
        "TopicOwner": message.owner,
        "Message": message.body,
        "Subscriber": message.owner,
        "PublishTime": message.published_ms,
        "SubscriptionName": trigger.name,
        "MessageMD5": wire::digest::md5_hex_upper(message.body.as_bytes()),
        "TopicName": message.topic,
        "MessageId": message.message_id,
    });
    if let Json::Object(own) = own {
        whole.extend(own);
    }
    Json::Object(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(config: Json) -> Trigger {
        Trigger {
            name: "news".to_owned(),
            source_arn: "acs:mns:cn-hangzhou:1:/topics/t".to_owned(),
            ..super::super::sample("mns_topic", "LATEST", config)
        }
    }

    fn message(attributes: &[(String, String)]) -> Publication<'_> {
        Publication {
            owner: "1",
            topic: "t",
            message_id: "ID",
            body: "hello topic",
            tag: "red",
            attributes,
            published_ms: 7,
        }
    }

    fn extend() -> [(String, String); 1] {
        [("Extend".to_owned(), r#"{"key":"value"}"#.to_owned())]
    }

    #[test]
    fn a_trigger_gets_the_messages_of_its_topic_and_tag() {
        let all = extend();
        for (config, fitting) in [
            (json!({}), true),
            (json!({"filterTag": "red"}), true),
            (json!({"filterTag": "re"}), false),
        ] {
            assert_eq!(fits(&trigger(config), &message(&all)), fitting);
        }
        let other = Publication {
            topic: "other",
            ..message(&all)
        };
        assert!(!fits(&trigger(json!({})), &other));
    }

    #[test]
    fn a_stream_is_the_body_or_the_body_with_its_attributes() {
        let stream = trigger(json!({"notifyContentFormat": "STREAM"}));
        assert_eq!(event(&stream, &message(&[])), "hello topic");
        let said: Json = serde_json::from_str(&event(&stream, &message(&extend()))).unwrap();
        let expected = json!({"body": "hello topic", "attrs": {"Extend": "{\"key\":\"value\"}"}});
        assert_eq!(said, expected);
        assert_eq!(event(&trigger(json!({})), &message(&[])), "hello topic");
    }

    #[test]
    fn json_says_all_with_attributes_beside_it() {
        let whole = trigger(json!({"notifyContentFormat": "JSON"}));
        let said: Json = serde_json::from_str(&event(&whole, &message(&extend()))).unwrap();
        assert_eq!(
            said,
            json!({
                "key": "value", "TopicOwner": "1", "Message": "hello topic", "Subscriber": "1", "PublishTime": 7,
                "SubscriptionName": "news", "MessageMD5": wire::digest::md5_hex_upper(b"hello topic"),
                "TopicName": "t", "MessageId": "ID",
            })
        );
    }
}
