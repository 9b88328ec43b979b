//! Functions under strain: deleted while they are called, called by a cloud that is killed with a long queue.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::client::{Answer, Cloud};
use crate::crash::spawn;
use crate::function::{archive, fc, runs, try_fc};

/// A file system that functions share with these tests.
const SHARED: &str = "strain.cn-hangzhou.nas.aliyuncs.com:/";

/// Where that file system is, of a cloud with its data in the folder.
pub(crate) fn shared(data: &Path) -> PathBuf {
    let digest = wire::digest::sha256_hex(SHARED.as_bytes());
    data.join("nas").join(&digest[..16])
}

/// A function whose handler is the lines, with `append(name, bytes)` to add a line to a file of the shared folder.
pub(crate) fn function(name: &str, lines: &[&str]) -> Json {
    let code = format!(
        "import os, subprocess, time\ndef append(name, line):\n    with open('/mnt/shared/' + name, 'ab') as f:\n        f.write(line + b'\\n')\ndef handler(event, context):\n    {}\n",
        lines.join("\n    ")
    );
    json!({
        "functionName": name, "runtime": "python3.10", "handler": "index.handler", "timeout": 60, "memorySize": 128,
        "code": { "zipFile": archive("index.py", &code) },
        "nasConfig": { "mountPoints": [{ "serverAddr": SHARED, "mountDir": "/mnt/shared" }] },
    })
}

pub(crate) async fn make(address: SocketAddr, new: &Json) {
    let made = fc(
        address,
        ("POST", "functions"),
        &[],
        new.to_string().as_bytes(),
    )
    .await;
    assert_eq!(made.status, 200, "{made:?}");
}

pub(crate) async fn send(address: SocketAddr, name: &str, event: &str) -> std::io::Result<Answer> {
    let target = format!("functions/{name}/invocations");
    let headers = [("x-fc-invocation-type", "Async")];
    try_fc(address, ("POST", &target), &headers, event.as_bytes()).await
}

/// The lines of a file; none when it is not there.
pub(crate) fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// How often each line is in a file.
pub(crate) fn counts(file: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in lines(file) {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(50);
    while !holds() {
        assert!(Instant::now() < end, "it never was so: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Calls `f` again and again until it is no more, by the API or as a visitor, and counts its answers.
async fn call_until_gone(cloud: &Cloud, as_visitor: bool, answers: &AtomicUsize) {
    loop {
        let called = async {
            if as_visitor {
                return cloud.visit("GET", "/_fc/f/", &[]).await;
            }
            cloud.fc("POST", "functions/f/invocations", b"{}").await
        };
        let called = tokio::time::timeout(Duration::from_secs(30), called).await;
        let called = called.expect("a call is never answered");
        if called.status == 404 {
            assert_eq!(called.json()["Code"], "FunctionNotFound", "{called:?}");
            return;
        }
        assert_eq!(called.status, 200, "{called:?}");
        assert_eq!(called.header("x-fc-error-type"), None, "{called:?}");
        answers.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_deleted_while_twenty_connections_call_it() {
    let cloud = Cloud::start().await;
    for round in 0..3 {
        let mark = format!("strain-{round}-{}", std::process::id());
        let start = format!("subprocess.Popen(['sh', '-c', 'sleep 600', '{mark}'])");
        let new = function(
            "f",
            &[&start, "time.sleep(0.02)", "return {'statusCode': 200}"],
        );
        make(cloud.address(), &new).await;
        let trigger = json!({
            "triggerName": "web", "triggerType": "http",
            "triggerConfig": json!({ "authType": "anonymous", "methods": ["GET"] }).to_string(),
        });
        let made = cloud
            .fc_json("POST", "functions/f/triggers", &trigger)
            .await;
        assert_eq!(made.status, 200, "{made:?}");
        let answers = AtomicUsize::new(0);
        let callers = (0..20).map(|number| call_until_gone(&cloud, number % 2 == 0, &answers));
        let deleted = async {
            until("calls are answered", || {
                answers.load(Ordering::SeqCst) > 60 * round
            })
            .await;
            cloud.fc("DELETE", "functions/f", b"").await
        };
        let calls = futures_util::future::join_all(callers);
        let (_, deleted) = futures_util::future::join(calls, deleted).await;
        assert_eq!(deleted.status, 204, "{deleted:?}");
        until("no process is left", || !runs(&mark)).await;
        let status = cloud.admin("GET", "status", b"").await;
        assert_eq!(
            status.json()["counts"]["function"]["functions"],
            0,
            "{status:?}"
        );
    }
}

/// Events that are queued.
const EVENTS: usize = 2_000;
/// Who queues them.
const SENDERS: usize = 32;
/// Calls of a function at once: more than these cannot be under way when the cloud is killed.
const CALLS: usize = 16;

/// Queues events until all are queued or the cloud is gone; those that were accepted.
async fn queue(address: SocketAddr, next: Arc<AtomicUsize>) -> Vec<usize> {
    let mut accepted = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= EVENTS {
            return accepted;
        }
        match send(address, "f", &number.to_string()).await {
            Ok(sent) if sent.status == 202 => accepted.push(number),
            _ => return accepted,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_survives_a_cloud_that_is_killed_three_times() {
    let data = tempfile::tempdir().unwrap();
    let file = shared(data.path()).join("seen");
    let (mut child, mut address) = spawn(data.path());
    let mut new = function("f", &["append('seen', event)"]);
    // One instance, since each start of the cloud would start them all.
    new["instanceConcurrency"] = CALLS.into();
    make(address, &new).await;
    let next = Arc::new(AtomicUsize::new(0));
    let mut accepted = Vec::new();
    for quarter in 1..=4 {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| tokio::spawn(queue(address, Arc::clone(&next))))
            .collect();
        let is_queued = || next.load(Ordering::SeqCst) >= EVENTS * quarter / 4;
        until("a quarter is queued", is_queued).await;
        if quarter < 4 {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        for sender in senders {
            accepted.extend(sender.await.unwrap());
        }
        if quarter < 4 {
            (child, address) = spawn(data.path());
        }
    }
    assert!(accepted.len() >= EVENTS - 3 * SENDERS, "{}", accepted.len());
    until("all are run", || {
        if lines(&file).len() < accepted.len() {
            return false;
        }
        let seen = counts(&file);
        accepted
            .iter()
            .all(|number| seen.contains_key(&number.to_string()))
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let seen = counts(&file);
    let again: usize = seen.values().map(|count| count - 1).sum();
    assert!(again <= 3 * CALLS, "{again} calls were made again");
    child.kill().unwrap();
    child.wait().unwrap();
}
