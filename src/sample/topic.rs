//! The event of a message that was published to a topic.

use serde_json::{Value as Json, json};

use super::{Scene, text};
use crate::resource::Object;

/// The message, with its MD5 and an id as the vendor's are.
const BODY: &str = "hello topic";
const DIGEST: &str = "D6206122A430035E4EC1463CDD704B59";
const MESSAGE_ID: &str = "00000000111111112222222233333333";

/// With `notifyContentFormat` `JSON` all that is known of the message; else the message alone, which is a text.
pub(super) fn event(trigger: &Object, scene: &Scene<'_>) -> Json {
    if text(trigger, &["triggerConfig", "notifyContentFormat"]) != Some("JSON") {
        return BODY.into();
    }
    json!({
        "TopicOwner": scene.account,
        "Message": BODY,
        "Subscriber": scene.account,
        "PublishTime": scene.time.as_millisecond(),
        "SubscriptionName": text(trigger, &["triggerName"]).unwrap_or("mns_topic"),
        "MessageMD5": DIGEST,
        "TopicName": topic(trigger),
        "MessageId": MESSAGE_ID,
    })
}

/// The topic, which is the last part of the source's ARN.
fn topic(trigger: &Object) -> &str {
    let arn = text(trigger, &["sourceArn"]);
    let last = arn.and_then(|arn| arn.split_once("topics/"));
    let name = last.map(|(_, name)| name.trim_end_matches("/messages"));
    name.filter(|name| !name.is_empty())
        .unwrap_or("example-topic")
}
