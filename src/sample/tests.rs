//! What examples hold.

use serde_json::json;

use super::*;

fn event(source: Source, trigger: &Json) -> Json {
    let scene = Scene {
        account: ACCOUNT,
        region: "cn-hangzhou",
        time: "2026-01-02T03:04:05.678Z".parse().unwrap(),
        host: None,
        trigger_id: None,
    };
    source.event(trigger.as_object().unwrap(), &scene)
}

/// Names of maps and kinds of values, all the way down.
fn shape(value: &Json) -> Json {
    match value {
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect(),
        Json::Array(items) => items.iter().map(shape).collect(),
        Json::String(_) => "text".into(),
        Json::Number(_) => "number".into(),
        other => other.clone(),
    }
}

#[test]
fn a_timer_says_its_name_its_payload_and_the_second() {
    let trigger = json!({ "triggerName": "tick", "triggerConfig": { "payload": "now" } });
    let expected = json!({
        "triggerTime": "2026-01-02T03:04:05Z", "triggerName": "tick", "payload": "now",
    });
    assert_eq!(event(Source::Timer, &trigger), expected);
    // A secret is no text here.
    let sealed = json!({ "triggerConfig": { "payload": { "secret": "env:A" } } });
    assert_eq!(event(Source::Timer, &sealed)["payload"], "");
}

#[test]
fn an_object_fits_what_its_trigger_waits_for() {
    let of = |events: Json, filter: Json| {
        let trigger = json!({
            "sourceArn": "acs:oss:cn-hangzhou:1:pictures",
            "triggerConfig": { "events": events, "filter": { "key": filter } },
        });
        event(Source::Bucket, &trigger)["events"][0].clone()
    };
    let made = of(
        json!(["oss:ObjectCreated:*"]),
        json!({ "prefix": "in/", "suffix": ".png" }),
    );
    assert_eq!(made["eventName"], "ObjectCreated:PutObject");
    assert_eq!(made["eventTime"], "2026-01-02T03:04:05.678Z");
    let bucket = &made["oss"]["bucket"];
    assert_eq!(bucket["name"], "pictures");
    assert_eq!(made["oss"]["object"]["key"], "in/example.png");
    let gone = of(
        json!(["oss:ObjectRemoved:*"]),
        json!({ "prefix": "", "suffix": "" }),
    );
    assert_eq!(gone["eventName"], "ObjectRemoved:DeleteObject");
    assert_eq!(gone["oss"]["object"]["deltaSize"], -5);
    assert_eq!(gone["oss"]["object"]["key"], "example.txt");
    let copied = of(json!(["oss:ObjectCreated:CopyObject"]), Json::Null);
    assert_eq!(copied["eventName"], "ObjectCreated:CopyObject");
}

#[test]
fn a_request_has_a_body_when_its_method_has() {
    let trigger = json!({ "triggerConfig": { "methods": ["POST", "GET"] } });
    let post = event(Source::Web, &trigger);
    assert_eq!(post["requestContext"]["http"]["method"], "POST");
    assert_eq!(post["body"], r#"{"hello":"world"}"#);
    let get = event(Source::Web, &json!({}));
    assert_eq!(get["body"], "");
    assert_eq!(get["headers"]["Host"], "example.cn-hangzhou.fcapp.run");
    assert_eq!(get["requestContext"]["timeEpoch"], "1767323045678");
}

#[test]
fn a_message_is_what_its_trigger_asks_for() {
    let trigger = |format: &str| {
        json!({
            "triggerName": "news", "sourceArn": "acs:mns:cn-hangzhou:1:/topics/orders",
            "triggerConfig": { "notifyContentFormat": format },
        })
    };
    let stream = event(Source::Topic, &trigger("STREAM"));
    assert_eq!(
        (payload(&stream).as_str(), &stream),
        ("hello topic", &json!("hello topic"))
    );
    assert_eq!(event(Source::Topic, &json!({})), stream);
    let whole = event(Source::Topic, &trigger("JSON"));
    assert_eq!(whole["TopicName"], "orders");
    assert_eq!(whole["SubscriptionName"], "news");
    assert_eq!(whole["PublishTime"], 1_767_323_045_678_i64);
    assert_eq!(payload(&whole), whole.to_string());
}

#[test]
fn a_message_of_a_queue_comes_by_itself_or_in_a_list_of_texts() {
    let trigger = |more: Json| {
        let mut config = json!({"eventSourceConfig": {
            "eventSourceType": "MNS", "eventSourceParameters": {"sourceMNSParameters": {"QueueName": "orders"}},
        }});
        let own = config.as_object_mut().unwrap();
        own.extend(more.as_object().unwrap().clone());
        json!({"triggerName": "t", "triggerType": "eventbridge", "functionName": "f", "triggerConfig": config})
    };
    let driven = event(Source::Queue, &trigger(json!({})));
    assert_eq!(driven["source"], "MNS-f-t");
    assert_eq!(driven["aliyuneventbusname"], "MNS-f-t");
    assert_eq!(driven["time"], "2026-01-02T03:04:05.678Z");
    assert_eq!(
        driven["subject"],
        format!("acs:mns:cn-hangzhou:{ACCOUNT}:queues/orders")
    );
    let item = |more: Json| {
        let list = event(Source::Queue, &trigger(more));
        serde_json::from_str::<Json>(list[0].as_str().unwrap()).unwrap()
    };
    let streaming = item(json!({"runOptions": {"mode": "event-streaming"}}));
    assert_eq!(streaming["source"], "acs:mns");
    assert_eq!(streaming["data"], driven["data"]);
    assert_eq!(streaming["aliyuneventbusname"], Json::Null);
    let option = json!({"mode": "event-streaming", "eventSchema": "RawData"});
    let raw = item(json!({"eventSinkConfig": {"deliveryOption": option}}));
    assert_eq!(raw, driven["data"]);
    let of = |trigger: &Json| Source::of_trigger(trigger.as_object().unwrap());
    assert_eq!(of(&trigger(json!({}))), Some(Source::Queue));
    let other = json!({"eventSourceConfig": {"eventSourceType": "Kafka"}});
    assert_eq!(of(&trigger(other)), None);
    assert_eq!(of(&json!({"triggerType": "eventbridge"})), None);
    assert_eq!(of(&json!({"triggerType": "timer"})), Some(Source::Timer));
}

#[test]
fn what_happened_at_a_domain_is_what_its_trigger_waits_for() {
    let of = |name: &str| {
        let domains = ["a.test", "b.test"];
        let config = json!({ "eventName": name, "filter": { "domain": domains } });
        event(Source::Cdn, &json!({ "triggerConfig": config }))["events"][0].clone()
    };
    let pushed = of("CachedObjectsPushed");
    assert_eq!(pushed["eventTime"], "2026-01-02T11:04:05+08:00");
    assert_eq!(pushed["resource"]["domain"], "a.test");
    let parameter = json!({
        "objectPath": ["/example.txt"], "createTime": 1_767_323_037, "completeTime": 1_767_323_045,
        "domain": "a.test", "objectType": "File", "taskId": 1_000_000_001,
    });
    assert_eq!(pushed["eventParameter"], parameter);
    let stopped = &of("CdnDomainStopped")["eventParameter"];
    assert_eq!(*stopped, json!({ "domain": "a.test", "status": "offline" }));
    let deleted = &of("CdnDomainDeleted")["eventParameter"];
    assert_eq!(*deleted, json!({ "domain": "a.test" }));
    let any = &event(Source::Cdn, &json!({}))["events"][0];
    assert_eq!(any["eventName"], "CachedObjectsRefreshed");
    assert_eq!(any["resource"]["domain"], "www.example.com");
}

#[test]
fn a_web_server_gets_requests_and_no_events_of_them() {
    assert!(!Source::Web.is_called_with("custom.debian12"));
    assert!(Source::Web.is_called_with("python3.12"));
    assert!(Source::Timer.is_called_with("custom.debian12"));
}

/// The forms that were recorded, where they are at hand.
#[test]
fn forms_are_those_of_recorded_events() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/events");
    let whole = json!({ "triggerConfig": { "notifyContentFormat": "JSON" } });
    let started = json!({ "triggerConfig": { "eventName": "CdnDomainStarted" } });
    for (source, file, trigger) in [
        (Source::Cdn, "cdn-CdnDomainStarted", &started),
        (Source::Cdn, "cdn-CachedObjectsRefreshed", &json!({})),
        (Source::Bucket, "oss", &json!({})),
        (Source::Web, "http", &json!({})),
        (Source::Topic, "mns-without-MessageAttributes", &whole),
    ] {
        let file = format!("{folder}/{file}.json");
        let Ok(recorded) = std::fs::read_to_string(file) else {
            continue;
        };
        let mut recorded: Json = serde_json::from_str(&recorded).unwrap();
        let mut ours = event(source, trigger);
        // What a visitor sends is his own.
        for event in [&mut recorded, &mut ours] {
            if source == Source::Web {
                event["headers"] = json!({});
                event["queryParameters"] = json!({});
            }
            // One path or several.
            if let Some(Json::Array(paths)) =
                event.pointer_mut("/events/0/eventParameter/objectPath")
            {
                paths.truncate(1);
            }
        }
        assert_eq!(shape(&ours), shape(&recorded), "{}", source.name());
    }
}
