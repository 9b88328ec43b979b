//! Kept instances by rules: by time and by use, on the cloud's clock, over a restart.

use std::time::{Duration, Instant};

use emulator::LocalCloud;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::client::{Answer, Cloud, settings};
use crate::function::{archive, fc, hello};

const SLOW: &str =
    "import time\ndef handler(event, context):\n    time.sleep(float(event))\n    return 'done'\n";
const PATH: &str = "functions/hello/provision-config?qualifier=LATEST";

/// A time so many minutes from now, as rules write it.
fn minutes(from_now: i64) -> String {
    let time = Timestamp::now() + SignedDuration::from_mins(from_now);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

async fn advance(cloud: &Cloud, minutes: i64) {
    let by = json!({ "advance_ms": minutes * 60_000 }).to_string();
    let moved = cloud.admin("POST", "clock", by.as_bytes()).await;
    assert_eq!(moved.status, 200, "{moved:?}");
}

/// Asks until as many instances are wanted and there.
async fn becomes(cloud: &Cloud, path: &str, (target, current): (&str, &str), number: u32) {
    let begun = Instant::now();
    loop {
        let shown = cloud.fc("GET", path, b"").await.json();
        if shown[target] == number && shown[current] == number {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{number}: {shown}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn provisions(cloud: &Cloud, number: u32) {
    becomes(cloud, PATH, ("target", "current"), number).await;
}

async fn put(cloud: &Cloud, path: &str, document: &Json) -> Answer {
    let put = cloud.fc_json("PUT", path, document).await;
    assert_eq!(put.status, 200, "{put:?}");
    put
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_by_time_come_due_and_end_with_the_clock() {
    let cloud = Cloud::start().await;
    assert_eq!(
        cloud.fc_json("POST", "functions", &hello()).await.status,
        200
    );
    let action = json!({
        "name": "rush", "target": 2, "scheduleExpression": format!("at({})", minutes(60)), "endTime": minutes(180),
    });
    let document = json!({ "defaultTarget": 1, "scheduledActions": [action] });
    let shown = put(&cloud, PATH, &document).await.json();
    assert_eq!(
        (&shown["target"], &shown["defaultTarget"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(shown["scheduledActions"], document["scheduledActions"]);
    provisions(&cloud, 1).await;
    advance(&cloud, 61).await;
    provisions(&cloud, 2).await;
    let shown = cloud.fc("GET", PATH, b"").await.json();
    assert_eq!(shown["defaultTarget"], 1);

    let Cloud { running, folder } = cloud;
    running.stop().await;
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    provisions(&cloud, 2).await;
    advance(&cloud, 120).await;
    provisions(&cloud, 1).await;
}

/// Says in its log when an instance starts.
const BORN: &str = "
def initialize(context):
    print('an instance starts')
def handler(event, context):
    return 'done'
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_move_over_a_rule_sees_it_carried_out() {
    let cloud = Cloud::start().await;
    let mut function = hello();
    function["code"] = json!({ "zipFile": archive("index.py", BORN) });
    function["instanceLifecycleConfig"] =
        json!({ "initializer": { "handler": "index.initialize" } });
    let made = cloud.fc_json("POST", "functions", &function).await;
    assert_eq!(made.status, 200, "{made:?}");
    let action = json!({
        "name": "rush", "target": 2, "scheduleExpression": format!("at({})", minutes(60)), "endTime": minutes(120),
    });
    let document = json!({ "defaultTarget": 0, "scheduledActions": [action] });
    put(&cloud, PATH, &document).await;
    // Begins and ends inside of one move.
    advance(&cloud, 180).await;
    let logs = cloud.admin("GET", "logs?function=hello", b"").await.text();
    assert_eq!(logs.matches("an instance starts").count(), 2, "{logs}");
    provisions(&cloud, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_by_use_follow_the_calls_minute_by_minute() {
    let cloud = Cloud::start().await;
    let mut function = hello();
    function["code"] = json!({ "zipFile": archive("index.py", SLOW) });
    assert_eq!(
        cloud.fc_json("POST", "functions", &function).await.status,
        200
    );
    let path = "functions/hello/scaling-config?qualifier=LATEST";
    let names = ("targetInstances", "currentInstances");
    let policy = json!({
        "name": "use", "metricType": "ProvisionedConcurrencyUtilization", "metricTarget": 0.5,
        "minInstances": 1, "maxInstances": 3,
    });
    put(
        &cloud,
        path,
        &json!({ "minInstances": 0, "horizontalScalingPolicies": [policy] }),
    )
    .await;
    becomes(&cloud, path, names, 1).await;

    let address = cloud.address();
    let call = tokio::spawn(async move {
        let target = ("POST", "functions/hello/invocations");
        fc(address, target, &[], b"8").await
    });
    // No reply says that an instance is busy; the one that is kept takes the call at once.
    tokio::time::sleep(Duration::from_secs(1)).await;
    advance(&cloud, 1).await;
    becomes(&cloud, path, names, 2).await;
    assert_eq!(call.await.unwrap().text(), "done");
    advance(&cloud, 1).await;
    becomes(&cloud, path, names, 1).await;
}

#[tokio::test]
async fn a_rule_that_cannot_be_carried_out_is_refused_and_changes_nothing() {
    let cloud = Cloud::start().await;
    assert_eq!(
        cloud.fc_json("POST", "functions", &hello()).await.status,
        200
    );
    let action = json!({ "name": "rush", "target": 2, "scheduleExpression": "0 0 8 * * *" });
    let document = json!({ "defaultTarget": 0, "scheduledActions": [action] });
    let refused = cloud.fc_json("PUT", PATH, &document).await;
    assert_eq!(
        (refused.status, &refused.json()["Code"]),
        (400, &json!("InvalidArgument"))
    );
    assert!(refused.text().contains("rush"), "{refused:?}");
    assert_eq!(cloud.fc("GET", PATH, b"").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_kept_instances_are_missing_is_told() {
    let cloud = Cloud::start().await;
    let mut new = hello();
    new["code"]["zipFile"] = archive("index.py", "import nowhere\n").into();
    assert_eq!(cloud.fc_json("POST", "functions", &new).await.status, 200);
    put(&cloud, PATH, &json!({ "defaultTarget": 2 })).await;
    let told = async |words: &str| {
        let begun = Instant::now();
        loop {
            let shown = cloud.fc("GET", PATH, b"").await.json();
            let error = shown["currentError"].as_str().unwrap().to_owned();
            if error.contains(words) {
                return error;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{shown}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    told("nowhere").await;
    let change = json!({ "code": { "zipFile": archive("index.py", SLOW) } });
    let changed = cloud.fc_json("PUT", "functions/hello", &change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    provisions(&cloud, 2).await;
    assert_eq!(told("").await, "");
    let reserved = json!({ "reservedConcurrency": 1 });
    put(&cloud, "functions/hello/concurrency", &reserved).await;
    told("no more than 1 ").await;
}

#[tokio::test]
async fn what_another_qualifier_has_of_the_reserved_instances_is_told() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let none = json!({});
    let version = cloud.fc_json("POST", "functions/hello/versions", &none);
    assert_eq!(version.await.status, 200);
    let alias = json!({ "aliasName": "prod", "versionId": "1" });
    let made = cloud.fc_json("POST", "functions/hello/aliases", &alias);
    assert_eq!(made.await.status, 200);
    put(
        &cloud,
        "functions/hello/concurrency",
        &json!({ "reservedConcurrency": 1 }),
    )
    .await;
    put(&cloud, PATH, &json!({ "defaultTarget": 1 })).await;
    provisions(&cloud, 1).await;
    let path = "functions/hello/provision-config?qualifier=prod";
    let one = json!({ "defaultTarget": 1 });
    let put = cloud.fc_json("PUT", path, &one).await;
    assert_eq!(
        put.json()["currentError"],
        "no more than 1 instances of the function are reserved, and others have them"
    );
    let latest = cloud.fc("GET", PATH, b"").await.json();
    assert_eq!(latest["currentError"], "");
}
