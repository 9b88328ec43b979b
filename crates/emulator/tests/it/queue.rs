//! Asynchronous calls: kept before they are answered, tried again by the clock, passed on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::client::{Answer, Cloud, settings};
use crate::function::archive;

const ASYNC: [(&str, &str); 1] = [("x-fc-invocation-type", "Async")];

/// A function that appends each event to a file, and then fails when `fails`; where that file is.
pub(crate) async fn make(cloud: &Cloud, name: &str, fails: bool) -> PathBuf {
    let end = if fails {
        "    raise ValueError('no')\n"
    } else {
        ""
    };
    make_that(cloud, name, end).await
}

/// A function that appends each event to a file, and then does what these lines say; where that file is.
pub(crate) async fn make_that(cloud: &Cloud, name: &str, end: &str) -> PathBuf {
    const ADDRESS: &str = "out.cn-hangzhou.nas.aliyuncs.com:/";
    let code = format!(
        "import os\ndef handler(event, context):\n    with open(os.environ['OUT'], 'ab') as f:\n        f.write(event + b'\\n')\n{end}    return 'done'\n"
    );
    let function = json!({
        "functionName": name, "runtime": "python3.10", "handler": "index.handler", "timeout": 20,
        "code": { "zipFile": archive("index.py", &code) },
        "environmentVariables": { "OUT": format!("/mnt/out/{name}") },
        "nasConfig": { "mountPoints": [{ "serverAddr": ADDRESS, "mountDir": "/mnt/out" }] },
    });
    let made = cloud.fc_json("POST", "functions", &function).await;
    assert_eq!(made.status, 200, "{made:?}");
    let digest = wire::digest::sha256_hex(ADDRESS.as_bytes());
    cloud
        .folder
        .path()
        .join("nas")
        .join(&digest[..16])
        .join(name)
}

pub(crate) async fn send(cloud: &Cloud, name: &str, event: &str) -> Answer {
    let target = format!("functions/{name}/invocations");
    cloud
        .fc_with("POST", &target, &ASYNC, event.as_bytes())
        .await
}

/// Waits until the file has so many lines.
pub(crate) async fn lines(file: &Path, count: usize) -> Vec<String> {
    let wait = async {
        loop {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            if text.matches('\n').count() >= count {
                return text.lines().map(str::to_owned).collect();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
    waited.unwrap_or_else(|_| panic!("{} never had {count} lines", file.display()))
}

async fn advance(cloud: &Cloud) {
    let moved = cloud
        .admin("POST", "clock", br#"{"advance_ms":60000}"#)
        .await;
    assert_eq!(moved.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_accepted_at_once_and_called_later() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    for event in ["1", "2", "3"] {
        let sent = send(&cloud, "f", event).await;
        assert_eq!((sent.status, sent.body.len()), (202, 0));
        assert!(sent.header("x-fc-request-id").is_some());
    }
    let mut seen = lines(&file, 3).await;
    seen.sort();
    assert_eq!(seen, ["1", "2", "3"]);
    let large = send(&cloud, "f", &"x".repeat(128 * 1024 + 1)).await;
    assert_eq!(large.status, 400);
    assert_eq!(send(&cloud, "g", "x").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_failing_is_told_to_its_destination() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", true).await;
    let told = make(&cloud, "mourner", false).await;
    let config = json!({
        "maxAsyncRetryAttempts": 1,
        "destinationConfig": {"onFailure": {"destination": "acs:fc:cn-hangzhou:1234567890123456:functions/mourner"}},
    });
    let path = "functions/f/async-invoke-config";
    assert_eq!(cloud.fc("GET", path, b"").await.status, 404);
    let put = cloud.fc_json("PUT", path, &config).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(put.json()["maxAsyncEventAgeInSeconds"], 86_400);
    assert_eq!(cloud.fc("GET", path, b"").await.json(), put.json());

    send(&cloud, "f", "bad").await;
    lines(&file, 1).await;
    advance(&cloud).await;
    let told = lines(&told, 1).await;
    assert_eq!(lines(&file, 2).await, ["bad", "bad"]);
    let said: Json = serde_json::from_str(&told[0]).unwrap();
    assert_eq!(said["requestPayload"], "bad");
    assert_eq!(said["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(
        said["requestContext"]["condition"],
        "UnhandledInvocationError"
    );
    assert_eq!(cloud.fc("DELETE", path, b"").await.status, 204);
    assert_eq!(cloud.fc("GET", path, b"").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_waits_survives_a_restart() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", true).await;
    send(&cloud, "f", "kept").await;
    lines(&file, 1).await;
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    advance(&cloud).await;
    assert_eq!(lines(&file, 2).await[1], "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_fires_for_every_time_that_the_clock_passes() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    let trigger = |expression: &str| {
        let config = json!({"cronExpression": expression, "enable": true, "payload": "tea"});
        json!({"triggerName": "clock", "triggerType": "timer", "triggerConfig": config.to_string()})
    };
    let refused = cloud
        .fc_json("POST", "functions/f/triggers", &trigger("every day"))
        .await;
    assert_eq!(refused.json()["Code"], "InvalidArgument");
    let made = cloud
        .fc_json("POST", "functions/f/triggers", &trigger("@every 20s"))
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    advance(&cloud).await;
    let seen = lines(&file, 3).await;
    let said: Json = serde_json::from_str(&seen[0]).unwrap();
    assert_eq!(
        (&said["triggerName"], &said["payload"]),
        (&json!("clock"), &json!("tea"))
    );
    assert!(said["triggerTime"].as_str().unwrap().ends_with('Z'));
    let off = json!({"triggerConfig": json!({"cronExpression": "@every 20s", "enable": false}).to_string()});
    cloud
        .fc_json("PUT", "functions/f/triggers/clock", &off)
        .await;
    advance(&cloud).await;
    send(&cloud, "f", "last").await;
    let seen = lines(&file, 4).await;
    assert_eq!(seen[3..], ["last"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_objects_call_the_functions_that_wait_for_them() {
    let cloud = Cloud::with_bucket("private").await;
    let file = make(&cloud, "f", false).await;
    let config = json!({
        "events": ["oss:ObjectCreated:*", "oss:ObjectRemoved:DeleteObject"],
        "filter": {"key": {"prefix": "in/", "suffix": ".jpg"}},
    });
    let trigger = json!({
        "triggerName": "uploads", "triggerType": "oss", "triggerConfig": config.to_string(),
        "sourceArn": "acs:oss:cn-hangzhou:1234567890123456:bkt",
    });
    let made = cloud
        .fc_json("POST", "functions/f/triggers", &trigger)
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    for key in ["in/a.txt", "out/a.jpg", "in/a.jpg"] {
        let target = format!("/bkt/{key}");
        assert_eq!(cloud.call("PUT", &target, &[], b"12345").await.status, 200);
    }
    cloud.call("PUT", "/bkt/in/a.jpg", &[], b"123").await;
    let copy = [("x-oss-copy-source", "/bkt/in/a.jpg")];
    assert_eq!(
        cloud.call("PUT", "/bkt/in/b.jpg", &copy, b"").await.status,
        200
    );
    cloud.call("DELETE", "/bkt/in/a.jpg", &[], b"").await;
    cloud.call("DELETE", "/bkt/in/nothing.jpg", &[], b"").await;
    let seen = lines(&file, 4).await;
    let mut said: Vec<Json> = seen
        .iter()
        .map(|line| serde_json::from_str::<Json>(line).unwrap()["events"][0].clone())
        .map(|event| {
            let object = &event["oss"]["object"];
            json!([
                event["eventName"],
                object["key"],
                object["size"],
                object["deltaSize"]
            ])
        })
        .collect();
    said.sort_by_key(ToString::to_string);
    assert_eq!(
        said,
        [
            json!(["ObjectCreated:CopyObject", "in/b.jpg", 3, 3]),
            json!(["ObjectCreated:PutObject", "in/a.jpg", 3, -2]),
            json!(["ObjectCreated:PutObject", "in/a.jpg", 5, 5]),
            json!(["ObjectRemoved:DeleteObject", "in/a.jpg", 3, -3]),
        ]
    );
}

/// Status, code and words of the answer to a call.
async fn said(cloud: &Cloud, (method, target): (&str, &str), body: &Json) -> (u16, String, String) {
    let answer = cloud.fc_json(method, target, body).await;
    let document = answer.json();
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("Code"), text("Message"))
}

fn trigger(name: &str, kind: &str, config: &Json) -> Json {
    json!({
        "triggerName": name, "triggerType": kind, "triggerConfig": config.to_string(),
        "sourceArn": "acs:oss:cn-hangzhou:1234567890123456:bkt",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_an_object_goes_to_one_trigger_of_all_functions() {
    let cloud = Cloud::with_bucket("private").await;
    make(&cloud, "f", false).await;
    make(&cloud, "g", false).await;
    let created = json!({"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "in/"}}});
    let removed = json!({"events": ["oss:ObjectRemoved:*"]});
    let (of_f, of_g) = ("functions/f/triggers", "functions/g/triggers");
    let change = ("PUT", "functions/f/triggers/created");
    for (call, body) in [
        (("POST", of_f), trigger("created", "oss", &created)),
        (("POST", of_g), trigger("removed", "oss", &removed)),
        // It does not meet itself.
        (change, json!({ "triggerConfig": created.to_string() })),
    ] {
        assert_eq!(said(&cloud, call, &body).await.0, 200);
    }
    let jpg = json!({"events": ["oss:ObjectRemoved:DeleteObject"], "filter": {"key": {"suffix": ".jpg"}}});
    for (call, body, there) in [
        (
            ("POST", of_g),
            trigger("again", "oss", &created),
            "'created' of function 'f'",
        ),
        (
            change,
            json!({ "triggerConfig": jpg.to_string() }),
            "'removed' of function 'g'",
        ),
    ] {
        let (status, code, message) = said(&cloud, call, &body).await;
        assert_eq!((status, code.as_str()), (400, "OSSInvalidRequest"));
        assert!(message.contains(there), "{message}");
    }
    let kept = cloud.fc("GET", of_f, b"").await.json();
    assert_eq!(kept["triggers"].as_array().unwrap().len(), 1);
    assert_eq!(kept["triggers"][0]["triggerConfig"], created.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_refused_with_its_field_and_not_kept() {
    let cloud = Cloud::start().await;
    make(&cloud, "f", false).await;
    let config = ("PUT", "functions/f/async-invoke-config");
    let triggers = ("POST", "functions/f/triggers");
    let banana = json!({"destinationConfig": {"onFailure": {"destination": "banana"}}});
    for (call, body, field) in [
        (
            triggers,
            trigger("web", "http", &json!({"authType": "jwtt"})),
            "authType",
        ),
        (
            triggers,
            trigger("clock", "timer", &json!({"cronExpression": "0 8 * * *"})),
            "cronExpression",
        ),
        (config, banana, "destinationConfig.onFailure.destination"),
    ] {
        let (status, code, message) = said(&cloud, call, &body).await;
        assert_eq!((status, code.as_str()), (400, "InvalidArgument"), "{body}");
        assert!(message.starts_with(field), "{message}");
    }
    let kept = cloud.fc("GET", triggers.1, b"").await.json();
    assert_eq!(kept["triggers"], json!([]));
    assert_eq!(cloud.fc("GET", config.1, b"").await.status, 404);
}
