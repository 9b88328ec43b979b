//! Triggers of queues under kill -9, and at rest.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use super::stream::streaming;
use crate::client::{Cloud, settings};
use crate::crash::spawn;
use crate::mns;
use crate::queue::make;

/// Triggers at rest.
const RESTING: usize = 200;
/// Those of one function.
const EACH: usize = 50;
/// Hundredths of a second of processor time that they may take in a second and a half.
const TICKS: u64 = 5;

/// Sends messages until nobody answers; the bodies of those that were acknowledged.
async fn send(address: SocketAddr, name: String, count: Arc<AtomicUsize>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let body = format!("{name}-{number}");
        let message = format!("<Message><MessageBody>{body}</MessageBody></Message>");
        let sent = mns::call(address, "POST", "/queues/q/messages", &[], &message).await;
        if !sent.is_ok_and(|sent| sent.status == 201) {
            break;
        }
        acknowledged.push(body);
        count.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

/// Takes away from what is missing what a function was called with.
fn strike(missing: &mut BTreeSet<String>, file: &Path) {
    for line in std::fs::read_to_string(file).unwrap_or_default().lines() {
        // A function that was killed may have written half a line.
        let Ok(items) = serde_json::from_str::<Vec<String>>(line) else {
            continue;
        };
        for item in items {
            let event: Json = serde_json::from_str(&item).unwrap();
            missing.remove(event["data"]["messageBody"].as_str().unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_that_was_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    cloud.queue("q", "").await;
    let file = make(&cloud, "f", false).await;
    let options = json!({"batchWindow": {"CountBasedWindow": 7, "TimeBasedWindow": 0}});
    let trigger = json!({
        "triggerName": "t", "triggerType": "eventbridge", "triggerConfig": streaming(&options).to_string(),
    });
    let made = cloud
        .fc_json("POST", "functions/f/triggers", &trigger)
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let mut missing = BTreeSet::new();
    for (round, acks) in [3, 30, 90].into_iter().enumerate() {
        let (mut child, address) = spawn(folder.path());
        let count = Arc::new(AtomicUsize::new(0));
        let senders = (0..4).map(|number| {
            let name = format!("{round}-{number}");
            tokio::spawn(send(address, name, Arc::clone(&count)))
        });
        let senders: Vec<_> = senders.collect();
        while count.load(Ordering::SeqCst) < acks {
            tokio::task::yield_now().await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for sender in senders {
            missing.extend(sender.await.unwrap());
        }
    }
    assert!(missing.len() > 100);
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    while !missing.is_empty() {
        let now = tokio::time::Instant::now();
        assert!(now < deadline, "{missing:?} are lost");
        tokio::time::sleep(Duration::from_millis(50)).await;
        // What a kill had answered badly is tried again.
        cloud.pass(Duration::from_secs(1)).await;
        strike(&mut missing, &file);
    }
    let wait = async {
        loop {
            let shown = cloud.mns("GET", "/queues/q", "").await;
            let left = ["ActiveMessages", "InactiveMessages"].map(|name| shown.of(name));
            if left == ["0", "0"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
    assert!(waited.is_ok(), "what was delivered is still in the queue");
}

/// Processor time of a process, in hundredths of a second.
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let times = fields.split(' ').skip(11).take(2);
    times.map(|time| time.parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_at_rest_take_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    for number in 0..RESTING / EACH {
        let function = format!("f{number}");
        make(&cloud, &function, false).await;
        for trigger in 0..EACH {
            let mut config = streaming(&json!({"batchWindow": {"TimeBasedWindow": 5}}));
            let queue = format!("q{number}-{trigger}");
            config["eventSourceConfig"]["eventSourceParameters"]["sourceMNSParameters"]["QueueName"] =
                json!(queue);
            let trigger = json!({
                "triggerName": format!("t{trigger}"), "triggerType": "eventbridge", "triggerConfig": config.to_string(),
            });
            let target = format!("functions/{function}/triggers");
            let made = cloud.fc_json("POST", &target, &trigger).await;
            assert_eq!(made.status, 200, "{made:?}");
        }
    }
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let (mut child, _) = spawn(folder.path());
    // What it does once at its start is not rest.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = ticks(child.id());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let taken = ticks(child.id()) - before;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(taken <= TICKS, "{taken} hundredths of a second");
}
