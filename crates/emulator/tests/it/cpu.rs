//! The share of the processors that a function was given: by the API, changed by it, gone with the cloud.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::client::admin;
use crate::crash::spawn;
use crate::function::{archive, fc};

/// Works for a second; how much of a processor it had.
const BURNS: &str = "import time
def handler(event, context):
    begun, before = time.time(), time.process_time()
    while time.time() < begun + float(event):
        pass
    return (time.process_time() - before) / (time.time() - begun + 1e-9)
";

/// The control groups in which a local cloud's instances are.
fn groups(cloud: u32) -> Vec<PathBuf> {
    let mut found = Vec::new();
    search(
        Path::new("/sys/fs/cgroup"),
        &format!("sdev-{cloud}-"),
        &mut found,
    );
    found
}

fn search(folder: &Path, beginning: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            found.push(entry.path());
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(&entry.path(), beginning, found);
        }
    }
}

/// Microseconds of a tenth of a second that each group may use; those that are going are passed over.
fn quotas(cloud: u32) -> Vec<u32> {
    let quota = |group: &PathBuf| {
        let read = |name: &str| std::fs::read_to_string(group.join(name));
        let text = read("cpu.max").or_else(|_| read("cpu.cfs_quota_us")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    groups(cloud).iter().filter_map(quota).collect()
}

async fn called(address: SocketAddr, seconds: f64) -> f64 {
    let target = "functions/burns/invocations";
    let event = seconds.to_string();
    let said = fc(address, ("POST", target), &[], event.as_bytes()).await;
    assert_eq!(said.header("x-fc-error-type"), None, "{said:?}");
    said.text().parse().unwrap()
}

async fn shown(address: SocketAddr) -> Json {
    fc(address, ("GET", "functions/burns"), &[], b"")
        .await
        .json()["cpu"]
        .clone()
}

/// Waits until the groups have this quota; `false`: this machine permits none, and the function's log says so.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
async fn are_held(address: SocketAddr, cloud: u32, quota: u32) -> bool {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if quotas(cloud) == [quota] {
            return true;
        }
        let log = admin(address, "GET", "logs?function=burns", b"")
            .await
            .text();
        if log.contains("cpu is not enforced") {
            eprintln!("skipped: this machine permits no control groups: {log}");
            return false;
        }
        assert!(Instant::now() < end, "{:?} {log}", groups(cloud));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_what_was_chosen_and_what_a_killed_cloud_leaves_is_swept() {
    let data = tempfile::tempdir().unwrap();
    let (mut child, address) = spawn(data.path());
    let put = |method: &'static str, target: &'static str, body: Json| async move {
        let put = fc(address, (method, target), &[], body.to_string().as_bytes()).await;
        assert_eq!(put.status, 200, "{put:?}");
    };
    let new = json!({
        "functionName": "burns", "runtime": "python3.10", "handler": "index.handler", "timeout": 60,
        "code": { "zipFile": archive("index.py", BURNS) },
    });
    put("POST", "functions", new).await;
    assert_eq!(shown(address).await, 0.35);
    called(address, 0.1).await;
    assert!(groups(child.id()).is_empty(), "nobody chose a share");

    put("PUT", "functions/burns", json!({ "cpu": 0.25 })).await;
    called(address, 0.0).await;
    if are_held(address, child.id(), 25_000).await {
        let had = called(address, 2.0).await;
        assert!((0.05..0.5).contains(&had), "{had}");
        put("PUT", "functions/burns", json!({ "cpu": 0.5 })).await;
        called(address, 0.0).await;
        assert!(are_held(address, child.id(), 50_000).await);
        assert_eq!(shown(address).await, 0.5);
    }

    let killed = child.id();
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut child, _) = spawn(data.path());
    let end = Instant::now() + Duration::from_secs(30);
    while !groups(killed).is_empty() {
        assert!(Instant::now() < end, "{:?}", groups(killed));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
