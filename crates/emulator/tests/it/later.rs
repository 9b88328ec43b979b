//! Web requests whose senders do not wait: kept before they are answered, and then handed to handlers and to web servers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::client::{Answer, Cloud, exchange, request, settings};
use crate::crash::spawn;
use crate::function::{archive, fc};
use crate::queue::lines;

/// A file system that the functions share with this test.
const SHARED: &str = "later.cn-hangzhou.nas.aliyuncs.com:/";

/// Writes each event down when there is the file `gate`.
const HANDLER: &str = "
import os, time
def handler(event, context):
    while not os.path.exists('/mnt/shared/gate'):
        time.sleep(0.01)
    with open('/mnt/shared/handler', 'ab') as f:
        f.write(event + b'\\n')
    return 'done'
";

/// Writes each request down when there is the file `gate`, and fails at `/bad`.
const SERVER: &str = "
import json, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def serve(self):
        body = self.rfile.read(int(self.headers.get('content-length', 0))).decode()
        while not os.path.exists('/mnt/shared/gate'):
            time.sleep(0.01)
        headers = {name.lower(): value for name, value in self.headers.items()}
        with open('/mnt/shared/server', 'a') as f:
            print(json.dumps({'method': self.command, 'path': self.path, 'headers': headers, 'body': body}), file=f)
        answer = b'seen ' + body.encode()
        self.send_response(500 if self.path.startswith('/bad') else 201)
        self.send_header('content-length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    do_POST = do_PUT = serve
HTTPServer(('127.0.0.1', int(os.environ['FC_SERVER_PORT'])), Handler).serve_forever()
";

/// What the functions write, of a cloud with its data in the folder.
fn shared(data: &Path, name: &str) -> PathBuf {
    let digest = wire::digest::sha256_hex(SHARED.as_bytes());
    data.join("nas").join(&digest[..16]).join(name)
}

async fn ok(address: SocketAddr, call: (&str, &str), body: &Json) {
    let made = fc(address, call, &[], body.to_string().as_bytes()).await;
    assert_eq!(made.status, 200, "{call:?} {made:?}");
}

/// The functions `handler`, `server`, and `hearer`, which is another like `handler`; with http triggers, open to all.
async fn make(address: SocketAddr) {
    let mounts = json!({ "mountPoints": [{ "serverAddr": SHARED, "mountDir": "/mnt/shared" }] });
    let hearer = HANDLER.replace("shared/handler", "shared/hearer");
    for (name, runtime, code) in [
        ("handler", "python3.10", HANDLER),
        ("server", "custom.debian12", SERVER),
        ("hearer", "python3.10", &hearer),
    ] {
        let function = json!({
            "functionName": name, "runtime": runtime, "handler": "index.handler", "timeout": 60,
            "code": { "zipFile": archive("index.py", code) }, "nasConfig": mounts,
            "customRuntimeConfig": { "command": ["python3", "/code/index.py"], "port": 9000 },
        });
        ok(address, ("POST", "functions"), &function).await;
        trigger(address, name, &json!({ "authType": "anonymous" })).await;
    }
}

async fn trigger(address: SocketAddr, function: &str, config: &Json) {
    let trigger =
        json!({ "triggerName": "web", "triggerType": "http", "triggerConfig": config.to_string() });
    let path = format!("functions/{function}/triggers");
    ok(address, ("POST", &path), &trigger).await;
}

async fn cloud() -> Cloud {
    let cloud = Cloud::start().await;
    make(cloud.address()).await;
    cloud
}

fn open_gate(data: &Path) {
    let gate = shared(data, "gate");
    std::fs::create_dir_all(gate.parent().unwrap()).unwrap();
    std::fs::write(gate, "").unwrap();
}

/// A visitor who does not wait.
async fn send(
    address: SocketAddr,
    (method, target): (&str, &str),
    more: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut headers = vec![("X-Fc-Invocation-Type".to_owned(), "Async".to_owned())];
    headers.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    exchange(address, &request(method, target, &headers, body))
        .await
        .unwrap()
}

async fn written(data: &Path, name: &str, count: usize) -> Vec<Json> {
    let lines = lines(&shared(data, name), count).await;
    let read = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    read.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_gets_the_event_and_a_server_the_request_when_their_turn_comes() {
    let cloud = cloud().await;
    let (address, data) = (cloud.address(), cloud.folder.path());
    let own = [
        ("x-own", "1"),
        ("content-type", "text/plain"),
        ("x-fc-made-up", "1"),
    ];
    let mut ids = Vec::new();
    for name in ["handler", "server"] {
        let target = format!("/_fc/{name}/a%20b?c=d");
        let sent = send(address, ("PUT", &target), &own, b"hello").await;
        assert_eq!((sent.status, sent.body.len()), (202, 0), "{sent:?}");
        assert_eq!(sent.header("x-fc-async-task-id"), None);
        ids.push(sent.header("x-fc-request-id").unwrap().to_owned());
    }
    open_gate(data);
    let event = &written(data, "handler", 1).await[0];
    for (pointer, value) in [
        ("/version", "v1"),
        ("/rawPath", "/a%20b"),
        ("/body", "hello"),
        ("/queryParameters/c", "d"),
        ("/headers/X-Own", "1"),
        ("/requestContext/http/method", "PUT"),
        ("/requestContext/requestId", &ids[0]),
    ] {
        assert_eq!(event.pointer(pointer), Some(&json!(value)), "{pointer}");
    }
    let seen = &written(data, "server", 1).await[0];
    for (pointer, value) in [
        ("/method", "PUT"),
        ("/path", "/a%20b?c=d"),
        ("/body", "hello"),
        ("/headers/x-own", "1"),
        ("/headers/content-type", "text/plain"),
        ("/headers/x-fc-request-id", &ids[1]),
        ("/headers/x-fc-base-path", "/_fc/server"),
        ("/headers/x-fc-control-path", "/http-invoke"),
        ("/headers/x-fc-retry-count", "0"),
    ] {
        assert_eq!(seen.pointer(pointer), Some(&json!(value)), "{pointer}");
    }
    assert_eq!(seen["headers"].get("x-fc-made-up"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_fails_by_its_status_and_is_tried_again_and_told_of() {
    let cloud = cloud().await;
    let (address, data) = (cloud.address(), cloud.folder.path());
    let hearer = json!({ "destination": "acs:fc:cn-hangzhou:1234567890123456:functions/hearer" });
    let config = json!({
        "maxAsyncRetryAttempts": 1, "destinationConfig": { "onFailure": hearer, "onSuccess": hearer },
    });
    let path = "functions/server/async-invoke-config";
    ok(address, ("PUT", path), &config).await;
    open_gate(data);
    let sent = send(address, ("POST", "/_fc/server/bad"), &[], b"one").await;
    assert_eq!(sent.status, 202, "{sent:?}");
    written(data, "server", 1).await;
    let moved = cloud
        .admin("POST", "clock", br#"{"advance_ms":60000}"#)
        .await;
    assert_eq!(moved.status, 200);
    let seen = written(data, "server", 2).await;
    let retries: Vec<&Json> = seen
        .iter()
        .map(|request| &request["headers"]["x-fc-retry-count"])
        .collect();
    assert_eq!(retries, ["0", "1"]);
    let told = &written(data, "hearer", 1).await[0];
    let context = &told["requestContext"];
    assert_eq!(context["condition"], "UnhandledInvocationError");
    assert_eq!(context["approximateInvokeCount"], 2);
    assert_eq!(
        context["requestId"],
        sent.header("x-fc-request-id").unwrap()
    );
    assert_eq!(
        (&told["requestPayload"], &told["responsePayload"]),
        (&json!("one"), &json!("seen one"))
    );

    send(address, ("POST", "/_fc/server/good"), &[], b"two").await;
    let told = &written(data, "hearer", 2).await[1];
    assert_eq!(told["requestContext"]["condition"], "");
    assert_eq!(told["responsePayload"], "seen two");
}

/// A function's task once it has ended.
async fn ended(cloud: &Cloud, name: &str, id: &str) -> Json {
    let target = format!("functions/{name}/async-tasks/{id}");
    for _ in 0..6000 {
        let task = cloud.fc("GET", &target, b"").await.json();
        if task["endTime"].is_i64() {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{id} of {name} never ended")
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_requests_are_tasks_where_functions_want_that() {
    let cloud = cloud().await;
    let (address, data) = (cloud.address(), cloud.folder.path());
    for name in ["handler", "server"] {
        let path = format!("functions/{name}/async-invoke-config");
        ok(address, ("PUT", &path), &json!({ "asyncTask": true })).await;
    }
    let ended = async |name: &str, id: &str| ended(&cloud, name, id).await;
    let id = [("x-fc-async-task-id", "mine")];
    for (status, code) in [(202, ""), (409, "StatefulAsyncInvocationAlreadyExists")] {
        let sent = send(address, ("POST", "/_fc/server/"), &id, b"x").await;
        let said = sent.json()["Code"].as_str().unwrap_or_default().to_owned();
        assert_eq!((sent.status, said.as_str()), (status, code));
        if status == 202 {
            assert_eq!(sent.header("x-fc-async-task-id"), Some("mine"));
        }
    }
    let target = "functions/server/async-tasks/mine/stop";
    assert_eq!(cloud.fc("PUT", target, b"").await.status, 204);
    assert_eq!(ended("server", "mine").await["status"], "Stopped");

    open_gate(data);
    let sent = send(address, ("POST", "/_fc/server/"), &[], b"y").await;
    let made = sent.header("x-fc-async-task-id").unwrap().to_owned();
    assert_eq!(Some(made.as_str()), sent.header("x-fc-request-id"));
    let task = ended("server", &made).await;
    assert_eq!(
        (
            &task["status"],
            &task["returnPayload"],
            &task["taskPayload"]
        ),
        (&json!("Succeeded"), &json!("seen y"), &json!("y"))
    );
    let seen = written(data, "server", 1).await;
    assert_eq!(seen[0]["headers"]["x-fc-async-task-id"], made);

    let sent = send(address, ("POST", "/_fc/handler/"), &id, b"z").await;
    assert_eq!(sent.status, 202, "{sent:?}");
    let task = ended("handler", "mine").await;
    let payload: Json = serde_json::from_str(task["taskPayload"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&task["status"], &payload["body"]),
        (&json!("Succeeded"), &json!("z"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_requests_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (mut child, address) = spawn(data);
    make(address).await;
    for name in ["handler", "server"] {
        let target = format!("/_fc/{name}/kept");
        let sent = send(address, ("POST", &target), &[], b"kept").await;
        assert_eq!(sent.status, 202, "{sent:?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for name in ["handler", "server"] {
        assert!(!shared(data, name).exists());
    }
    open_gate(data);
    let running = LocalCloud::start(settings(data.to_owned(), 0))
        .await
        .unwrap();
    assert_eq!(written(data, "handler", 1).await[0]["rawPath"], "/kept");
    let seen = &written(data, "server", 1).await[0];
    assert_eq!(
        (&seen["path"], &seen["body"]),
        (&json!("/kept"), &json!("kept"))
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_waits_for_its_moment_also_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (mut child, address) = spawn(data);
    make(address).await;
    open_gate(data);
    let off = |seconds: &'static str| ("x-fc-async-delay", seconds);
    let call = ("POST", "functions/handler/invocations");
    let asynchronous = ("x-fc-invocation-type", "Async");
    for wrong in ["3601", "-1", "1.5", "soon"] {
        let refused = fc(address, call, &[asynchronous, off(wrong)], b"\"no\"").await;
        assert_eq!((refused.status, wrong), (400, wrong), "{refused:?}");
        let visited = send(address, ("POST", "/_fc/server/no"), &[off(wrong)], b"").await;
        assert_eq!((visited.status, wrong), (400, wrong), "{visited:?}");
    }
    let kept = fc(address, call, &[asynchronous, off("3600")], b"\"late\"").await;
    assert_eq!(kept.status, 202, "{kept:?}");
    let kept = send(address, ("POST", "/_fc/server/late"), &[off("1800")], b"").await;
    assert_eq!(kept.status, 202, "{kept:?}");
    child.kill().unwrap();
    child.wait().unwrap();

    let running = LocalCloud::start(settings(data.to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    let advance = async |seconds: u64| {
        let body = json!({ "advance_ms": seconds * 1000 }).to_string();
        let moved = cloud.admin("POST", "clock", body.as_bytes()).await;
        assert_eq!(moved.status, 200, "{moved:?}");
    };
    let data = cloud.folder.path();
    // After the kill: what a kill meets between its run and the note of that runs again.
    let now = [asynchronous, off("0")];
    let now = fc(cloud.address(), call, &now, b"\"now\"").await;
    assert_eq!(now.status, 202, "{now:?}");
    assert_eq!(written(data, "handler", 1).await, ["now"]);
    advance(1500).await;
    assert!(!shared(data, "server").exists());
    // Both moments are on the way.
    advance(3600).await;
    assert_eq!(written(data, "server", 1).await[0]["path"], "/late");
    assert_eq!(written(data, "handler", 2).await, ["now", "late"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_is_not_queued_and_routes_queue_what_they_rewrite() {
    let cloud = cloud().await;
    let (address, data) = (cloud.address(), cloud.folder.path());
    open_gate(data);
    let path = "functions/handler/triggers/web";
    let config = json!({ "authType": "function", "methods": ["POST"] });
    ok(
        address,
        ("PUT", path),
        &json!({ "triggerConfig": config.to_string() }),
    )
    .await;
    let large = vec![b'x'; 128 * 1024 + 1];
    for (method, target, body, status) in [
        ("POST", "/_fc/handler/", &b"x"[..], 403),
        ("PUT", "/_fc/handler/", b"x", 405),
        ("POST", "/_fc/absent/", b"x", 404),
        ("POST", "/_fc/server/", &large, 400),
    ] {
        let sent = send(address, (method, target), &[], body).await;
        assert_eq!(sent.status, status, "{method} {target} {sent:?}");
    }
    let rewrite = json!({ "wildcardRules": [{ "match": "/old/*", "replacement": "/new/$1" }] });
    let domain = json!({
        "domainName": "later.shop.test", "protocol": "HTTP",
        "routeConfig": { "routes": [{ "path": "/*", "functionName": "server", "rewriteConfig": rewrite }] },
    });
    ok(address, ("POST", "custom-domains"), &domain).await;
    let host = [("host", "later.shop.test")];
    let sent = send(address, ("POST", "/old/a?b=c"), &host, &large[1..]).await;
    assert_eq!(sent.status, 202, "{sent:?}");
    let seen = &written(data, "server", 1).await[0];
    assert_eq!(seen["path"], "/new/a?b=c");
    assert_eq!(seen["headers"]["host"], "later.shop.test");
    assert_eq!(seen["body"].as_str().unwrap().len(), 128 * 1024);
    assert!(!shared(data, "handler").exists());
}
