//! Calls about queues and topics that fail on purpose.

use std::time::Duration;

use emulator::{ADMIN_TOKEN_HEADER, admin_token};
use serde_json::{Value as Json, json};

use super::{call, refused};
use crate::client::{Cloud, SECRET, exchange, request};
use crate::crash::spawn;

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
    assert!(published.text().contains("The qps limit is exceeded"));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_killed_by_a_call_has_carried_it_out() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = spawn(folder.path());
    let made = call(address, "PUT", "/queues/q", &[], "").await.unwrap();
    assert_eq!(made.status, 201);
    let rules = json!({ "faults": [{ "of": { "queue": "q" }, "does": "kill" }] });
    let token = [(ADMIN_TOKEN_HEADER.to_owned(), admin_token(SECRET))];
    let bytes = request(
        "POST",
        "/_sdev/faults",
        &token,
        rules.to_string().as_bytes(),
    );
    assert_eq!(exchange(address, &bytes).await.unwrap().status, 200);
    let message = "<Message><MessageBody>x</MessageBody></Message>";
    let target = "/queues/q/messages";
    let sent = call(address, "POST", target, &[], message).await;
    assert!(sent.is_err() || sent.is_ok_and(|sent| sent.status == 0));
    child.wait().unwrap();
    // The rule is gone with the cloud.
    let (mut child, address) = spawn(folder.path());
    let got = call(address, "GET", target, &[], "").await.unwrap();
    assert_eq!(got.of("MessageBody"), "x");
    child.kill().unwrap();
    child.wait().unwrap();
}
