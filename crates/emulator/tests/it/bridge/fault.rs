//! Calls about buses that fail on purpose.

use serde_json::json;

use super::{event, queue};
use crate::client::Cloud;

#[tokio::test(flavor = "multi_thread")]
async fn the_call_that_was_named_is_refused_and_puts_nothing() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let id = json!([{"ResourceKey": "Body", "Form": "JSONPATH", "Value": "$.id"}]);
    cloud
        .rule("r", &json!({}), &json!([queue("1", "q", &id)]))
        .await;
    let faults = json!({"faults": [
        {"of": {"bus": "default"}, "call": 2, "does": {"error": "InternalError"}},
        {"of": {"bus": "default"}, "call": 3, "does": "throttle"},
    ]});
    let set = cloud
        .admin("POST", "faults", faults.to_string().as_bytes())
        .await;
    assert_eq!(set.status, 200, "{}", set.text());
    let mut codes = Vec::new();
    for number in 1..=4 {
        let events = json!([event(&number.to_string(), &json!({}))]).to_string();
        let params = [("EventBusName", "default"), ("EventList", &events)];
        let reply = cloud.eb("PutEvents", &params).await;
        codes.push(reply["Code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes, ["Success", "InternalError", "Throttling", "Success"]);
    let mut got = Vec::new();
    for _ in 0..2 {
        let message = cloud.wait_for("q").await;
        got.push(message.text_of("MessageBody").unwrap().to_owned());
    }
    got.sort();
    assert_eq!(got, ["1", "4"]);
}
