//! A disk without room: what cannot be kept is refused, nothing else is harmed, and with room again all works.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use emulator::{ADMIN_TOKEN_HEADER, admin_token};
use serde_json::{Value as Json, json};

use crate::client::{Answer, SECRET, call, exchange, request};
use crate::crash::spawn_by;
use crate::flow::{PASS, fnf, make_flow, until};
use crate::function::{archive, fc};

/// Puts a small disk where the data folder is, seen by the program alone, and becomes the program.
const MOUNT: &str = "mount -t tmpfs -o size=24m none \"$0\" && exec \"$@\"";

/// A cloud whose data is on a small disk of its own.
struct Small {
    child: Child,
    address: SocketAddr,
    /// The data folder as it is seen from here.
    data: PathBuf,
    _folder: tempfile::TempDir,
}

impl Small {
    /// Nothing where this machine lets nobody mount.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let command = |program: &Path| {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT]);
            command.arg(folder.path()).arg(program);
            command
        };
        let mut tried = command(Path::new("true"));
        let tried = tried.stderr(Stdio::null()).status();
        if !tried.is_ok_and(|status| status.success()) {
            return None;
        }
        let own = command(&std::env::current_exe().unwrap());
        let (child, address) = spawn_by(own, folder.path());
        let seen = format!("/proc/{}/root{}", child.id(), folder.path().display());
        Some(Self {
            child,
            address,
            data: seen.into(),
            _folder: folder,
        })
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let mut file = File::create(self.data.join("filler")).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.data.join("filler")).unwrap();
    }

    async fn fc(&self, method: &str, target: &str, body: &Json) -> Answer {
        let body = body.to_string();
        fc(self.address, (method, target), &[], body.as_bytes()).await
    }

    async fn say(&self, word: &str) -> Answer {
        self.say_to("f", word).await
    }

    async fn say_to(&self, name: &str, word: &str) -> Answer {
        let target = format!("functions/{name}/invocations");
        fc(self.address, ("POST", &target), &[], word.as_bytes()).await
    }

    /// Sends an event as a task.
    async fn send(&self, id: &str, event: &[u8]) -> Answer {
        let headers = [
            ("x-fc-invocation-type", "Async"),
            ("x-fc-async-task-id", id),
        ];
        let call = ("POST", "functions/f/invocations");
        fc(self.address, call, &headers, event).await
    }

    /// Sends large events as tasks until one is refused: those that were accepted, since the database had room for them inside its
    /// own files; and the refused one.
    async fn send_until_full(&self) -> (Vec<String>, String) {
        let event = vec![b'x'; 100_000];
        let mut accepted = Vec::new();
        loop {
            let id = format!("t-{}", accepted.len());
            let sent = self.send(&id, &event).await;
            if sent.status != 202 {
                assert_eq!(refusal(&sent), no_room());
                return (accepted, id);
            }
            accepted.push(id);
            assert!(accepted.len() < 500, "the disk is never full");
        }
    }

    /// The task when it has ended.
    async fn ended(&self, id: &str) -> Json {
        let end = Instant::now() + Duration::from_secs(50);
        let target = format!("functions/f/async-tasks/{id}");
        loop {
            let task = self.fc("GET", &target, &Json::Null).await.json();
            if task["endTime"].is_i64() {
                return task;
            }
            assert!(Instant::now() < end, "{id} never ended: {task}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn put(&self, key: &str) -> Answer {
        let target = format!("/bkt/{key}");
        call(self.address, "PUT", &target, &[], &vec![1; 100_000])
            .await
            .unwrap()
    }

    async fn log(&self) -> String {
        let token = [(ADMIN_TOKEN_HEADER.to_owned(), admin_token(SECRET))];
        let bytes = request("GET", "/_sdev/logs?function=f", &token, b"");
        exchange(self.address, &bytes).await.unwrap().text()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A function that says its event, in its log too.
fn says(name: &str, more: usize) -> Json {
    // Noise, so that the archive is as large as it shall be.
    let mut noise = String::new();
    while noise.len() < more {
        noise += &wire::digest::sha256_hex(noise.len().to_string().as_bytes());
    }
    let code = format!(
        "def handler(event, context):\n    print('said', event[:20].decode())\n    return event[:20].decode()\n# {noise}\n"
    );
    json!({
        "functionName": name, "runtime": "python3.10", "handler": "index.handler", "timeout": 20,
        "code": { "zipFile": archive("index.py", &code) },
    })
}

fn refusal(answer: &Answer) -> (u16, Json) {
    assert!(answer.json()["RequestId"].is_string(), "{answer:?}");
    (answer.status, answer.json()["Code"].clone())
}

fn no_room() -> (u16, Json) {
    (500, json!("InternalServerError"))
}

/// Files below a folder.
fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_it_cannot_keep_and_harms_nothing_else() {
    let Some(small) = Small::start() else {
        println!("skipped: this machine refuses namespaces");
        return;
    };
    let bucket = call(small.address, "PUT", "/bkt/", &[], b"").await;
    assert_eq!(bucket.unwrap().status, 200);
    assert_eq!(small.put("before").await.status, 200);
    for name in ["f", "cold"] {
        let made = small.fc("POST", "functions", &says(name, 0)).await;
        assert_eq!(made.status, 200, "{made:?}");
    }
    let config = json!({ "asyncTask": true });
    let target = "functions/f/async-invoke-config";
    assert_eq!(small.fc("PUT", target, &config).await.status, 200);
    assert_eq!(small.say("before").await.text(), "before");

    small.fill();
    let packages = count(&small.data.join("function/code"));
    let upload = small.fc("POST", "functions", &says("g", 300_000)).await;
    assert_eq!(refusal(&upload), no_room());
    let change = json!({ "code": says("f", 300_000)["code"] });
    let changed = small.fc("PUT", "functions/f", &change).await;
    assert_eq!(refusal(&changed), no_room());
    assert_eq!(count(&small.data.join("function/draft")), 0);
    assert_eq!(count(&small.data.join("function/code")), packages);
    let missing = small.fc("GET", "functions/g", &Json::Null).await;
    assert_eq!(refusal(&missing), (404, json!("FunctionNotFound")));
    let put = small.put("during").await;
    assert_eq!((put.status, &*put.code()), (500, "InternalError"));

    let (accepted, refused) = small.send_until_full().await;
    // Nothing of it needs the disk but the log's lines, which are lost.
    for _ in 0..100 {
        assert_eq!(small.say("during").await.text(), "during");
    }

    // What was never called may have an interpreter that waits; else none can be started.
    let cold = small.say_to("cold", "during").await;
    assert!(
        cold.text() == "during" || refusal(&cold) == (412, json!("FunctionNotStarted")),
        "{cold:?}"
    );

    small.make_room();
    assert_eq!(small.send("after", b"after").await.status, 202);
    for id in accepted.iter().map(String::as_str).chain(["after"]) {
        assert_eq!(small.ended(id).await["status"], "Succeeded", "{id}");
    }
    let target = format!("functions/f/async-tasks/{refused}");
    let missing = small.fc("GET", &target, &Json::Null).await;
    let code = json!("StatefulAsyncInvocationNotFound");
    assert_eq!(refusal(&missing), (404, code));
    for name in ["f", "cold"] {
        assert_eq!(small.say_to(name, "after").await.text(), "after");
    }
    let log = small.log().await;
    assert!(
        log.contains("said before") && log.contains("said after"),
        "{log}"
    );
    let upload = small.fc("POST", "functions", &says("g", 300_000)).await;
    assert_eq!(upload.status, 200, "{upload:?}");
    assert_eq!(small.put("during").await.status, 200);
    let kept = call(small.address, "GET", "/bkt/before", &[], b"").await;
    assert_eq!(kept.unwrap().body, vec![1; 100_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_that_cannot_be_kept_are_refused_and_those_that_wait_go_on_with_room_again() {
    let Some(small) = Small::start() else {
        return;
    };
    let slow = "{version: v1, type: flow, steps: [{type: wait, name: w, duration: 3}]}";
    make_flow(small.address, "slow", slow, "Standard").await;
    make_flow(small.address, "f", PASS, "Standard").await;
    let other = PASS.replace("name: p", "name: q");
    make_flow(small.address, "new", &other, "Standard").await;
    let input = json!({ "x": "y".repeat(10_000) }).to_string();
    let start = async |flow: &str, name: &str, input: &str| {
        let params = [
            ("FlowName", flow),
            ("ExecutionName", name),
            ("Input", input),
        ];
        fnf(small.address, "StartExecution", &params).await.status
    };
    assert_eq!(start("slow", "waits", "{}").await, 200);
    small.fill();
    let mut accepted = Vec::new();
    loop {
        let name = format!("e{}", accepted.len());
        if start("f", &name, &input).await != 200 {
            break;
        }
        accepted.push(name);
        assert!(accepted.len() < 500, "the disk is never full");
    }
    assert_eq!(start("new", "first", &input).await, 500);
    tokio::time::sleep(Duration::from_secs(4)).await;
    small.make_room();
    assert_eq!(start("new", "first", &input).await, 200);
    let ended = until(small.address, "new", "first", "Succeeded").await;
    assert_eq!(ended["FlowDefinition"], other);
    until(small.address, "slow", "waits", "Succeeded").await;
    for name in accepted {
        until(small.address, "f", &name, "Succeeded").await;
    }
}
