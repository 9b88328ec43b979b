//! Calls about queues and topics that fail on purpose.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{call, refused};
use crate::client::Cloud;

async fn set(cloud: &Cloud, rules: Json) {
    let body = json!({ "faults": rules }).to_string();
    let set = cloud.admin("POST", "faults", body.as_bytes()).await;
    assert_eq!(set.status, 200, "{}", set.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_that_was_named_is_refused_and_changes_nothing() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    cloud.mns("PUT", "/topics/t", "").await;
    set(
        &cloud,
        json!([
            { "of": { "queue": "q" }, "call": 2, "does": { "error": "InternalError" } },
            { "of": { "topic": "t" }, "does": "throttle" },
        ]),
    )
    .await;
    let message = "<Message><MessageBody>x</MessageBody></Message>";
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(cloud.mns("POST", "/queues/q/messages", message).await);
    }
    assert_eq!((sent[0].status, sent[2].status), (201, 201));
    assert_eq!(sent[1].refusal(), refused(500, "InternalError"));
    cloud.shows("/queues/q", &[("ActiveMessages", "2")]).await;
    let published = cloud.mns("POST", "/topics/t/messages", message).await;
    assert_eq!(published.refusal(), refused(400, "QpsLimitExceeded"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_comes_when_the_clock_has_moved() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let late = json!({ "latency_ms": 60_000 });
    set(&cloud, json!([{ "of": { "queue": "q" }, "does": late }])).await;
    let address = cloud.address();
    let asked =
        tokio::spawn(async move { call(address, "GET", "/queues/q", &[], "").await.unwrap() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!asked.is_finished());
    cloud.pass(Duration::from_mins(1)).await;
    assert_eq!(asked.await.unwrap().of("QueueName"), "q");
}
