//! What buses are joined to: destinations of asynchronous calls, tasks of flows, triggers of functions.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{ACCOUNT, queue};
use crate::client::Cloud;
use crate::flow::output;
use crate::queue::{lines, make, send};

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_hears_how_an_asynchronous_call_ended() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let pattern = json!({"source": ["acs.fc"], "type": [{"suffix": ":Failed"}]});
    cloud
        .rule("r", &pattern, &json!([queue("1", "q", &json!([]))]))
        .await;
    let file = make(&cloud, "f", true).await;
    let bus = format!("acs:eventbridge:{ACCOUNT}:eventbus/default");
    let config = json!({
        "maxAsyncRetryAttempts": 0,
        "destinationConfig": {"onFailure": {"destination": bus}},
    });
    let put = cloud
        .fc_json("PUT", "functions/f/async-invoke-config", &config)
        .await;
    assert_eq!(put.status, 200, "{put:?}");
    send(&cloud, "f", "bad").await;
    lines(&file, 1).await;
    let told = cloud.wait_for("q").await;
    let told: Json = serde_json::from_str(told.text_of("MessageBody").unwrap()).unwrap();
    assert_eq!(told["subject"], format!("acs:fc:{ACCOUNT}:functions/f"));
    assert_eq!(told["data"]["requestPayload"], "bad");
    assert_eq!(told["id"], told["data"]["requestContext"]["requestId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_puts_an_event_and_a_bus_that_is_not_there_can_be_caught() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let flow = |name: &str, bus: &str| {
        format!(
            "
Type: StateMachine
SpecVersion: v1
Name: {name}
StartAt: put
States:
- Type: Task
  Name: put
  Action: EventBridge:PutEvents
  TaskMode: RequestComplete
  Parameters:
    id: '7'
    type: order:made
    source: flow
    subject: a test
    eventBusName: {bus}
    data: {{number.$: $Input.number}}
  Catch:
  - Errors: [EventBridge.EventBusNotExist]
    Next: mended
  End: true
- {{Type: Pass, Name: mended, End: true}}
"
        )
    };
    let pattern = json!({"type": ["order:made"]});
    cloud
        .rule("r", &pattern, &json!([queue("1", "q", &json!([]))]))
        .await;
    cloud.flow("good", &flow("good", "default")).await;
    cloud.run("good", "e", &json!({"number": 5})).await;
    let end = output(&cloud.until("good", "e", "Succeeded").await);
    assert_eq!(end["EntryList"][0]["EventId"], "7", "{end}");
    let got = cloud.wait_for("q").await;
    let got: Json = serde_json::from_str(got.text_of("MessageBody").unwrap()).unwrap();
    assert_eq!(
        (&got["data"], &got["subject"]),
        (&json!({"number": 5}), &json!("a test"))
    );
    cloud.flow("bad", &flow("bad", "gone")).await;
    cloud.run("bad", "e", &json!({"number": 5})).await;
    let end = output(&cloud.until("bad", "e", "Succeeded").await);
    assert_eq!(end, json!({"number": 5}), "the way over the error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_of_events_calls_its_function() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    let trigger = async |name: &str, config: Json| {
        let trigger = json!({
            "triggerName": name, "triggerType": "eventbridge", "triggerConfig": config.to_string(),
        });
        let made = cloud
            .fc_json("POST", "functions/f/triggers", &trigger)
            .await;
        made.status
    };
    let pattern = r#"{"source":["shop"],"data":{"n":[{"numeric":[">",5]}]}}"#;
    for is_async in [true, false] {
        let config = json!({
            "triggerEnable": true, "asyncInvocationType": is_async, "eventRuleFilterPattern": pattern,
            "eventSourceConfig": {"eventSourceType": "Default"},
        });
        assert_eq!(trigger(&format!("t{is_async}"), config).await, 200);
    }
    let off = json!({"triggerEnable": false, "eventRuleFilterPattern": "{}"});
    assert_eq!(trigger("off", off).await, 200);
    let wrong = json!({"eventRuleFilterPattern": r#"{"detail":[1]}"#});
    assert_eq!(trigger("wrong", wrong).await, 400);
    cloud.sold("1", &json!({"n": 3})).await;
    cloud.sold("2", &json!({"n": 6})).await;
    let seen = lines(&file, 2).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(lines(&file, 2).await.len(), 2);
    for line in seen {
        let event: Json = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&event["id"], &event["data"]),
            (&json!("2"), &json!({"n": 6}))
        );
        assert_eq!(event["aliyuneventbusname"], "default");
    }
}
