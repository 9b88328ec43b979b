//! The event of a message of a queue, as a trigger of type `eventbridge` gets it.

use serde_json::{Value as Json, json};

use super::{Scene, text};
use crate::resource::Object;

/// The message, with an id as the vendor's are, also in the form that its event has.
const BODY: &str = "hello queue";
const MESSAGE_ID: &str = "00000000111111112222222233333333";
const ID: &str = "00000000-1111-1111-2222-222233333333";
const REQUEST_ID: &str = "000000001111111122222222";

/// One event; with `mode` `event-streaming` a list of one, as text.
pub(super) fn event(trigger: &Object, scene: &Scene<'_>) -> Json {
    let data = json!({"requestId": REQUEST_ID, "messageId": MESSAGE_ID, "messageBody": BODY});
    if !is_streaming(trigger) {
        return whole(trigger, scene, &data);
    }
    let schema = [
        "triggerConfig",
        "eventSinkConfig",
        "deliveryOption",
        "eventSchema",
    ];
    let item = match text(trigger, &schema) {
        Some("RawData") => data,
        _ => alone(trigger, ("acs:mns", scene), &data),
    };
    json!([item.to_string()])
}

/// With what the bus adds that the vendor makes for the trigger.
fn whole(trigger: &Object, scene: &Scene<'_>, data: &Json) -> Json {
    let named = |name: &str, usual: &'static str| {
        text(trigger, &[name]).map_or_else(|| usual.to_owned(), str::to_owned)
    };
    let function = named("functionName", "example");
    let bus = format!("MNS-{function}-{}", named("triggerName", "eventbridge"));
    let mut event = alone(trigger, (&bus, scene), data);
    event["aliyunpublishtime"] = event["time"].clone();
    event["aliyunoriginalaccountid"] = scene.account.into();
    event["aliyunregionid"] = scene.region.into();
    event["aliyunpublishaddr"] = "127.0.0.1".into();
    event["aliyuneventbusname"] = bus.into();
    event
}

fn alone(trigger: &Object, (source, scene): (&str, &Scene<'_>), data: &Json) -> Json {
    let (account, region) = (scene.account, scene.region);
    let queue = [
        "triggerConfig",
        "eventSourceConfig",
        "eventSourceParameters",
        "sourceMNSParameters",
        "QueueName",
    ];
    let queue = text(trigger, &queue).unwrap_or("example-queue");
    json!({
        "id": ID,
        "source": source,
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8",
        "subject": format!("acs:mns:{region}:{account}:queues/{queue}"),
        "time": scene.time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "aliyunaccountid": account,
        "data": data,
    })
}

fn is_streaming(trigger: &Object) -> bool {
    let run = text(trigger, &["triggerConfig", "runOptions", "mode"]);
    let delivery = ["triggerConfig", "eventSinkConfig", "deliveryOption", "mode"];
    run.or_else(|| text(trigger, &delivery)) == Some("event-streaming")
}
