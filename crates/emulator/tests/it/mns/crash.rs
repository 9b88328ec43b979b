//! kill -9: what was acknowledged is there, also what consumers had in their hands.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use emulator::LocalCloud;

use super::call;
use crate::client::{Cloud, settings};
use crate::crash::spawn;

const SENDERS: usize = 4;
const QUEUE: &str = "<Queue><VisibilityTimeout>600</VisibilityTimeout></Queue>";
const SUBSCRIPTION: &str = "<Subscription><Endpoint>acs:mns:cn-hangzhou:1:queues/q</Endpoint>\
    <NotifyContentFormat>SIMPLIFIED</NotifyContentFormat></Subscription>";

/// Sends and publishes in turn until nobody answers; what was acknowledged.
async fn send(address: SocketAddr, name: String, count: Arc<AtomicUsize>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let text = format!("{name}-{n}");
        let target = ["/queues/q/messages", "/topics/t/messages"][n % 2];
        let body = format!("<Message><MessageBody>{text}</MessageBody></Message>");
        let sent = call(address, "POST", target, &[], &body).await;
        if !sent.is_ok_and(|sent| sent.status == 201) {
            return acknowledged;
        }
        acknowledged.push(text);
        count.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

/// Receives, and deletes every other message, until nobody answers: what was surely deleted, and what may have been.
async fn consume(address: SocketAddr) -> (Vec<String>, Vec<String>) {
    let (mut deleted, mut perhaps) = (Vec::new(), Vec::new());
    for n in 0.. {
        let target = "/queues/q/messages?waitseconds=1";
        let Ok(got) = call(address, "GET", target, &[], "").await else {
            break;
        };
        match got.status {
            200 => {}
            404 => continue,
            _ => break,
        }
        if n % 2 == 0 {
            continue;
        }
        let target = format!(
            "/queues/q/messages?ReceiptHandle={}",
            got.of("ReceiptHandle")
        );
        perhaps.push(got.of("MessageBody"));
        let gone = call(address, "DELETE", &target, &[], "").await;
        if !gone.is_ok_and(|gone| gone.status == 204) {
            break;
        }
        deleted.extend(perhaps.pop());
    }
    (deleted, perhaps)
}

/// What was surely sent, surely deleted, and perhaps deleted.
#[derive(Default)]
struct Seen {
    sent: BTreeSet<String>,
    deleted: BTreeSet<String>,
    perhaps: BTreeSet<String>,
}

/// Senders and consumers work until so many messages were acknowledged, and the cloud is killed.
async fn round(data: &Path, number: usize, acks: usize, seen: &mut Seen) {
    let (mut child, address) = spawn(data);
    for (target, body) in [
        ("/queues/q", QUEUE),
        ("/topics/t", "<Topic/>"),
        ("/topics/t/subscriptions/s", SUBSCRIPTION),
    ] {
        let made = call(address, "PUT", target, &[], body).await.unwrap();
        let status = if number == 0 { 201 } else { 204 };
        assert_eq!(made.status, status, "{}", made.text());
    }
    let count = Arc::new(AtomicUsize::new(0));
    let senders = (0..SENDERS).map(|n| {
        let name = format!("{number}-{n}");
        tokio::spawn(send(address, name, Arc::clone(&count)))
    });
    let senders: Vec<_> = senders.collect();
    let consumers: Vec<_> = (0..2).map(|_| tokio::spawn(consume(address))).collect();
    while count.load(Ordering::SeqCst) < acks {
        tokio::task::yield_now().await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for sender in senders {
        seen.sent.extend(sender.await.unwrap());
    }
    for consumer in consumers {
        let (deleted, perhaps) = consumer.await.unwrap();
        seen.deleted.extend(deleted);
        seen.perhaps.extend(perhaps);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_that_was_acknowledged_is_lost_and_none_that_was_deleted_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Seen::default();
    for (number, acks) in [5, 40, 120].into_iter().enumerate() {
        round(folder.path(), number, acks, &mut seen).await;
    }
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    // The time of what the killed consumers held passes.
    cloud.pass(Duration::from_mins(10)).await;
    let mut left = BTreeSet::new();
    loop {
        let target = "/queues/q/messages?numOfMessages=16";
        let got = cloud.mns("GET", target, "").await;
        if got.status == 404 {
            break;
        }
        for message in got.document().all("Message") {
            let body = message.text_of("MessageBody").unwrap().to_owned();
            assert!(left.insert(body.clone()), "{body} is there twice");
        }
    }
    let (sent, deleted) = (seen.sent.len(), seen.deleted.len());
    assert!(deleted > 0 && sent > 100, "{sent} sent, {deleted} deleted");
    for body in &seen.deleted {
        assert!(!left.contains(body), "{body} came back");
    }
    for body in seen.sent.difference(&seen.deleted) {
        let is_there = left.contains(body) || seen.perhaps.contains(body);
        assert!(is_there, "{body} is lost");
    }
}
