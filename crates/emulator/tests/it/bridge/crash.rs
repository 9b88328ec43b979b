//! kill -9: every event that was acknowledged reaches each of its targets.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use emulator::LocalCloud;
use serde_json::json;

use super::{call, event, queue};
use crate::client::{Cloud, settings};
use crate::crash::spawn;
use crate::mns;

/// Puts events until nobody answers; those that were acknowledged.
async fn put(address: SocketAddr, name: String, count: Arc<AtomicUsize>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let id = format!("{name}-{number}");
        let events = json!([event(&id, &json!({}))]).to_string();
        let params = [("EventBusName", "default"), ("EventList", &events)];
        let reply = call(address, "PutEvents", &params).await;
        if !reply.is_ok_and(|reply| reply["Data"]["FailedEntryCount"] == 0) {
            return acknowledged;
        }
        acknowledged.push(id);
        count.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_that_was_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut sent = BTreeSet::new();
    for (round, acks) in [5, 40, 120].into_iter().enumerate() {
        let (mut child, address) = spawn(folder.path());
        if round == 0 {
            let id = json!([{"ResourceKey": "Body", "Form": "JSONPATH", "Value": "$.id"}]);
            let targets = json!([queue("1", "a", &id), queue("2", "b", &id)]).to_string();
            for name in ["a", "b"] {
                let target = format!("/queues/{name}");
                let made = mns::call(address, "PUT", &target, &[], "<Queue/>");
                assert_eq!(made.await.unwrap().status, 201);
            }
            let rule = [
                ("RuleName", "r"),
                ("FilterPattern", "{}"),
                ("EventTargets", &targets),
            ];
            let made = call(address, "CreateRule", &rule).await.unwrap();
            assert_eq!(made["Success"], true, "{made}");
        }
        let count = Arc::new(AtomicUsize::new(0));
        let putters = (0..4).map(|number| {
            let name = format!("{round}-{number}");
            tokio::spawn(put(address, name, Arc::clone(&count)))
        });
        let putters: Vec<_> = putters.collect();
        while count.load(Ordering::SeqCst) < acks {
            tokio::task::yield_now().await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for putter in putters {
            sent.extend(putter.await.unwrap());
        }
    }
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    assert!(sent.len() > 100);
    for name in ["a", "b"] {
        let mut missing = sent.clone();
        let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
        while !missing.is_empty() {
            assert!(
                tokio::time::Instant::now() < deadline,
                "{missing:?} are lost"
            );
            let target = format!("/queues/{name}/messages?numOfMessages=16&waitseconds=1");
            let got = cloud.mns("GET", &target, "").await;
            if got.status == 404 {
                continue;
            }
            for message in got.document().all("Message") {
                missing.remove(message.text_of("MessageBody").unwrap());
            }
        }
    }
}
