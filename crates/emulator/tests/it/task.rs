//! Asynchronous tasks: recorded on their way, listed, stopped, kept over a crash.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::client::{Answer, Cloud, settings};
use crate::crash::spawn;
use crate::function::{archive, fc, runs};

/// Answers; after `wait` only when there is the file that `GATE` names; `bad` fails; `long` and a word is a call that starts a
/// program with that word in its command, and lasts a minute.
const CODE: &str = "
import os, subprocess, time
def handler(event, context):
    word, _, mark = event.decode().partition(' ')
    if word == 'long':
        subprocess.Popen(['sh', '-c', 'sleep 60', mark], start_new_session=True)
        time.sleep(60)
    if word == 'bad':
        raise ValueError('no')
    while word == 'wait' and not os.path.exists(os.environ['GATE']):
        time.sleep(0.01)
    return 'done'
";

/// Far less than a stopped call would last.
const SOON: Duration = Duration::from_secs(15);

/// A file system that the function shares with this test.
const SHARED: &str = "tasks.cn-hangzhou.nas.aliyuncs.com:/";

/// The file that is waited for, of a cloud with its data in the folder.
fn gate(data: &Path) -> PathBuf {
    let digest = wire::digest::sha256_hex(SHARED.as_bytes());
    data.join("nas").join(&digest[..16]).join("gate")
}

async fn cloud() -> Cloud {
    let cloud = Cloud::start().await;
    make(cloud.address()).await;
    cloud
}

/// The function `f`, whose calls are tasks.
async fn make(address: SocketAddr) {
    let function = json!({
        "functionName": "f", "runtime": "python3.10", "handler": "index.handler", "timeout": 60,
        "code": { "zipFile": archive("index.py", CODE) },
        "environmentVariables": { "GATE": "/mnt/shared/gate" },
        "nasConfig": { "mountPoints": [{ "serverAddr": SHARED, "mountDir": "/mnt/shared" }] },
    });
    let config = json!({ "asyncTask": true, "maxAsyncRetryAttempts": 1 });
    for (call, body) in [
        (("POST", "functions"), function),
        (("PUT", "functions/f/async-invoke-config"), config),
    ] {
        let made = fc(address, call, &[], body.to_string().as_bytes()).await;
        assert_eq!(made.status, 200, "{made:?}");
    }
}

async fn send(cloud: &Cloud, id: &str, event: &str) -> Answer {
    send_to(cloud.address(), id, event).await
}

async fn send_to(address: SocketAddr, id: &str, event: &str) -> Answer {
    let headers = [
        ("x-fc-invocation-type", "Async"),
        ("x-fc-async-task-id", id),
    ];
    let call = ("POST", "functions/f/invocations");
    fc(address, call, &headers, event.as_bytes()).await
}

async fn get(cloud: &Cloud, id: &str) -> Json {
    cloud
        .fc("GET", &format!("functions/f/async-tasks/{id}"), b"")
        .await
        .json()
}

async fn stop(cloud: &Cloud, id: &str) -> Answer {
    cloud
        .fc("PUT", &format!("functions/f/async-tasks/{id}/stop"), b"")
        .await
}

/// The task when it has the status.
async fn wait(cloud: &Cloud, id: &str, status: &str) -> Json {
    let wait = async {
        loop {
            let task = get(cloud, id).await;
            if task["status"] == status {
                return task;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(50), wait).await;
    waited.unwrap_or_else(|_| panic!("{id} was never {status}"))
}

async fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + 2 * SOON;
    while !holds() {
        assert!(Instant::now() < end, "it never was so");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn steps(task: &Json) -> Vec<&str> {
    let events = task["events"].as_array().unwrap().iter();
    events.map(|one| one["status"].as_str().unwrap()).collect()
}

fn refusal(answer: &Answer) -> (u16, Json) {
    (answer.status, answer.json()["Code"].clone())
}

fn touch(file: &Path) {
    std::fs::write(file, "").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_recorded_on_its_way() {
    let cloud = cloud().await;
    let sent = send(&cloud, "t-1", "x").await;
    assert_eq!(sent.status, 202);
    assert_eq!(sent.header("x-fc-async-task-id"), Some("t-1"));
    let task = wait(&cloud, "t-1", "Succeeded").await;
    assert_eq!(steps(&task), ["Enqueued", "Running", "Succeeded"]);
    assert_eq!(
        (&task["taskPayload"], &task["returnPayload"]),
        (&json!("x"), &json!("done"))
    );
    assert!(!task["instanceId"].as_str().unwrap().is_empty());
    assert!(task["endTime"].as_i64() >= task["startedTime"].as_i64());

    let again = send(&cloud, "t-1", "x").await;
    assert_eq!(
        refusal(&again),
        (409, json!("StatefulAsyncInvocationAlreadyExists"))
    );
    assert_eq!(
        refusal(&send(&cloud, "a b", "x").await),
        (400, json!("InvalidArgument"))
    );
    assert_eq!(
        refusal(&stop(&cloud, "t-1").await),
        (400, json!("InvalidArgument"))
    );
    assert_eq!(
        refusal(&stop(&cloud, "t-9").await),
        (404, json!("StatefulAsyncInvocationNotFound"))
    );

    send(&cloud, "t-2", "bad").await;
    wait(&cloud, "t-2", "Retrying").await;
    cloud
        .admin("POST", "clock", br#"{"advance_ms":60000}"#)
        .await;
    let task = wait(&cloud, "t-2", "Failed").await;
    assert_eq!(task["alreadyRetriedTimes"], 1);
    assert_eq!(task["taskErrorMessage"], "UnhandledInvocationError");

    let off = json!({ "asyncTask": false });
    cloud
        .fc_json("PUT", "functions/f/async-invoke-config", &off)
        .await;
    for id in ["t-3", "3-t"] {
        assert_eq!(
            refusal(&send(&cloud, id, "x").await),
            (400, json!("InvalidArgument"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_listed_in_pages_and_by_what_they_are() {
    let cloud = cloud().await;
    for id in ["a-1", "a-2", "b-1"] {
        send(&cloud, id, if id == "b-1" { "bad" } else { "x" }).await;
        cloud
            .admin("POST", "clock", br#"{"advance_ms":1000}"#)
            .await;
    }
    for id in ["a-1", "a-2"] {
        wait(&cloud, id, "Succeeded").await;
    }
    let list = async |query: &str| {
        let target = format!("functions/f/async-tasks?{query}");
        let listed = cloud.fc("GET", &target, b"").await.json();
        let tasks = listed["tasks"].as_array().unwrap().iter();
        let ids: Vec<&str> = tasks.map(|one| one["taskId"].as_str().unwrap()).collect();
        (
            ids.join(" "),
            listed["nextToken"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(list("").await.0, "b-1 a-2 a-1");
    assert_eq!(list("prefix=a-&sortOrderByTime=asc").await.0, "a-1 a-2");
    assert_eq!(list("status=Succeeded").await.0, "a-2 a-1");
    assert_eq!(list("qualifier=LATEST&prefix=b").await.0, "b-1");
    assert_eq!(list("qualifier=prod").await.0, "");
    for order in ["asc", "desc"] {
        let (first, next) = list(&format!("limit=2&sortOrderByTime={order}")).await;
        let (rest, end) = list(&format!("limit=2&sortOrderByTime={order}&nextToken={next}")).await;
        let mut all = format!("{first} {rest}")
            .split(' ')
            .map(str::to_owned)
            .collect::<Vec<_>>();
        all.sort();
        assert_eq!(
            (all.join(" "), end),
            ("a-1 a-2 b-1".to_owned(), String::new()),
            "{order}"
        );
    }
    let since = get(&cloud, "a-2").await["startedTime"].as_i64().unwrap();
    assert_eq!(
        list(&format!("startedTimeBegin={since}")).await.0,
        "b-1 a-2"
    );
    assert_eq!(
        list(&format!("startedTimeEnd={}", since - 1)).await.0,
        "a-1"
    );
    assert_eq!(
        cloud
            .fc("GET", "functions/f/async-tasks?sortOrderByTime=up", b"")
            .await
            .status,
        400
    );
    assert_eq!(
        cloud.fc("GET", "functions/g/async-tasks", b"").await.status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_stopped_with_its_process_and_not_tried_again() {
    let cloud = cloud().await;
    let mark = format!("stopped-{}", std::process::id());
    send(&cloud, "under-way", &format!("long {mark}")).await;
    send(&cloud, "waits", "bad").await;
    wait(&cloud, "waits", "Retrying").await;
    assert_eq!(stop(&cloud, "waits").await.status, 204);
    assert_eq!(get(&cloud, "waits").await["status"], "Stopped");
    assert_eq!(
        refusal(&stop(&cloud, "waits").await),
        (412, json!("AsyncInvocationStopped"))
    );

    until(|| runs(&mark)).await;
    let begun = Instant::now();
    assert_eq!(stop(&cloud, "under-way").await.status, 204);
    let task = wait(&cloud, "under-way", "Stopped").await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(steps(&task), ["Enqueued", "Running", "Stopping", "Stopped"]);
    assert_eq!(
        (&task["returnPayload"], &task["taskErrorMessage"]),
        (&json!(""), &json!(""))
    );
    assert!(!task["instanceId"].as_str().unwrap().is_empty());
    assert_eq!(
        refusal(&stop(&cloud, "under-way").await),
        (412, json!("AsyncInvocationStopped"))
    );
    until(|| !runs(&mark)).await;
    // What was stopped is not called again, and others are served.
    cloud
        .admin("POST", "clock", br#"{"advance_ms":60000}"#)
        .await;
    send(&cloud, "last", "x").await;
    wait(&cloud, "last", "Succeeded").await;
    assert_eq!(
        steps(&get(&cloud, "waits").await),
        ["Enqueued", "Running", "Retrying", "Stopped"]
    );
    assert_eq!(steps(&get(&cloud, "under-way").await).len(), 4);
    assert!(!runs(&mark));
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_beside_a_stopped_one_in_the_same_instance_are_finished() {
    let cloud = cloud().await;
    let shares = json!({ "instanceConcurrency": 4 });
    let changed = cloud.fc_json("PUT", "functions/f", &shares).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let mark = format!("beside-{}", std::process::id());
    send(&cloud, "stopped", &format!("long {mark}")).await;
    until(|| runs(&mark)).await;
    send(&cloud, "beside", "wait").await;
    wait(&cloud, "beside", "Running").await;
    assert_eq!(stop(&cloud, "stopped").await.status, 204);
    let stopped = wait(&cloud, "stopped", "Stopped").await;
    touch(&gate(cloud.folder.path()));
    let beside = wait(&cloud, "beside", "Succeeded").await;
    assert_eq!(beside["alreadyRetriedTimes"], 0);
    send(&cloud, "after", "x").await;
    let after = wait(&cloud, "after", "Succeeded").await;
    assert_ne!(after["instanceId"], stopped["instanceId"]);
    until(|| !runs(&mark)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_under_way_is_run_again_after_a_restart() {
    let cloud = cloud().await;
    let gate = gate(cloud.folder.path());
    send(&cloud, "kept", "wait").await;
    wait(&cloud, "kept", "Running").await;
    let Cloud { running, folder } = cloud;
    running.stop().await;
    touch(&gate);
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    let kept = wait(&cloud, "kept", "Succeeded").await;
    assert_eq!(
        steps(&kept),
        ["Enqueued", "Running", "Running", "Succeeded"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_survives_kill_9_and_so_does_its_stop() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path());
    let (mut child, address) = spawn(folder.path());
    make(address).await;
    let event = "wait";
    for id in ["first", "second"] {
        assert_eq!(send_to(address, id, event).await.status, 202);
    }
    let stop = ("PUT", "functions/f/async-tasks/second/stop");
    assert_eq!(fc(address, stop, &[], b"").await.status, 204);
    child.kill().unwrap();
    child.wait().unwrap();
    touch(&gate);
    let settings = settings(folder.path().to_owned(), 0);
    let running = LocalCloud::start(settings).await.unwrap();
    let cloud = Cloud { running, folder };
    wait(&cloud, "first", "Succeeded").await;
    wait(&cloud, "second", "Stopped").await;
    let again = send(&cloud, "first", event).await;
    assert_eq!(again.status, 409);
}
