//! Triggers of queues: messages call functions, one by one and in batches.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::ACCOUNT;
use crate::client::Cloud;
use crate::queue::{lines, make, make_that};

/// Fails while the file `fail` is beside what it writes and its text is in the event.
const FAILS: &str = "    if os.path.exists('/mnt/out/fail') and open('/mnt/out/fail', 'rb').read() in event:\n        raise ValueError('no')\n";
/// Waits while the file `gate` is there.
const WAITS: &str =
    "    import time\n    while os.path.exists('/mnt/out/gate'):\n        time.sleep(0.01)\n";

/// The settings of a trigger of the queue `q`, with more.
fn config(more: &Json) -> Json {
    let mut config = json!({
        "triggerEnable": true, "asyncInvocationType": false, "eventRuleFilterPattern": "{}",
        "eventSourceConfig": {"eventSourceType": "MNS", "eventSourceParameters": {
            "sourceMNSParameters": {"RegionId": "cn-hangzhou", "QueueName": "q", "IsBase64Decode": false},
        }},
    });
    let own = config.as_object_mut().unwrap();
    own.extend(more.as_object().unwrap().clone());
    config
}

/// Those of one whose events come in batches.
pub(super) fn streaming(options: &Json) -> Json {
    let mut options = options.clone();
    options["mode"] = json!("event-streaming");
    config(&json!({"runOptions": options}))
}

impl Cloud {
    /// Makes the trigger `t`; the status of the reply.
    async fn queue_trigger(&self, function: &str, config: &Json) -> u16 {
        let trigger = json!({
            "triggerName": "t", "triggerType": "eventbridge", "triggerConfig": config.to_string(),
        });
        let target = format!("functions/{function}/triggers");
        self.fc_json("POST", &target, &trigger).await.status
    }

    async fn change_trigger(&self, function: &str, config: &Json) {
        let change = json!({ "triggerConfig": config.to_string() });
        let target = format!("functions/{function}/triggers/t");
        let changed = self.fc_json("PUT", &target, &change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
    }

    /// Waits until a queue shows such a number of messages.
    async fn until_messages(&self, queue: &str, name: &str, number: &str) {
        let wait = async {
            while self
                .mns("GET", &format!("/queues/{queue}"), "")
                .await
                .of(name)
                != number
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        assert!(waited.is_ok(), "{queue} never had {number} {name}");
    }
}

/// The bodies of the messages of each batch.
fn bodies(lines: &[String]) -> Vec<Vec<String>> {
    let batch = |line: &String| -> Vec<String> {
        let items: Vec<String> = serde_json::from_str(line).unwrap();
        let body = |item: &String| {
            let event: Json = serde_json::from_str(item).unwrap();
            event["data"]["messageBody"].as_str().unwrap().to_owned()
        };
        items.iter().map(body).collect()
    };
    lines.iter().map(batch).collect()
}

/// A file beside what functions write.
fn beside(file: &Path, name: &str) -> PathBuf {
    let folder = file.parent().unwrap();
    std::fs::create_dir_all(folder).unwrap();
    folder.join(name)
}

/// Time for what should not happen.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_calls_the_functions_that_wait_for_its_queue_and_is_gone() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    // The trigger may be there before its queue, and gets what waits there.
    assert_eq!(cloud.queue_trigger("f", &config(&json!({}))).await, 200);
    a_while().await;
    cloud.queue("q", "").await;
    let id = cloud.send("q", "one", "").await;
    let line = lines(&file, 1).await.remove(0);
    let event: Json = serde_json::from_str(&line).unwrap();
    let (own, request) = (&event["id"], &event["data"]["requestId"]);
    assert_eq!(
        own.as_str().unwrap().replace('-', ""),
        id.to_ascii_lowercase()
    );
    assert_eq!(request.as_str().unwrap().len(), 24);
    let expected = json!({
        "id": own, "source": "MNS-f-t", "specversion": "1.0", "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8", "subject": format!("acs:mns:{ACCOUNT}:queues/q"),
        "time": event["time"], "aliyunaccountid": "1234567890123456", "aliyunoriginalaccountid": "1234567890123456",
        "aliyunregionid": "cn-hangzhou", "aliyuneventbusname": "MNS-f-t", "aliyunpublishaddr": "127.0.0.1",
        "aliyunpublishtime": event["aliyunpublishtime"],
        "data": {"requestId": request, "messageId": id, "messageBody": "one"},
    });
    assert_eq!(event, expected);
    cloud.until_messages("q", "ActiveMessages", "0").await;
    cloud.shows("/queues/q", &[("InactiveMessages", "0")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_decoded_filtered_and_queued_as_its_trigger_says() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let file = make(&cloud, "f", false).await;
    let mut own = config(&json!({
        "asyncInvocationType": true,
        "eventRuleFilterPattern": r#"{"data":{"messageBody":[{"prefix":"good"}]}}"#,
    }));
    own["eventSourceConfig"]["eventSourceParameters"]["sourceMNSParameters"] =
        json!({"QueueName": "q"});
    assert_eq!(cloud.queue_trigger("f", &own).await, 200);
    // `bad one`, `good one`, and one that is delayed.
    cloud.send("q", "YmFkIG9uZQ==", "").await;
    cloud.send("q", "Z29vZCBvbmU=", "").await;
    let delay = "<DelaySeconds>60</DelaySeconds>";
    cloud.send("q", "good two", delay).await;
    lines(&file, 1).await;
    cloud.until_messages("q", "ActiveMessages", "0").await;
    a_while().await;
    cloud.pass(Duration::from_mins(1)).await;
    let seen = lines(&file, 2).await;
    a_while().await;
    assert_eq!(lines(&file, 2).await.len(), 2);
    let body =
        |line: &String| serde_json::from_str::<Json>(line).unwrap()["data"]["messageBody"].clone();
    let bodies: Vec<Json> = seen.iter().map(body).collect();
    assert_eq!(bodies, ["good one", "good two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_delivered_when_it_is_full_or_its_window_is_over() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let file = make(&cloud, "f", false).await;
    let window = json!({"batchWindow": {"CountBasedWindow": 3, "TimeBasedWindow": 10}});
    assert_eq!(cloud.queue_trigger("f", &streaming(&window)).await, 200);
    cloud.send("q", "1", "").await;
    cloud.send("q", "2", "").await;
    a_while().await;
    assert!(!file.exists(), "the window is open");
    cloud.send("q", "3", "").await;
    cloud.send("q", "4", "").await;
    assert_eq!(bodies(&lines(&file, 1).await), [["1", "2", "3"]]);
    a_while().await;
    cloud.pass(Duration::from_secs(10)).await;
    let seen = lines(&file, 2).await;
    assert_eq!(bodies(&seen[1..]), [["4"]]);
    let items: Vec<String> = serde_json::from_str(&seen[1]).unwrap();
    let event: Json = serde_json::from_str(&items[0]).unwrap();
    let expected = json!({
        "id": event["id"], "source": "acs:mns", "specversion": "1.0", "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8", "subject": format!("acs:mns:{ACCOUNT}:queues/q"),
        "time": event["time"], "aliyunaccountid": "1234567890123456", "data": event["data"],
    });
    assert_eq!(event, expected);
    cloud.until_messages("q", "InactiveMessages", "0").await;
    cloud.shows("/queues/q", &[("ActiveMessages", "0")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_may_hold_data_alone_and_is_no_larger_than_a_call() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let file = make(&cloud, "f", false).await;
    let mut own =
        streaming(&json!({"batchWindow": {"CountBasedWindow": 100, "TimeBasedWindow": 15}}));
    own["asyncInvocationType"] = json!(true);
    own["eventSinkConfig"] = json!({"deliveryOption": {"eventSchema": "RawData"}});
    assert_eq!(cloud.queue_trigger("f", &own).await, 200);
    // 128 KB are a call: the third one makes it full, and waits for the next.
    for body in ["a", "b", "c"] {
        cloud.send("q", &body.repeat(60_000), "").await;
    }
    let data = |line: &String| -> Vec<String> {
        let items: Vec<String> = serde_json::from_str(line).unwrap();
        let all = items
            .iter()
            .map(|item| serde_json::from_str::<Json>(item).unwrap());
        all.map(|data| data["messageBody"].as_str().unwrap()[..1].to_owned())
            .collect()
    };
    assert_eq!(data(&lines(&file, 1).await[0]), ["a", "b"]);
    a_while().await;
    cloud.pass(Duration::from_secs(15)).await;
    let seen = lines(&file, 2).await;
    assert_eq!(data(&seen[1]), ["c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_is_tried_again_and_then_a_dead_letter_when_errors_are_tolerated() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    cloud.queue("dead", "").await;
    let file = make_that(&cloud, "f", FAILS).await;
    std::fs::write(beside(&file, "fail"), "bad").unwrap();
    let options = json!({
        "errorsTolerance": "ALL", "batchWindow": {"CountBasedWindow": 2, "TimeBasedWindow": 0},
        "retryStrategy": {"PushRetryStrategy": "BACKOFF_RETRY", "MaximumRetryAttempts": 2},
        "deadLetterQueue": {"Arn": format!("acs:mns:{ACCOUNT}:/queues/dead")},
    });
    let first = [
        cloud.send("q", "bad", "").await,
        cloud.send("q", "2", "").await,
    ];
    cloud.send("q", "3", "").await;
    assert_eq!(cloud.queue_trigger("f", &streaming(&options)).await, 200);
    for count in 1..=3 {
        let seen = lines(&file, count).await;
        assert_eq!(bodies(&seen)[count - 1], ["bad", "2"]);
        if count == 3 {
            break;
        }
        a_while().await;
        // Held, so that nobody else gets them; what is behind waits.
        let counts = [("InactiveMessages", "2"), ("ActiveMessages", "1")];
        cloud.shows("/queues/q", &counts).await;
        assert_eq!(lines(&file, count).await.len(), count, "before its time");
        cloud.pass(Duration::from_secs(20)).await;
    }
    for id in first {
        let letter = cloud.wait_for("dead").await;
        let event: Json = serde_json::from_str(letter.text_of("MessageBody").unwrap()).unwrap();
        assert_eq!(event["data"]["messageId"], id);
    }
    let seen = lines(&file, 4).await;
    assert_eq!(bodies(&seen[3..]), [["3"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_is_not_tolerated_stops_the_trigger_until_it_is_changed() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let file = make_that(&cloud, "f", FAILS).await;
    std::fs::write(beside(&file, "fail"), "").unwrap();
    let options = json!({"retryStrategy": {
        "PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY", "MaximumEventAgeInSeconds": 2,
    }});
    assert_eq!(cloud.queue_trigger("f", &streaming(&options)).await, 200);
    cloud.send("q", "1", "").await;
    cloud.send("q", "2", "").await;
    lines(&file, 1).await;
    a_while().await;
    // It would be three seconds old at the third try.
    cloud.pass(Duration::from_secs(1)).await;
    lines(&file, 2).await;
    cloud.until_messages("q", "ActiveMessages", "2").await;
    cloud.pass(Duration::from_hours(1)).await;
    a_while().await;
    assert_eq!(lines(&file, 2).await.len(), 2);
    let log = cloud.admin("GET", "logs?function=f", b"").await.text();
    assert!(log.contains("the trigger f/t has stopped"), "{log}");
    std::fs::remove_file(beside(&file, "fail")).unwrap();
    cloud.change_trigger("f", &streaming(&json!({}))).await;
    let seen = lines(&file, 4).await;
    assert_eq!(bodies(&seen), [["1"], ["1"], ["1"], ["2"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_is_off_or_deleted_leaves_messages_in_their_queue() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let file = make_that(&cloud, "f", FAILS).await;
    let on = streaming(&json!({}));
    let mut off = on.clone();
    off["triggerEnable"] = json!(false);
    assert_eq!(cloud.queue_trigger("f", &off).await, 200);
    cloud.send("q", "1", "").await;
    a_while().await;
    assert!(!file.exists());
    cloud.change_trigger("f", &on).await;
    assert_eq!(bodies(&lines(&file, 1).await), [["1"]]);
    // One that waits for another try is back as soon as the trigger is off.
    std::fs::write(beside(&file, "fail"), "").unwrap();
    cloud.send("q", "2", "").await;
    lines(&file, 2).await;
    cloud.change_trigger("f", &off).await;
    cloud.until_messages("q", "ActiveMessages", "1").await;
    cloud.change_trigger("f", &on).await;
    lines(&file, 3).await;
    let deleted = cloud
        .fc_json("DELETE", "functions/f/triggers/t", &json!({}))
        .await;
    assert_eq!(deleted.status, 204);
    cloud.send("q", "3", "").await;
    cloud.until_messages("q", "ActiveMessages", "2").await;
    a_while().await;
    assert_eq!(lines(&file, 3).await.len(), 3);
    let got = cloud.receive("q").await;
    assert_eq!(got.of("MessageBody"), "2");
    assert_eq!(got.of("DequeueCount"), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_batches_are_under_way_as_the_trigger_says() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let file = make_that(&cloud, "f", WAITS).await;
    std::fs::write(beside(&file, "gate"), "").unwrap();
    let mut own = streaming(&json!({}));
    own["eventSinkConfig"] = json!({"deliveryOption": {"concurrency": 2}});
    assert_eq!(cloud.queue_trigger("f", &own).await, 200);
    for body in ["1", "2", "3"] {
        cloud.send("q", body, "").await;
    }
    lines(&file, 2).await;
    a_while().await;
    assert_eq!(lines(&file, 2).await.len(), 2);
    let counts = [("InactiveMessages", "2"), ("ActiveMessages", "1")];
    cloud.shows("/queues/q", &counts).await;
    std::fs::remove_file(beside(&file, "gate")).unwrap();
    lines(&file, 3).await;
    cloud.until_messages("q", "InactiveMessages", "0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_of_a_queue_that_could_never_fire_is_refused() {
    let cloud = Cloud::start().await;
    make(&cloud, "f", false).await;
    let nowhere = json!({"eventSourceConfig": {"eventSourceType": "MNS"}});
    let window = json!({"batchWindow": {"TimeBasedWindow": 16}});
    let elsewhere = json!({"deadLetterQueue": {"Arn": "acs:mq:r:1:/instances/i/topic/t"}});
    for (wrong, status) in [
        (nowhere, 400),
        (streaming(&window), 400),
        (streaming(&elsewhere), 501),
    ] {
        assert_eq!(cloud.queue_trigger("f", &wrong).await, status, "{wrong}");
    }
}
