//! Real functions in real processes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt as _, Full};
use runtime::{
    Answer, BoxError, Call, CallBody, Custom, Fault, Fleet, FunctionError, Identity, InstanceState,
    Language, Line, LogSink, Reply, Request, Settings, Spec,
};
use serde_json::{Value as Json, json};

#[derive(Default)]
struct Lines(Mutex<Vec<(Option<String>, String)>>);

impl LogSink for Lines {
    fn line(&self, line: Line<'_>) {
        let entry = (line.request.map(str::to_owned), line.text.to_owned());
        self.0.lock().unwrap().push(entry);
    }
}

struct Bench {
    _folder: tempfile::TempDir,
    fleet: Fleet,
    lines: Arc<Lines>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = Arc::new(Lines::default());
        let fleet = Fleet::open(Settings {
            folder: folder.path().join("run"),
            launcher: vec![env!("CARGO_BIN_EXE_launch-instance").into()],
            log: Arc::clone(&lines) as Arc<dyn LogSink>,
            clock: Arc::new(SystemTime::now),
            pool: false,
        });
        Self {
            _folder: folder,
            fleet: fleet.unwrap(),
            lines,
        }
    }

    /// The calls of the lines that begin with these words.
    fn requests_of(&self, words: &str) -> Vec<String> {
        let lines = self.lines.0.lock().unwrap();
        let fits = lines.iter().filter(|(_, text)| text.starts_with(words));
        fits.filter_map(|(request, _)| request.clone()).collect()
    }

    async fn event(&self, spec: &Arc<Spec>, payload: &str) -> Result<Answer, Fault> {
        let call = Call {
            request_id: format!("id-{payload}"),
            trace: None,
            retries: 0,
            request: Request::Event(payload.to_owned().into()),
        };
        match self.fleet.call(spec, call).await? {
            Reply::Answer(answer) => Ok(answer),
            Reply::Web { .. } => panic!("an event has an answer"),
        }
    }
}

fn spec(language: Language, handler: &str) -> Spec {
    Spec {
        function: "echo".to_owned(),
        version: "LATEST".to_owned(),
        revision: format!("{language:?} {handler}"),
        language,
        handler: handler.to_owned(),
        code: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions"),
        layers: Vec::new(),
        mounts: Vec::new(),
        environment: BTreeMap::from([("WORD".to_owned(), "hello".to_owned())]),
        memory_mb: 512,
        cpu: None,
        disk_mb: 512,
        timeout: Duration::from_secs(20),
        concurrency: 1,
        idle: Duration::from_mins(3),
        initializer: None,
        pre_stop: None,
        custom: None,
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

const PYTHON: Language = Language::Python(3, 10);
const NODE: Language = Language::Node(20);

fn json_of(answer: &Answer) -> Json {
    serde_json::from_slice(&answer.payload).unwrap()
}

#[tokio::test]
async fn events_are_answered_by_one_process_with_its_context_environment_and_log() {
    for language in [PYTHON, NODE] {
        let bench = Bench::new();
        let spec = Arc::new(spec(language, "echo.handler"));
        for number in 1..=3 {
            let answer = bench.event(&spec, "täglich").await.unwrap();
            let said = json_of(&answer);
            assert_eq!(answer.error, None, "{said}");
            assert_eq!(said["event"], "täglich");
            assert_eq!(said["calls"], number);
            assert_eq!(said["request"], "id-täglich");
            assert_eq!(
                (&said["name"], &said["word"]),
                (&json!("echo"), &json!("hello"))
            );
            assert_eq!(said["input"].as_str().unwrap_or_default(), "");
            let tail = String::from_utf8_lossy(&answer.ended.log_tail).into_owned();
            assert!(
                tail.starts_with("FC Invoke Start RequestId: id-täglich\n"),
                "{tail}"
            );
            assert!(tail.contains(&format!("called {number}\n")), "{tail}");
            assert!(answer.ended.memory_mb > 1);
        }
        let lines = bench.lines.0.lock().unwrap();
        let is_own = |(id, text): &&(Option<String>, String)| {
            text.contains("called") && id.as_deref() == Some("id-täglich")
        };
        assert_eq!(lines.iter().filter(is_own).count(), 3, "{lines:?}");
        assert_eq!(bench.fleet.instances("echo").len(), 1);
    }
}

#[tokio::test]
async fn what_code_raises_is_an_answer_with_its_kind() {
    let bench = Bench::new();
    for (language, handler, kind, name) in [
        (PYTHON, "echo.fails", FunctionError::Unhandled, "ValueError"),
        (NODE, "echo.fails", FunctionError::Unhandled, "TypeError"),
        (NODE, "echo.back", FunctionError::Handled, "Error"),
    ] {
        let spec = Arc::new(spec(language, handler));
        let answer = bench.event(&spec, "snow").await.unwrap();
        let said = json_of(&answer);
        assert_eq!(answer.error, Some(kind), "{said}");
        assert_eq!(said["errorMessage"], "no such thing as snow");
        assert_eq!(said["errorType"], name);
        assert!(said["stackTrace"].to_string().contains("echo"), "{said}");
    }
}

#[tokio::test]
async fn code_that_leaves_or_sleeps_is_said_to_and_the_next_call_has_a_new_process() {
    for (language, handler) in [(PYTHON, "echo.leaves"), (NODE, "echo.leaves")] {
        let bench = Bench::new();
        let spec = Arc::new(spec(language, handler));
        for _ in 0..2 {
            let answer = bench.event(&spec, "x").await.unwrap();
            assert_eq!(answer.error, Some(FunctionError::Unhandled));
            let said = json_of(&answer)["errorMessage"].to_string();
            assert!(said.contains("Process exited unexpectedly"), "{said}");
        }
        let ended = bench.requests_of("the program ended during the call (exit status: ");
        assert_eq!(ended, ["id-x", "id-x"]);
    }
    let bench = Bench::new();
    let mut slow = spec(PYTHON, "echo.sleeps");
    slow.timeout = Duration::from_secs(1);
    let answer = bench.event(&Arc::new(slow), "x").await.unwrap();
    let said = json_of(&answer)["errorMessage"].to_string();
    assert!(said.contains("timed out after 1 seconds"), "{said}");
    let late = "the program was killed: the call took longer than the function's timeout of 1 s";
    assert_eq!(bench.requests_of(late), ["id-x"]);
    assert!(String::from_utf8_lossy(&answer.ended.log_tail).contains(late));
}

#[tokio::test]
async fn a_handler_that_is_not_there_is_explained() {
    let bench = Bench::new();
    for (language, handler, words) in [
        (PYTHON, "echo.nothing", "Handler 'nothing' is missing"),
        (PYTHON, "nowhere.handler", "nowhere"),
        (NODE, "echo.nothing", "Handler 'nothing' is missing"),
        (NODE, "nowhere.handler", "nowhere"),
    ] {
        let spec = Arc::new(spec(language, handler));
        let answer = bench.event(&spec, "x").await.unwrap();
        assert_eq!(answer.error, Some(FunctionError::Unhandled));
        let said = json_of(&answer)["errorMessage"].to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn a_web_server_gets_events_and_requests() {
    let bench = Bench::new();
    let mut spec = spec(Language::Custom, "");
    spec.concurrency = 10;
    spec.custom = Some(Custom {
        command: vec!["node".to_owned(), "/code/server.js".to_owned()],
        ..Custom::default()
    });
    let spec = Arc::new(spec);
    let said = json_of(&bench.event(&spec, "hello").await.unwrap());
    assert_eq!(
        (&said["url"], &said["body"]),
        (&json!("/invoke"), &json!("hello"))
    );
    assert_eq!(
        (&said["id"], &said["name"]),
        (&json!("id-hello"), &json!("echo"))
    );
    let body = Full::new("words".into()).map_err(|never| -> BoxError { match never {} });
    let request = http::Request::post("/a/b?c=d").body(CallBody::new(body));
    let call = Call {
        request_id: "web".to_owned(),
        trace: None,
        retries: 0,
        request: Request::Web {
            request: request.unwrap(),
            base_path: String::new(),
        },
    };
    let Reply::Web { response, .. } = bench.fleet.call(&spec, call).await.unwrap() else {
        panic!("a web request has a response")
    };
    assert_eq!(response.headers()["x-own"], "yes");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let said: Json = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&said["method"], &said["url"]),
        (&json!("POST"), &json!("/a/b?c=d"))
    );
    assert_eq!(said["body"], "words");
    assert_eq!(bench.fleet.instances("echo")[0].busy, 0);
}

#[tokio::test]
async fn slow_calls_get_instances_of_their_own_up_to_the_limit() {
    let bench = Bench::new();
    let mut spec = spec(NODE, "slow.handler");
    spec.handler = "slow.handler".to_owned();
    let spec = Arc::new(spec);
    bench.fleet.reserve("echo", Some(2));
    let calls = futures_util::future::join3(
        bench.event(&spec, "1"),
        bench.event(&spec, "2"),
        bench.event(&spec, "3"),
    );
    let (one, two, three) = calls.await;
    let throttled = [&one, &two, &three]
        .into_iter()
        .filter(|result| matches!(result, Err(Fault::Throttled(_))));
    assert_eq!(throttled.count(), 1);
    assert_eq!(bench.fleet.instances("echo").len(), 2);
    bench.fleet.retire("echo", None).await;
    assert!(bench.fleet.instances("echo").is_empty());
}

#[tokio::test]
async fn instances_beyond_a_lowered_limit_finish_and_no_call_begins_beside_them() {
    let bench = Bench::new();
    let spec = Arc::new(spec(NODE, "slow.handler"));
    let instances = || bench.fleet.instances("echo");
    let lowered = async {
        while instances().iter().filter(|one| one.busy == 1).count() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bench.fleet.reserve("echo", Some(1));
        // Said again it changes nothing.
        bench.fleet.reserve("echo", Some(1));
        let going = instances();
        let going = going
            .iter()
            .filter(|one| one.state == InstanceState::Leaving);
        (going.count(), bench.event(&spec, "3").await)
    };
    let (one, two, (going, third)) =
        futures_util::future::join3(bench.event(&spec, "1"), bench.event(&spec, "2"), lowered)
            .await;
    assert_eq!((one.unwrap().error, two.unwrap().error), (None, None));
    assert_eq!(going, 1);
    assert!(matches!(third, Err(Fault::Throttled(_))), "{third:?}");
    assert_eq!(instances().len(), 1);
    bench.fleet.reserve("echo", Some(0));
    assert!(instances().is_empty());
    let none = bench.event(&spec, "4").await;
    assert!(matches!(none, Err(Fault::Throttled(_))), "{none:?}");
    bench.fleet.reserve("echo", None);
    assert_eq!(bench.event(&spec, "5").await.unwrap().error, None);
}

#[tokio::test]
async fn an_instance_that_comes_when_nothing_may_run_any_more_serves_who_waited_and_goes() {
    let bench = Bench::new();
    let spec = Arc::new(spec(NODE, "slow.handler"));
    let blocked = async { bench.fleet.reserve("echo", Some(0)) };
    let (waiting, ()) = futures_util::future::join(bench.event(&spec, "1"), blocked).await;
    assert_eq!(waiting.unwrap().error, None);
    assert!(bench.fleet.instances("echo").is_empty());
}

#[tokio::test]
async fn a_removed_function_finishes_its_calls_and_takes_no_late_ones() {
    let bench = Bench::new();
    let spec = Arc::new(spec(NODE, "slow.handler"));
    let instances = || bench.fleet.instances("echo");
    let removed = async {
        while !instances().iter().any(|instance| instance.busy == 1) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let pid = instances()[0].pid;
        bench.fleet.retire("echo", None).await;
        pid
    };
    let (answer, pid) = futures_util::future::join(bench.event(&spec, "1"), removed).await;
    assert_eq!(answer.unwrap().error, None);
    let late = bench.event(&spec, "2").await;
    assert!(matches!(late, Err(Fault::Removed)), "{late:?}");
    let end = std::time::Instant::now() + Duration::from_secs(10);
    while Path::new(&format!("/proc/{pid}")).exists() {
        assert!(std::time::Instant::now() < end, "the process is left");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(instances().is_empty());

    let mut again = spec.as_ref().clone();
    again.revision = "made again".to_owned();
    let again = bench.event(&Arc::new(again), "3").await.unwrap();
    assert_eq!(again.error, None);
}
