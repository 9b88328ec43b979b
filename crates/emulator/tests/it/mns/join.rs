//! What queues and topics are joined to: functions that topics start, destinations of asynchronous calls, tasks of flows.

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

    async fn make_topic(&self, name: &str) {
        let made = self.mns("PUT", &format!("/topics/{name}"), "").await;
        assert_eq!(made.status, 201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_message_calls_the_functions_that_wait_for_it() {
    let cloud = Cloud::start().await;
    let (all, red) = (
        make(&cloud, "all", false).await,
        make(&cloud, "red", false).await,
    );
    // The trigger may be there before its topic.
    let made = cloud
        .topic_trigger(
            "all",
            "whole",
            json!({"notifyContentFormat": "JSON", "notifyStrategy": "BACKOFF_RETRY"}),
        )
        .await;
    assert_eq!(made.0, 200, "{}", made.1);
    let made = cloud
        .topic_trigger("red", "stream", json!({"filterTag": "red"}))
        .await;
    assert_eq!(made.0, 200, "{}", made.1);
    assert_eq!(
        cloud.publish("news", "x", "").await.refusal(),
        refused(404, "TopicNotExist")
    );
    cloud.make_topic("news").await;
    let attributes = "<MessageAttributes><Extend>{\"key\":\"value\"}</Extend></MessageAttributes>";
    let published = cloud
        .publish(
            "news",
            "one",
            &format!("<MessageTag>red</MessageTag>{attributes}"),
        )
        .await;
    cloud
        .publish("news", "two", "<MessageTag>blue</MessageTag>")
        .await;
    cloud
        .publish("news", "three", "<MessageTag>red</MessageTag>")
        .await;

    let mut whole: Vec<Json> = lines(&all, 3)
        .await
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    whole.sort_by_key(|event| event["PublishTime"].as_i64());
    let first = whole
        .iter()
        .find(|event| event["Message"] == "one")
        .unwrap();
    let time = first["PublishTime"].as_i64().unwrap();
    assert_eq!(
        *first,
        json!({
            "key": "value", "TopicOwner": "1234567890123456", "Subscriber": "1234567890123456", "Message": "one",
            "PublishTime": time, "SubscriptionName": "whole", "TopicName": "news",
            "MessageMD5": published.of("MessageBodyMD5"), "MessageId": published.of("MessageId"),
        })
    );
    let mut red = lines(&red, 2).await;
    red.sort();
    assert_eq!(red[0], "three");
    let said: Json = serde_json::from_str(&red[1]).unwrap();
    assert_eq!(
        said,
        json!({"body": "one", "attrs": {"Extend": "{\"key\":\"value\"}"}})
    );
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
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        cloud.pass(std::time::Duration::from_mins(1)).await;
    }
    assert_eq!(lines(&file, 4).await, ["bad"; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_and_topics_hear_how_asynchronous_calls_ended() {
    let cloud = Cloud::start().await;
    make(&cloud, "good", false).await;
    make(&cloud, "bad", true).await;
    cloud.queue("told", "").await;
    cloud.make_topic("ends").await;
    cloud.queue("ends", "").await;
    let plain = "<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>";
    cloud
        .subscribe("ends", "s", &format!("{ACCOUNT}queues/ends"), plain)
        .await;
    let config = |queue: &str| {
        json!({
            "maxAsyncRetryAttempts": 0,
            "destinationConfig": {
                "onSuccess": {"destination": format!("{ACCOUNT}/queues/{queue}/messages")},
                "onFailure": {"destination": format!("{ACCOUNT}/topics/ends/messages")},
            },
        })
    };
    for function in ["good", "bad"] {
        let path = format!("functions/{function}/async-invoke-config");
        assert_eq!(
            cloud.fc_json("PUT", &path, &config("told")).await.status,
            200
        );
        send(&cloud, function, "event").await;
    }
    let said = |message: wire::xml::Element| -> Json {
        serde_json::from_str(message.text_of("MessageBody").unwrap()).unwrap()
    };
    let good = said(cloud.wait_for("told").await);
    assert_eq!(
        (
            &good["requestPayload"],
            &good["responsePayload"],
            &good["requestContext"]["condition"]
        ),
        (&"event".into(), &"done".into(), &"".into())
    );
    let bad = said(cloud.wait_for("ends").await);
    assert_eq!(
        bad["requestContext"]["condition"],
        "UnhandledInvocationError"
    );
    assert_eq!(cloud.receive("told").await.status, 404);

    // A queue that is not there keeps nothing from ending, and the log says so.
    let path = "functions/good/async-invoke-config";
    cloud.fc_json("PUT", path, &config("nowhere")).await;
    let id = send(&cloud, "good", "event").await;
    let id = id.header("x-fc-request-id").unwrap().to_owned();
    let wait = async {
        loop {
            let found = cloud
                .admin("GET", &format!("logs?function=good&request={id}"), b"")
                .await;
            if found.text().contains("was not told how it ended") {
                return found.text();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(30), wait).await;
    assert!(waited.unwrap().contains("nowhere"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_send_and_publish_and_go_on_with_what_was_answered() {
    let cloud = Cloud::start().await;
    cloud.queue("work", "").await;
    cloud.make_topic("news").await;
    cloud.queue("news", "").await;
    cloud
        .subscribe(
            "news",
            "s",
            &format!("{ACCOUNT}queues/news"),
            "<FilterTag>red</FilterTag>",
        )
        .await;
    let first = "
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
    cloud.flow("first", first).await;
    cloud
        .run("first", "e", &json!({"say": "hello", "delay": 0}))
        .await;
    let end = output(&cloud.until("first", "e", "Succeeded").await);
    let got = cloud.receive("work").await;
    assert_eq!(
        (got.of("Priority"), got.of("MessageId")),
        (
            "1".to_owned(),
            end["sent"]["MessageId"].as_str().unwrap().to_owned()
        )
    );
    let body: Json = serde_json::from_str(&got.of("MessageBody")).unwrap();
    assert_eq!(body, json!({"say": "hello", "delay": 0}));
    assert_eq!(end["sent"]["MessageBodyMD5"], got.of("MessageBodyMD5"));
    assert!(end["sent"]["RequestId"].is_string());
    let news = cloud.wait_for("news").await;
    let news = news.text_of("MessageBody").unwrap();
    assert!(news.contains("<Message>hello</Message>"), "{news}");
    assert!(news.contains(end["published"].as_str().unwrap()), "{news}");

    let second = "
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
    cloud.flow("second", second).await;
    cloud.run("second", "e", &json!({})).await;
    let end = output(&cloud.until("second", "e", "Succeeded").await);
    let got = cloud.receive("work").await;
    assert_eq!(got.of("MessageBody"), r#"{"body":"ok"}"#);
    assert_eq!(
        (got.of("Priority"), &end["MessageId"]),
        ("2".to_owned(), &got.of("MessageId").into())
    );
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
