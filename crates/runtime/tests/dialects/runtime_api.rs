//! Programs that fetch their calls.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use runtime::{Fault, FunctionError, Language, Spec};
use serde_json::{Value as Json, json};

use crate::bench::{Bench, JAEGER, SPAN, hook, spec, traced};

/// Headers of the call's span, of what goes with it, and of where it is to be sent.
const TRACING: [&str; 3] = [
    "x-fc-tracing-opentracing-span-context",
    "x-fc-tracing-opentracing-span-baggages",
    "x-fc-tracing-jaeger-endpoint",
];

fn program(bench: &Bench, word: &str) -> Spec {
    let mut spec = spec(Language::Go, "api", "program");
    bench.share(&mut spec, "HOOKS");
    spec.environment.insert("WORD".to_owned(), word.to_owned());
    spec
}

#[tokio::test]
async fn a_program_is_told_what_the_vendor_tells_it() {
    let bench = Bench::new();
    let spec = Arc::new(program(&bench, ""));
    let head = bench.said(&spec, "head").await;
    for (name, value) in [
        ("x-fc-request-id", "id"),
        ("x-fc-function-type", "0"),
        ("x-fc-function-name", "named"),
        ("x-fc-function-handler", "program"),
        ("x-fc-function-memory", "512"),
        ("x-fc-function-timeout", "20"),
        ("x-fc-access-key-id", "AKID"),
        ("x-fc-access-key-secret", "SECRET"),
        ("x-fc-security-token", "TOKEN"),
        ("x-fc-service-logproject", "project"),
        ("x-fc-service-logstore", "store"),
        ("x-fc-region", "cn-hangzhou"),
        ("x-fc-account-id", "1234"),
        ("x-fc-qualifier", "prod"),
        ("x-fc-version-id", "7"),
        ("x-fc-retry-count", "2"),
    ] {
        assert_eq!(head[name], value, "{name}");
    }
    let deadline: u128 = head["x-fc-function-deadline"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let left = deadline - now.as_millis();
    assert!((10_000..=20_000).contains(&left), "{left}");
    let told = |head: &Json| TRACING.map(|name| head.get(name).cloned());
    assert_eq!(told(&head), [None, None, None]);
    let head = bench.said(&traced(&spec), "head").await;
    assert_eq!(
        told(&head),
        [Some(json!(SPAN)), Some(json!("")), Some(json!(JAEGER))]
    );
}

#[tokio::test]
async fn answers_of_any_size_and_kind_come_back_as_they_are() {
    let bench = Bench::new();
    let spec = Arc::new(program(&bench, ""));
    for event in [
        vec![],
        "täglich".into(),
        (0..=255).collect(),
        vec![b'x'; 6_000_000],
    ] {
        let answer = bench.call(&spec, event.clone()).await.unwrap();
        assert_eq!(answer.error, None);
        assert!(answer.payload == event, "{} bytes", event.len());
    }
    assert_eq!(bench.fleet.instances("named").len(), 1);
    let (kind, error) = bench.failed(&spec, "fails").await;
    assert_eq!(kind, FunctionError::Unhandled);
    let expected = json!({"errorMessage": "no such thing", "errorType": "errorString"});
    assert_eq!(error, expected);
    assert_eq!(
        bench.said(&spec, "stranger").await,
        404,
        "nobody waits for it"
    );
}

#[tokio::test]
async fn marks_are_in_the_log_once_whoever_writes_them() {
    for word in ["marked", "unmarked"] {
        let bench = Bench::new();
        let spec = Arc::new(program(&bench, word));
        for _ in 0..2 {
            let answer = bench.call(&spec, "hello").await.unwrap();
            let tail = String::from_utf8_lossy(&answer.ended.log_tail);
            let expected =
                "FC Invoke Start RequestId: id\ncalled hello\nFC Invoke End RequestId: id\n";
            assert_eq!(tail, expected, "{word}");
        }
    }
}

#[tokio::test]
async fn a_program_that_leaves_is_said_so_and_the_next_call_has_another() {
    let bench = Bench::new();
    let spec = Arc::new(program(&bench, ""));
    for _ in 0..2 {
        let (kind, error) = bench.failed(&spec, "leaves").await;
        assert_eq!(kind, FunctionError::Unhandled);
        let message = error["errorMessage"].as_str().unwrap();
        assert!(
            message.starts_with("Process exited unexpectedly before completing request (duration:"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn hooks_run_before_the_first_call_and_before_the_end() {
    let bench = Bench::new();
    let mut spec = program(&bench, "");
    (spec.initializer, spec.pre_stop) = (hook("init"), hook("stop"));
    let hooks = spec.mounts[0].folder.join("file");
    let spec = Arc::new(spec);
    assert_eq!(bench.said(&spec, "head").await["hooks"], json!(["1"]));
    bench.fleet.retire("named", None).await;
    let hooks = std::fs::read_to_string(hooks).unwrap();
    assert_eq!(hooks, "12");
}

#[tokio::test]
async fn a_program_that_cannot_begin_says_why() {
    let bench = Bench::new();
    let (_, error) = bench
        .failed(&Arc::new(program(&bench, "cannot")), "x")
        .await;
    let expected = json!({"errorMessage": "no database", "errorType": "Refused"});
    assert_eq!(error, expected);

    let mut refuses = program(&bench, "refuses");
    refuses.initializer = hook("init");
    let bench = Bench::new();
    let (_, error) = bench.failed(&Arc::new(refuses), "x").await;
    assert_eq!(error["errorMessage"], "not today");

    let bench = Bench::new();
    let exits = Arc::new(program(&bench, "exits"));
    let fault = bench.call(&exits, "x").await.unwrap_err();
    assert!(matches!(fault, Fault::Start(_)), "{fault:?}");
    assert!(
        fault.to_string().contains("cannot open the database"),
        "{fault}"
    );

    let mut missing = program(&bench, "");
    missing.handler = "main".to_owned();
    missing.revision = "missing".to_owned();
    let bench = Bench::new();
    let fault = bench.call(&Arc::new(missing), "x").await.unwrap_err();
    assert!(fault.to_string().contains("is it in the code"), "{fault}");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_ended() {
    let bench = Bench::new();
    let mut slow = spec(Language::Go, "api", "sleeps.sh");
    slow.timeout = std::time::Duration::from_secs(1);
    let (kind, error) = bench.failed(&Arc::new(slow), "x").await;
    assert_eq!(kind, FunctionError::Unhandled);
    let message = error["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("Function timed out after 1 seconds"),
        "{message}"
    );
    assert!(bench.log().contains("fetched"), "{}", bench.log());
}
