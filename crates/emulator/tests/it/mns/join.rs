//! What queues and topics are joined to: functions that topics start, destinations of asynchronous calls, tasks of flows.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::refused;
use crate::client::Cloud;
use crate::flow::output;
use crate::queue::{lines, make, send};

const ACCOUNT: &str = "acs:mns:cn-hangzhou:1234567890123456:";

impl Cloud {
    async fn topic_trigger(&self, function: &str, name: &str, config: Json) -> (u16, Json) {
        let trigger = json!({
            "triggerName": name, "triggerType": "mns_topic", "triggerConfig": config.to_string(),
            "sourceArn": format!("{ACCOUNT}/topics/news"),
        });
        let target = format!("functions/{function}/triggers");
        let made = self.fc_json("POST", &target, &trigger).await;
        (made.status, made.json())
    }

    pub(crate) async fn make_topic(&self, name: &str) {
        let made = self.mns("PUT", &format!("/topics/{name}"), "").await;
        assert_eq!(made.status, 201);
    }
}

const ATTRIBUTES: &str = "<MessageTag>red</MessageTag><MessageAttributes><Extend>{\"key\":\"value\"}</Extend></MessageAttributes>";

#[tokio::test(flavor = "multi_thread")]
async fn a_published_message_calls_the_functions_that_wait_for_its_topic() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "all", false).await;
    // The trigger may be there before its topic.
    let config = json!({"notifyContentFormat": "JSON", "notifyStrategy": "BACKOFF_RETRY"});
    let made = cloud.topic_trigger("all", "whole", config).await;
    assert_eq!(made.0, 200, "{}", made.1);
    let lost = cloud.publish("news", "x", "").await;
    assert_eq!(lost.refusal(), refused(404, "TopicNotExist"));
    cloud.make_topic("news").await;
    let published = cloud.publish("news", "one", ATTRIBUTES).await;
    cloud.publish("news", "two", "").await;
    let events = lines(&file, 2).await;
    let events = events
        .iter()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let mut events: Vec<Json> = events.collect();
    events.sort_by_key(|event| event["PublishTime"].as_i64());
    let own = |event: &Json| event["Message"] == "one";
    let event = events.iter().find(|event| own(event)).unwrap();
    let time = event["PublishTime"].as_i64().unwrap();
    let expected = json!({
        "key": "value", "TopicOwner": "1234567890123456", "Subscriber": "1234567890123456", "Message": "one",
        "PublishTime": time, "SubscriptionName": "whole", "TopicName": "news",
        "MessageMD5": published.of("MessageBodyMD5"), "MessageId": published.of("MessageId"),
    });
    assert_eq!(*event, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_with_a_tag_gets_the_messages_that_have_it_as_they_are() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "red", false).await;
    cloud.make_topic("news").await;
    let tag = json!({"filterTag": "red"});
    let made = cloud.topic_trigger("red", "stream", tag).await;
    assert_eq!(made.0, 200, "{}", made.1);
    cloud.publish("news", "one", ATTRIBUTES).await;
    let blue = "<MessageTag>blue</MessageTag>";
    cloud.publish("news", "two", blue).await;
    let red = "<MessageTag>red</MessageTag>";
    cloud.publish("news", "three", red).await;
    let mut seen = lines(&file, 2).await;
    seen.sort();
    assert_eq!(seen[0], "three");
    let said: Json = serde_json::from_str(&seen[1]).unwrap();
    let attributes = json!({"Extend": "{\"key\":\"value\"}"});
    assert_eq!(said, json!({"body": "one", "attrs": attributes}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_could_never_fire_is_refused() {
    let cloud = Cloud::start().await;
    make(&cloud, "f", false).await;
    for config in [
        json!({"notifyContentFormat": "XML"}),
        json!({"notifyStrategy": "NEVER"}),
        json!({"filterTag": "seventeen letters"}),
    ] {
        let (status, said) = cloud.topic_trigger("f", "t", config).await;
        assert_eq!((status, &said["Code"]), (400, &"InvalidArgument".into()));
    }
    let trigger =
        json!({"triggerName": "t", "triggerType": "mns_topic", "sourceArn": "acs:oss:::bkt"});
    let refused = cloud
        .fc_json("POST", "functions/f/triggers", &trigger)
        .await;
    assert_eq!(refused.json()["Code"], "InvalidArgument");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_function_is_called_again_with_the_message_by_the_clock() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", true).await;
    cloud.make_topic("news").await;
    cloud.topic_trigger("f", "t", json!({})).await;
    cloud.publish("news", "bad", "").await;
    for count in 1..=4 {
        lines(&file, count).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        cloud.pass(Duration::from_mins(1)).await;
    }
    assert_eq!(lines(&file, 4).await, ["bad"; 4]);
}

/// Sets where a function's ends are told: a queue, and the topic `ends`.
async fn tell(cloud: &Cloud, function: &str, queue: &str) {
    let config = json!({
        "maxAsyncRetryAttempts": 0,
        "destinationConfig": {
            "onSuccess": {"destination": format!("{ACCOUNT}/queues/{queue}/messages")},
            "onFailure": {"destination": format!("{ACCOUNT}/topics/ends/messages")},
        },
    });
    let path = format!("functions/{function}/async-invoke-config");
    assert_eq!(cloud.fc_json("PUT", &path, &config).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_and_topics_hear_how_asynchronous_calls_ended() {
    let cloud = Cloud::start().await;
    cloud.queue("told", "").await;
    cloud.make_topic("ends").await;
    cloud.queue("ends", "").await;
    let plain = "<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>";
    let queue = format!("{ACCOUNT}queues/ends");
    cloud.subscribe("ends", "s", &queue, plain).await;
    for (function, fails) in [("good", false), ("bad", true)] {
        make(&cloud, function, fails).await;
        tell(&cloud, function, "told").await;
        send(&cloud, function, "event").await;
    }
    let said = |message: wire::xml::Element| -> Json {
        serde_json::from_str(message.text_of("MessageBody").unwrap()).unwrap()
    };
    let good = said(cloud.wait_for("told").await);
    assert_eq!(good["requestPayload"], "event");
    assert_eq!(good["responsePayload"], "done");
    assert_eq!(good["requestContext"]["condition"], "");
    let bad = said(cloud.wait_for("ends").await);
    let condition = &bad["requestContext"]["condition"];
    assert_eq!(condition, "UnhandledInvocationError");
    assert_eq!(cloud.receive("told").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_not_there_is_told_of_in_the_log() {
    let cloud = Cloud::start().await;
    make(&cloud, "good", false).await;
    tell(&cloud, "good", "nowhere").await;
    let sent = send(&cloud, "good", "event").await;
    let id = sent.header("x-fc-request-id").unwrap();
    let query = format!("logs?function=good&request={id}");
    let wait = async {
        loop {
            let found = cloud.admin("GET", &query, b"").await.text();
            if found.contains("was not told how it ended") {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
    assert!(waited.unwrap().contains("nowhere"));
}

const FIRST: &str = "
version: v1
type: flow
steps:
- type: task
  name: send
  resourceArn: acs:mns:::/queues/work/messages
  serviceParams: {MessageBody: $, Priority: 1, DelaySeconds: $.delay}
  outputMappings: [{target: sent, source: $local}]
- type: task
  name: publish
  resourceArn: acs:mns:::/topics/news/messages
  serviceParams: {MessageBody: $.say, MessageTag: red}
  outputMappings: [{target: sent, source: $input.sent}, {target: published, source: $local.MessageId}]
outputMappings: [{target: sent, source: $local.sent}, {target: published, source: $local.published}]
";

const SECOND: &str = "
Type: StateMachine
Name: second
SpecVersion: v1
StartAt: Send
States:
- Type: Task
  Name: Send
  Action: MNS:SendMessage
  TaskMode: RequestComplete
  Parameters:
    resourceArn: acs:mns:cn-hangzhou:1234567890123456:/queues/work/messages
    message: {body: ok}
    priority: 2
  End: true
";

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_the_first_language_send_and_publish() {
    let cloud = Cloud::start().await;
    cloud.queue("work", "").await;
    cloud.make_topic("news").await;
    cloud.queue("news", "").await;
    let queue = format!("{ACCOUNT}queues/news");
    let tag = "<FilterTag>red</FilterTag>";
    cloud.subscribe("news", "s", &queue, tag).await;
    cloud.flow("first", FIRST).await;
    let input = json!({"say": "hello", "delay": 0});
    cloud.run("first", "e", &input).await;
    let end = output(&cloud.until("first", "e", "Succeeded").await);
    let got = cloud.receive("work").await;
    assert_eq!(got.of("Priority"), "1");
    assert_eq!(end["sent"]["MessageId"], got.of("MessageId"));
    assert_eq!(end["sent"]["MessageBodyMD5"], got.of("MessageBodyMD5"));
    assert!(end["sent"]["RequestId"].is_string());
    let body: Json = serde_json::from_str(&got.of("MessageBody")).unwrap();
    assert_eq!(body, input);
    let news = cloud.wait_for("news").await;
    let news = news.text_of("MessageBody").unwrap();
    assert!(news.contains("<Message>hello</Message>"), "{news}");
    let id = end["published"].as_str().unwrap();
    assert!(news.contains(id), "{news}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_the_second_language_send_structures_too() {
    let cloud = Cloud::start().await;
    cloud.queue("work", "").await;
    cloud.flow("second", SECOND).await;
    cloud.run("second", "e", &json!({})).await;
    let end = output(&cloud.until("second", "e", "Succeeded").await);
    let got = cloud.receive("work").await;
    assert_eq!(got.of("MessageBody"), r#"{"body":"ok"}"#);
    assert_eq!(got.of("Priority"), "2");
    assert_eq!(end["MessageId"], got.of("MessageId"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_gets_the_token_by_a_queue_ends_the_step() {
    let cloud = Cloud::start().await;
    cloud.queue("work", "").await;
    let flow = "
version: v1beta1
type: flow
steps:
- type: task
  name: ask
  resourceArn: acs:mns:::/queues/work/messages
  pattern: waitForCallback
  inputMappings:
  - {target: messageBody, source: $input.messageBody}
  - {target: taskToken, source: $context.task.token}
  outputMappings: [{target: status, source: $local.status}]
  serviceParams: {MessageBody: $}
";
    cloud.flow("f", flow).await;
    cloud.run("f", "e", &json!({"messageBody": "paint"})).await;
    let got = cloud.wait_for("work").await;
    let task: Json = serde_json::from_str(got.text_of("MessageBody").unwrap()).unwrap();
    assert_eq!(task["messageBody"], "paint");
    let token = task["taskToken"].as_str().unwrap();
    let report = [("TaskToken", token), ("Output", r#"{"status": "dry"}"#)];
    cloud.fnf("ReportTaskSucceeded", &report).await;
    let end = cloud.until("f", "e", "Succeeded").await;
    assert_eq!(output(&end), json!({"status": "dry"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_is_an_error_that_a_flow_can_catch() {
    let cloud = Cloud::start().await;
    let flow = |params: &str, error: &str| {
        format!(
            "
version: v1
type: flow
steps:
- type: task
  name: send
  resourceArn: acs:mns:::/queues/nowhere/messages
  serviceParams: {params}
  catch: [{{errors: [{error}], goto: mended}}]
- {{type: fail, name: wrong}}
- {{type: succeed, name: mended}}
"
        )
    };
    for (name, params, error) in [
        ("gone", "{MessageBody: $}", "MNS.QueueNotExist"),
        ("empty", "{Priority: 1}", "MNS.InvalidArgument"),
        (
            "odd",
            "{MessageBody: $, Priority: high}",
            "MNS.InvalidArgument",
        ),
    ] {
        cloud.flow(name, &flow(params, error)).await;
        cloud.run(name, "e", &json!({})).await;
        cloud.until(name, "e", "Succeeded").await;
    }
}
