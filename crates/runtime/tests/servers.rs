//! Web servers as functions: real programs in Node and Python.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::{BodyExt as _, Full, StreamBody};
use runtime::{
    BoxError, Call, CallBody, Custom, Fault, Fleet, FunctionError, Identity, InstanceState,
    Language, Line, LogSink, Mount, Reply, Request, Scale, Settings, Spec,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl LogSink for Lines {
    fn line(&self, line: Line<'_>) {
        self.0.lock().unwrap().push(line.text.to_owned());
    }
}

struct Bench {
    folder: tempfile::TempDir,
    fleet: Fleet,
    lines: Arc<Lines>,
    /// How far the given clock is ahead.
    ahead: Arc<Mutex<Duration>>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = Arc::new(Lines::default());
        let ahead = Arc::new(Mutex::new(Duration::ZERO));
        let later = Arc::clone(&ahead);
        let fleet = Fleet::open(Settings {
            folder: folder.path().join("run"),
            launcher: vec![env!("CARGO_BIN_EXE_launch-instance").into()],
            log: Arc::clone(&lines) as Arc<dyn LogSink>,
            clock: Arc::new(move || SystemTime::now() + *later.lock().unwrap()),
            pool: true,
        });
        Self {
            folder,
            fleet: fleet.unwrap(),
            lines,
            ahead,
        }
    }

    async fn event(&self, spec: &Arc<Spec>) -> Result<Reply, Fault> {
        let call = call(Request::Event("x".into()));
        self.fleet.call(spec, call).await
    }

    async fn web(
        &self,
        spec: &Arc<Spec>,
        request: http::Request<CallBody>,
    ) -> Result<http::Response<CallBody>, Fault> {
        let base_path = String::new();
        let call = call(Request::Web { request, base_path });
        match self.fleet.call(spec, call).await? {
            Reply::Web { response, .. } => Ok(response),
            Reply::Answer(_) => panic!("a web request has a response"),
        }
    }

    async fn get(&self, spec: &Arc<Spec>, path: &str) -> Result<String, Fault> {
        let response = self.web(spec, get(path)).await?;
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| Fault::Protocol(error.to_string()))?;
        Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
    }

    /// Interpreters with a bootstrap below a launcher of this fleet.
    fn interpreters(&self) -> Vec<u32> {
        let mark = self.folder.path().join("run").display().to_string();
        let mut found: Vec<u32> = processes(|line| line.contains(&mark));
        let mut at = 0;
        while let Some(pid) = found.get(at) {
            let below = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
            let below = below.unwrap_or_default();
            let below = below.split_whitespace().map(|pid| pid.parse().unwrap());
            let new: Vec<u32> = below.filter(|pid| !found.contains(pid)).collect();
            found.extend(new);
            at += 1;
        }
        found.retain(|pid| line_of(*pid).contains("bootstrap.py"));
        found
    }

    /// Gives the function a folder that outlives it, by the variable `SHARED`; where it is here.
    fn share(&self, spec: &mut Spec) -> PathBuf {
        let folder = self.folder.path().join("shared");
        std::fs::create_dir_all(&folder).unwrap();
        let at = "/mnt/shared".to_owned();
        spec.environment.insert("SHARED".to_owned(), at.clone());
        spec.mounts.push(Mount {
            folder: folder.clone(),
            at,
        });
        folder
    }
}

/// The command of a process, its words one after the other.
fn line_of(pid: u32) -> String {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

/// Processes of this machine by their commands.
fn processes(is_one: impl Fn(&str) -> bool) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap();
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| is_one(&line_of(*pid)))
        .collect()
}

fn call(request: Request) -> Call {
    Call {
        request_id: "id".to_owned(),
        trace: None,
        retries: 0,
        request,
    }
}

fn get(path: &str) -> http::Request<CallBody> {
    let empty = Full::new(Bytes::new()).map_err(|never| -> BoxError { match never {} });
    http::Request::get(path).body(CallBody::new(empty)).unwrap()
}

fn spec(words: &[&str]) -> Spec {
    Spec {
        function: "server".to_owned(),
        version: "LATEST".to_owned(),
        revision: words.join(" "),
        language: Language::Custom,
        handler: String::new(),
        code: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions"),
        layers: Vec::new(),
        mounts: Vec::new(),
        environment: BTreeMap::from([("WORD".to_owned(), "hello".to_owned())]),
        memory_mb: 128,
        cpu: None,
        disk_mb: 512,
        timeout: Duration::from_secs(20),
        concurrency: 1,
        idle: Duration::from_mins(3),
        initializer: None,
        pre_stop: None,
        custom: Some(Custom {
            command: words.iter().map(|word| (*word).to_owned()).collect(),
            ..Custom::default()
        }),
        container: None,
        tracing: None,
        identity: Identity {
            account: "1".to_owned(),
            region: "cn-hangzhou".to_owned(),
            qualifier: "LATEST".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: "SECRET".to_owned(),
            security_token: String::new(),
            log: (String::new(), String::new()),
            endpoints: BTreeMap::new(),
        },
    }
}

const MANY: &[&str] = &["node", "/code/many.js"];

/// Waits until something is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never is");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_server_that_listens_late_is_waited_for() {
    let bench = Bench::new();
    let mut spec = spec(MANY);
    spec.environment.insert("LATE".into(), "700".into());
    let begun = Instant::now();
    assert_eq!(bench.get(&Arc::new(spec), "/").await.unwrap(), "hello");
    assert!(begun.elapsed() >= Duration::from_millis(700));
}

#[tokio::test]
async fn a_program_that_exits_at_the_start_is_quoted_and_tried_less_and_less() {
    let bench = Bench::new();
    let mut exits = spec(&[
        "sh",
        "-c",
        "echo no such database >&2; echo x >> $SHARED/tries; exit 4",
    ]);
    let shared = bench.share(&mut exits);
    let spec = Arc::new(exits);
    for _ in 0..30 {
        let fault = bench.get(&spec, "/").await.unwrap_err();
        assert!(matches!(&fault, Fault::Start(_)), "{fault:?}");
        let text = fault.to_string();
        assert!(
            text.contains("exit status: 4") && text.contains("no such database"),
            "{text}"
        );
    }
    let tries = std::fs::read_to_string(shared.join("tries")).unwrap();
    assert!((2..10).contains(&tries.lines().count()), "{tries}");
}

#[tokio::test]
async fn a_server_on_a_wrong_port_is_told_where_it_listens() {
    let bench = Bench::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let spec = Arc::new(spec(&["/code/stubborn.sh", &port]));
    let fault = bench.get(&spec, "/").await.unwrap_err();
    assert!(matches!(&fault, Fault::Start(_)), "{fault:?}");
    assert!(
        fault
            .to_string()
            .contains(&format!("listens on port {port} and not on")),
        "{fault}"
    );
}

#[tokio::test]
async fn servers_in_node_and_python_that_insist_on_one_port_run_side_by_side() {
    let bench = Bench::new();
    let programs = [["node", "/code/fixed.js"], ["python3", "/code/fixed.py"]];
    let specs = programs.map(|words| {
        let mut spec = spec(&words);
        spec.function = words[0].to_owned();
        Arc::new(spec)
    });
    for spec in &specs {
        bench.fleet.keep(
            spec,
            Scale {
                min: 2,
                max: None,
                on_demand: true,
            },
        );
    }
    until(|| {
        specs
            .iter()
            .all(|spec| bench.fleet.instances(&spec.function).len() == 2)
    })
    .await;
    for spec in &specs {
        let Reply::Answer(answer) = bench.event(spec).await.unwrap() else {
            panic!("an event has an answer")
        };
        let id = String::from_utf8_lossy(&answer.payload);
        assert!(
            bench
                .fleet
                .instances(&spec.function)
                .iter()
                .any(|one| one.id == id)
        );
    }
}

#[tokio::test]
async fn any_other_program_that_insists_on_its_port_has_one_instance_and_the_next_function_learns_who_has_it()
 {
    let bench = Bench::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut first = spec(&["/code/stubborn.sh", &port.to_string()]);
    first.custom.as_mut().unwrap().port = Some(port);
    let mut second = first.clone();
    second.function = "second".to_owned();
    let (first, second) = (Arc::new(first), Arc::new(second));
    assert_eq!(bench.get(&first, "/").await.unwrap(), "own");
    let lines = bench.lines.0.lock().unwrap().join("\n");
    assert!(lines.contains("one instance only"), "{lines}");
    let fault = bench.get(&second, "/").await.unwrap_err();
    assert!(
        fault.to_string().contains("used by function 'server'"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_crash_in_a_call_is_told_with_the_last_words_and_the_next_call_is_served() {
    let bench = Bench::new();
    let spec = Arc::new(spec(MANY));
    let fault = bench.get(&spec, "/crash").await.unwrap_err();
    assert!(matches!(&fault, Fault::Exited(_)), "{fault:?}");
    let text = fault.to_string();
    assert!(
        text.contains("exit status: 3") && text.contains("I cannot go on"),
        "{text}"
    );
    assert_eq!(bench.get(&spec, "/").await.unwrap(), "hello");
}

#[tokio::test]
async fn a_connection_that_is_dropped_costs_the_call_and_not_the_instance() {
    let bench = Bench::new();
    let spec = Arc::new(spec(MANY));
    assert_eq!(bench.get(&spec, "/").await.unwrap(), "hello");
    let fault = bench.get(&spec, "/drop").await.unwrap_err();
    assert!(matches!(&fault, Fault::Protocol(_)), "{fault:?}");
    assert_eq!(bench.get(&spec, "/").await.unwrap(), "hello");
    assert_eq!(bench.fleet.instances("server")[0].calls, 3);
}

#[tokio::test]
async fn the_first_event_of_a_stream_is_early_and_its_end_reaches_the_server() {
    let bench = Bench::new();
    let mut streams = spec(MANY);
    let closed = bench.share(&mut streams).join("closed");
    let spec = Arc::new(streams);
    let mut response = bench.web(&spec, get("/sse")).await.unwrap();
    let frame = response.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "data: first\n\n");
    assert_eq!(
        bench.fleet.instances("server")[0].state,
        InstanceState::Busy
    );
    drop(response);
    until(|| std::fs::read_to_string(&closed).is_ok()).await;
    assert_eq!(
        bench.fleet.instances("server")[0].state,
        InstanceState::Idle
    );
}

#[tokio::test]
async fn bodies_are_streamed_in_both_directions() {
    let bench = Bench::new();
    let spec = Arc::new(spec(MANY));
    let (mut write, read) = tokio::io::duplex(64);
    let parts = futures_util::stream::unfold(read, |mut read| async {
        let mut bytes = vec![0; 64];
        let length = read
            .read(&mut bytes)
            .await
            .ok()
            .filter(|length| *length > 0)?;
        bytes.truncate(length);
        Some((
            Ok::<_, BoxError>(http_body::Frame::data(Bytes::from(bytes))),
            read,
        ))
    });
    let request = http::Request::post("/back").body(CallBody::new(StreamBody::new(parts)));
    write.write_all(b"one").await.unwrap();
    let mut response = bench.web(&spec, request.unwrap()).await.unwrap();
    for word in ["one", "two"] {
        if word == "two" {
            write.write_all(b"two").await.unwrap();
        }
        let frame = response.body_mut().frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), word);
    }
    drop(write);
    assert!(response.body_mut().frame().await.is_none());
}

#[tokio::test]
async fn a_web_socket_is_passed_through_and_keeps_the_instance_busy() {
    let bench = Bench::new();
    let spec = Arc::new(spec(MANY));
    let mut request = get("/socket");
    for (name, value) in [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let mut response = bench.web(&spec, request).await.unwrap();
    assert_eq!(response.status(), 101);
    assert_eq!(
        response.headers()["sec-websocket-accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    let busy = response.extensions_mut().remove::<runtime::Busy>().unwrap();
    let upgraded = hyper::upgrade::on(response).await.unwrap();
    let mut socket = hyper_util::rt::TokioIo::new(upgraded);
    socket.write_all(b"\x81\x05hello").await.unwrap();
    let mut echo = [0; 7];
    socket.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"\x81\x05hello");
    assert_eq!(bench.fleet.instances("server")[0].busy, 1);
    drop((socket, busy));
    assert_eq!(bench.fleet.instances("server")[0].busy, 0);
}

#[tokio::test]
async fn a_time_out_ends_the_program_and_what_it_started() {
    let bench = Bench::new();
    let mut slow = spec(MANY);
    slow.timeout = Duration::from_secs(1);
    let seconds = format!("6{}", std::process::id());
    slow.environment
        .insert("SECONDS".to_owned(), seconds.clone());
    let spec = Arc::new(slow);
    let call = bench.get(&spec, "/child");
    let child = format!("sleep {seconds} ");
    let is_there = until(|| !processes(|line| line == child).is_empty());
    let (fault, ()) = tokio::join!(call, is_there);
    let fault = fault.unwrap_err();
    assert!(matches!(fault, Fault::Timeout(_)), "{fault:?}");
    until(|| processes(|line| line == child).is_empty()).await;
    let fault = bench.get(&spec, "/trickle").await.unwrap_err();
    assert!(fault.to_string().contains("timed out"), "{fault}");
}

#[tokio::test]
async fn code_is_updated_under_load_without_a_failed_call() {
    let bench = Bench::new();
    let mut old = spec(MANY);
    old.concurrency = 4;
    bench.fleet.reserve("server", Some(2));
    let mut new = old.clone();
    new.revision = "new".to_owned();
    new.environment.insert("WORD".into(), "new".into());
    let first = Arc::new(old);
    let newest = Arc::new(Mutex::new(Arc::clone(&first)));
    assert_eq!(bench.get(&first, "/").await.unwrap(), "hello");
    let ends = Instant::now() + Duration::from_secs(2);
    let callers = (0..8).map(|_| async {
        let mut said = Vec::new();
        while Instant::now() < ends {
            let spec = Arc::clone(&newest.lock().unwrap());
            said.push(bench.get(&spec, "/").await.unwrap());
        }
        said
    });
    let update = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        *newest.lock().unwrap() = Arc::new(new);
    };
    let (said, ()) = tokio::join!(join_all(callers), update);
    for said in said {
        let first_new = said.iter().position(|word| word == "new").unwrap();
        assert!(said[..first_new].iter().all(|word| word == "hello"));
        assert!(said[first_new..].iter().all(|word| word == "new"));
    }
    assert!(
        bench
            .fleet
            .instances("server")
            .iter()
            .all(|one| one.revision == "new")
    );
}

#[tokio::test]
async fn new_code_that_cannot_start_is_no_reason_to_serve_the_old() {
    let bench = Bench::new();
    let good = Arc::new(spec(MANY));
    assert_eq!(bench.get(&good, "/").await.unwrap(), "hello");
    let bad = Arc::new(spec(&["node", "/code/nowhere.js"]));
    let fault = bench.get(&bad, "/").await.unwrap_err();
    assert!(fault.to_string().contains("nowhere.js"), "{fault}");
}

#[tokio::test]
async fn slow_calls_get_instances_of_their_own_and_those_beyond_the_limit_are_refused() {
    let bench = Bench::new();
    let spec = Arc::new(spec(MANY));
    let ids = join_all((0..4).map(|_| bench.get(&spec, "/slow"))).await;
    let ids: std::collections::BTreeSet<_> = ids.into_iter().map(Result::unwrap).collect();
    assert!(ids.len() >= 3, "{ids:?}");
    let here = u32::try_from(bench.fleet.instances("server").len()).unwrap();
    bench.fleet.reserve("server", Some(here));
    let calls = here as usize + 3;
    let results = join_all((0..calls).map(|_| bench.get(&spec, "/slow"))).await;
    let refused = results
        .iter()
        .filter(|result| matches!(result, Err(Fault::Throttled(_))));
    assert_eq!(refused.count(), 3);
}

#[tokio::test]
async fn kept_instances_are_there_before_calls_and_the_dead_are_replaced_and_idle_ones_go() {
    let bench = Bench::new();
    let spec = Arc::new(spec(MANY));
    let scale = |min| Scale {
        min,
        max: None,
        on_demand: true,
    };
    bench.fleet.keep(&spec, scale(2));
    until(|| bench.fleet.instances("server").len() == 2).await;
    assert_eq!(bench.get(&spec, "/").await.unwrap(), "hello");
    let dead = bench.fleet.instances("server")[0].pid;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(dead).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
    let is_whole = || {
        let all = bench.fleet.instances("server");
        all.len() == 2 && all.iter().all(|one| one.pid != dead)
    };
    until(is_whole).await;
    *bench.ahead.lock().unwrap() += Duration::from_mins(10);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(bench.fleet.instances("server").len(), 2);
    bench.fleet.keep(&spec, scale(0));
    *bench.ahead.lock().unwrap() += Duration::from_mins(10);
    until(|| bench.fleet.instances("server").is_empty()).await;
}

#[tokio::test]
async fn interpreters_that_wait_take_code_of_any_function() {
    let bench = Bench::new();
    let mut waiting = Vec::new();
    for round in 0..3 {
        let mut spec = spec(&[]);
        spec.custom = None;
        spec.language = Language::Python(3, 10);
        spec.handler = "echo.handler".to_owned();
        spec.function = format!("function-{round}");
        let Reply::Answer(answer) = bench.event(&Arc::new(spec.clone())).await.unwrap() else {
            panic!("an event has an answer")
        };
        let said = String::from_utf8_lossy(&answer.payload).into_owned();
        assert_eq!(answer.error, None, "{said}");
        assert!(
            said.contains("hello") && said.contains(&spec.function),
            "{said}"
        );
        let pid = bench.fleet.instances(&spec.function)[0].pid;
        assert_eq!(waiting.contains(&pid), round > 0);
        waiting.clear();
        until(|| {
            waiting = bench.interpreters();
            waiting.len() == round + 3
        })
        .await;
    }
    bench.fleet.close().await;
    until(|| bench.interpreters().is_empty()).await;
}

#[tokio::test]
async fn an_event_whose_caller_left_is_finished() {
    let bench = Bench::new();
    let mut one = spec(&[]);
    one.custom = None;
    one.language = Language::Node(20);
    one.handler = "slow.handler".to_owned();
    let spec = Arc::new(one);
    let is_asked = until(|| {
        bench
            .fleet
            .instances("server")
            .iter()
            .any(|one| one.busy == 1)
    });
    tokio::select! {
        _ = bench.event(&spec) => panic!("the caller leaves before the answer"),
        () = is_asked => {}
    }
    until(|| {
        bench
            .fleet
            .instances("server")
            .iter()
            .any(|one| one.calls == 1 && one.busy == 0)
    })
    .await;
    let Reply::Answer(answer) = bench.event(&spec).await.unwrap() else {
        panic!("an event has an answer")
    };
    assert_ne!(answer.error, Some(FunctionError::Unhandled));
}
