//! How events reach their targets, are tried again, and given up.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{ACCOUNT, queue};
use crate::client::Cloud;
use crate::flow::output;
use crate::mns::refused;
use crate::mns::topic::Receiver;
use crate::queue::{lines, make};

/// Waits until there are so many deliveries on their way.
async fn on_their_way(cloud: &Cloud, count: u64) {
    let wait = async {
        loop {
            let status = cloud.admin("GET", "status", b"").await.json();
            if status["counts"]["bridge"]["deliveries"] == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
    waited.unwrap_or_else(|_| panic!("there were never {count} deliveries on their way"));
}

fn template() -> Json {
    json!([{"ResourceKey": "Body", "Form": "TEMPLATE", "Value": r#"{"n": "$.data.n"}"#, "Template": "sold ${n}"}])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_to_each_target_of_each_rule_that_wants_it() {
    let cloud = Cloud::start().await;
    for name in ["all", "many", "topic"] {
        cloud.queue(name, "").await;
    }
    cloud.mns("PUT", "/topics/t", "<Topic/>").await;
    let subscription = format!(
        "<Subscription><Endpoint>acs:mns:{ACCOUNT}:queues/topic</Endpoint>\
         <NotifyContentFormat>SIMPLIFIED</NotifyContentFormat></Subscription>"
    );
    let made = cloud
        .mns("PUT", "/topics/t/subscriptions/s", &subscription)
        .await;
    assert_eq!(made.status, 201);
    let topic = json!({"Id": "2", "Type": "acs.mns.topic", "Endpoint": format!("acs:mns:{ACCOUNT}:/topics/t"), "ParamList": template()});
    let shop = json!({"source": ["shop"]});
    cloud
        .rule("all", &shop, &json!([queue("1", "all", &json!([])), topic]))
        .await;
    let many = json!({"data": {"n": [{"numeric": [">", 5]}]}});
    let coded = json!([
        {"ResourceKey": "Body", "Form": "JSONPATH", "Value": "$.data.n"},
        {"ResourceKey": "IsBase64Encode", "Form": "CONSTANT", "Value": "true"},
    ]);
    cloud
        .rule("many", &many, &json!([queue("1", "many", &coded)]))
        .await;
    cloud.sold("1", &json!({"n": 3})).await;
    let whole = cloud.wait_for("all").await;
    let whole: Json = serde_json::from_str(whole.text_of("MessageBody").unwrap()).unwrap();
    let time = whole["aliyunpublishtime"].clone();
    let expected = json!({
        "id": "1", "source": "shop", "type": "shop:sold", "specversion": "1.0", "data": {"n": 3}, "time": time,
        "datacontenttype": "application/json; charset=utf-8", "aliyunaccountid": "1234567890123456",
        "aliyunoriginalaccountid": "1234567890123456", "aliyunregionid": "cn-hangzhou", "aliyunpublishtime": time,
        "aliyuneventbusname": "default", "aliyunpublishaddr": "127.0.0.1",
    });
    assert_eq!(whole, expected);
    let made = cloud.wait_for("topic").await;
    assert_eq!(made.text_of("MessageBody"), Some("sold 3"));
    on_their_way(&cloud, 0).await;
    let nothing = cloud.receive("many").await;
    assert_eq!(nothing.refusal(), refused(404, "MessageNotExist"));
    cloud.sold("2", &json!({"n": 6})).await;
    let coded = cloud.wait_for("many").await;
    assert_eq!(coded.text_of("MessageBody"), Some("Ng=="));
    cloud.eb_data("DisableRule", &[("RuleName", "all")]).await;
    cloud.sold("3", &json!({"n": 1})).await;
    on_their_way(&cloud, 0).await;
    let shown = cloud.mns("GET", "/queues/all", "").await;
    assert_eq!(shown.of("ActiveMessages"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_are_called_either_way() {
    let cloud = Cloud::start().await;
    let (later, now) = (
        make(&cloud, "later", false).await,
        make(&cloud, "now", true).await,
    );
    let target = |id: &str, name: &str, more: Json| {
        let mut params = template().as_array().unwrap().clone();
        params.extend(more.as_array().unwrap().clone());
        let endpoint = format!("acs:fc:{ACCOUNT}:functions/{name}");
        json!({"Id": id, "Type": "acs.fc.function", "Endpoint": endpoint, "ParamList": params})
    };
    let waits = json!([{"ResourceKey": "InvocationType", "Form": "CONSTANT", "Value": "Sync"}]);
    let targets = json!([target("1", "later", json!([])), target("2", "now", waits)]);
    cloud
        .rule("r", &json!({"source": ["shop"]}), &targets)
        .await;
    cloud.sold("1", &json!({"n": 3})).await;
    assert_eq!(lines(&later, 1).await, ["sold 3"]);
    // The one that is waited for fails, and is tried again by this room.
    assert_eq!(lines(&now, 1).await, ["sold 3"]);
    on_their_way(&cloud, 1).await;
    // Each of three pauses is 10 to 20 seconds.
    cloud.pass(Duration::from_mins(1)).await;
    on_their_way(&cloud, 0).await;
    assert_eq!(lines(&now, 4).await.len(), 4);
    assert_eq!(lines(&later, 1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_begins_with_the_event_as_its_input() {
    let cloud = Cloud::start().await;
    let flow = "version: v1\ntype: flow\nsteps:\n- type: pass\n  name: p\n  outputMappings: [{target: got, source: $input.n}]\n";
    cloud.flow("order", flow).await;
    let target = json!([{
        "Id": "1", "Type": "acs.fnf", "Endpoint": format!("acs:fnf:{ACCOUNT}:flow/order"),
        "ParamList": [{"ResourceKey": "Input", "Form": "JSONPATH", "Value": "$.data"}],
    }]);
    cloud.rule("r", &json!({}), &target).await;
    cloud.sold("1", &json!({"n": 3})).await;
    on_their_way(&cloud, 0).await;
    let all = cloud.fnf("ListExecutions", &[("FlowName", "order")]).await;
    let all = all["Executions"].as_array().unwrap();
    assert_eq!(all.len(), 1);
    let name = all[0]["Name"].as_str().unwrap();
    let end = output(&cloud.until("order", name, "Succeeded").await);
    assert_eq!(end, json!({"got": 3}));
}

/// A target that is an address, with dead letters.
fn address(id: &str, receiver: &Receiver, strategy: &str) -> Json {
    json!({
        "Id": id, "Type": "http", "Endpoint": format!("http://{}/{id}", receiver.address), "PushRetryStrategy": strategy,
        "ParamList": template(), "DeadLetterQueue": {"Arn": format!("acs:mns:{ACCOUNT}:/queues/dead")},
    })
}

/// Waits until so many requests came, and no more.
async fn until(receiver: &Receiver, count: usize) {
    let got = || receiver.got.lock().unwrap().len();
    while got() < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(got(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_by_the_clock_and_ends_as_a_dead_letter() {
    let cloud = Cloud::start().await;
    cloud.queue("dead", "").await;
    let receiver = Receiver::start(500).await;
    let target = address("short", &receiver, "BACKOFF_RETRY");
    cloud.rule("r", &json!({}), &json!([target])).await;
    cloud.sold("1", &json!({"n": 3})).await;
    until(&receiver, 1).await;
    cloud.pass(Duration::from_secs(9)).await;
    until(&receiver, 1).await;
    // Each of three pauses is 10 to 20 seconds.
    cloud.pass(Duration::from_mins(1)).await;
    until(&receiver, 4).await;
    let dead = cloud.wait_for("dead").await;
    let dead: Json = serde_json::from_str(dead.text_of("MessageBody").unwrap()).unwrap();
    assert_eq!(
        (&dead["id"], &dead["data"]),
        (&json!("1"), &json!({"n": 3}))
    );
    on_their_way(&cloud, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longer_strategy_doubles_its_waits_until_the_receiver_is_well() {
    let cloud = Cloud::start().await;
    cloud.queue("dead", "").await;
    let receiver = Receiver::start(500).await;
    let target = address("long", &receiver, "EXPONENTIAL_DECAY_RETRY");
    cloud.rule("r", &json!({}), &json!([target])).await;
    cloud.sold("2", &json!({"n": 4})).await;
    until(&receiver, 1).await;
    for (number, seconds) in [1, 2, 4, 8, 16].into_iter().enumerate() {
        cloud.pass(Duration::from_secs(seconds)).await;
        until(&receiver, 2 + number).await;
    }
    receiver.answers(204);
    cloud.pass(Duration::from_secs(32)).await;
    until(&receiver, 7).await;
    on_their_way(&cloud, 0).await;
    let last = receiver.got.lock().unwrap().last().unwrap().clone();
    assert!(last.head.starts_with("POST /long "), "{}", last.head);
    assert_eq!(last.text(), "sold 4");
    assert_eq!(cloud.receive("dead").await.status, 404);
}
