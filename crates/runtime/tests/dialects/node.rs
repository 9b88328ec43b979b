//! Handlers in Node.

use std::sync::Arc;

use runtime::FunctionError::{Handled, Unhandled};
use runtime::{Fault, FunctionError, Language, Spec};
use serde_json::{Value as Json, json};

use crate::bench::{Bench, JAEGER, SPAN, hook, spec, traced};

const NODE: Language = Language::Node(20);

fn handler(handler: &str) -> Spec {
    spec(NODE, "node", handler)
}

#[tokio::test]
async fn a_result_is_bytes_a_text_or_json() {
    let bench = Bench::new();
    for (name, event, expected) in [
        ("shapes.echo", vec![0, 255, b'\n'], vec![0, 255, b'\n']),
        ("shapes.echo", vec![], vec![]),
        ("shapes.echo", vec![b'x'; 6_000_000], vec![b'x'; 6_000_000]),
        ("shapes.echoLater", "x".into(), "x".into()),
        ("shapes.text", vec![], "täglich 日".into()),
        ("shapes.nothing", vec![], vec![]),
        ("shapes.none", vec![], vec![]),
        ("shapes.number", vec![], "1.5".into()),
        ("shapes.truth", vec![], "false".into()),
        ("shapes.bytes", vec![], "hi".into()),
        ("shapes.returned", "x".into(), "returned x".into()),
        ("shapes.thenable", vec![], "thenable".into()),
        ("shapes.twice", vec![], "first".into()),
        ("shapes.forgets", vec![], "answered".into()),
        ("deep/inner.handler", vec![], "near".into()),
        ("top.handler", vec![], "top".into()),
        ("whole.handler", vec![], "by default".into()),
        ("typed/index.handler", vec![], "typed".into()),
    ] {
        let spec = Arc::new(handler(name));
        for _ in 0..2 {
            let answer = bench.call(&spec, event.clone()).await.unwrap();
            let text = String::from_utf8_lossy(&answer.payload);
            assert_eq!(answer.error, None, "{name}: {text}");
            assert!(answer.payload == expected, "{name}: {text}");
        }
        assert_eq!(bench.fleet.instances("named").len(), 1, "{name}");
    }
    let value = bench.said(&Arc::new(handler("shapes.value")), "").await;
    let expected = json!({"b": [1, 2.5, null, true], "a": "ä", "at": "1970-01-01T00:00:00.000Z", "initialized": 0});
    assert_eq!(value, expected);
    let said = bench.said(&Arc::new(handler("module.handler")), "x").await;
    assert_eq!(said, json!({"esm": "x", "id": "id"}));
    let said = bench.said(&Arc::new(handler("shapes.kind")), "ä").await;
    assert_eq!(said, json!({"buffer": true, "length": 2}));
    assert!(
        bench
            .log()
            .contains("id [error] Error: nobody waits for this"),
        "{}",
        bench.log()
    );
}

/// Handler, how it fails, type and begin of the message, whether it has a place.
const WRONG: &[(&str, FunctionError, &str, &str, bool)] = &[
    ("throws", Unhandled, "TypeError", "something is wrong", true),
    ("rejects", Unhandled, "OddError", "something is wrong", true),
    ("backs", Handled, "Error", "oops", true),
    ("backsText", Handled, "FunctionHandledError", "oops", false),
    (
        "backsObject",
        Handled,
        "FunctionHandledError",
        r#"{"code":5}"#,
        false,
    ),
    (
        "throwsText",
        Unhandled,
        "FunctionUnhandledError",
        "oops",
        false,
    ),
    (
        "rejectsNothing",
        Unhandled,
        "FunctionUnhandledError",
        "",
        false,
    ),
    (
        "circle",
        Unhandled,
        "TypeError",
        "Converting circular structure",
        false,
    ),
    (
        "large",
        Unhandled,
        "RangeError",
        "the result has 34603008 bytes",
        false,
    ),
];

#[tokio::test]
async fn what_goes_wrong_is_an_answer_with_its_name_and_place() {
    let bench = Bench::new();
    for &(name, failed, kind, message, has_place) in WRONG {
        let spec = Arc::new(handler(&format!("shapes.{name}")));
        for _ in 0..2 {
            let answer = bench.call(&spec, "x").await.unwrap();
            assert_eq!(answer.error, Some(failed), "{name}");
            let error: Json = serde_json::from_slice(&answer.payload).unwrap();
            assert_eq!(error["errorType"], kind, "{error}");
            let said = error["errorMessage"].as_str().unwrap();
            assert!(said.starts_with(message), "{name}: {said}");
            if has_place {
                let trace = error["stackTrace"].as_array().unwrap();
                let place = trace[1].as_str().unwrap();
                assert!(
                    place.starts_with("    at ") && place.contains("shapes.js:"),
                    "{error}"
                );
            }
            assert!(!error.to_string().contains("bootstrap"), "{error}");
            let tail = String::from_utf8_lossy(&answer.ended.log_tail).into_owned();
            let end = format!("FC Invoke End RequestId: id, Error: {failed:?} function error\n");
            assert!(tail.ends_with(&end), "{tail}");
            assert!(tail.contains("Z id [error] "), "{tail}");
        }
        assert_eq!(bench.fleet.instances("named").len(), 1, "{name}");
    }
    let (_, error) = bench.failed(&Arc::new(handler("shapes.strange")), "").await;
    assert!(!error["errorMessage"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn code_that_cannot_be_loaded_is_explained_with_file_and_line() {
    for (name, kind, message, place) in [
        (
            "syntax.handler",
            "UserCodeSyntaxError",
            "Unexpected token",
            "syntax.js:2",
        ),
        (
            "imports.handler",
            "ImportModuleError",
            "Cannot find module 'no-such-module-anywhere'",
            "imports.js:1",
        ),
        (
            "imports_esm.handler",
            "ImportModuleError",
            "Cannot find module",
            "no-such-file.mjs",
        ),
        ("fails.handler", "Error", "no database", "fails.js:2"),
        (
            "nowhere.handler",
            "ImportModuleError",
            "Cannot find module 'nowhere'",
            "",
        ),
        (
            "shapes.missing",
            "HandlerNotFound",
            "Handler 'missing' is missing on module 'shapes'",
            "",
        ),
        (
            "handler",
            "InvalidHandleName",
            "Invalid handler 'handler'",
            "",
        ),
    ] {
        let bench = Bench::new();
        let (failed, error) = bench.failed(&Arc::new(handler(name)), "").await;
        assert_eq!(failed, FunctionError::Unhandled);
        assert_eq!(error["errorType"], kind, "{error}");
        assert!(
            error["errorMessage"].as_str().unwrap().starts_with(message),
            "{error}"
        );
        assert!(error["stackTrace"].to_string().contains(place), "{error}");
        assert!(bench.log().contains(place), "{}", bench.log());
        assert!(!error.to_string().contains("bootstrap"), "{error}");
    }
}

#[tokio::test]
async fn code_that_leaves_ends_its_process() {
    let bench = Bench::new();
    let spec = Arc::new(handler("shapes.leaves"));
    for _ in 0..2 {
        let (kind, error) = bench.failed(&spec, "").await;
        assert_eq!(kind, FunctionError::Unhandled);
        let said = error["errorMessage"].as_str().unwrap();
        assert!(
            said.starts_with("Process exited unexpectedly before completing request"),
            "{said}"
        );
    }
    assert!(bench.log().contains("leaving"));
    let fault = bench.call(&Arc::new(handler("exits.handler")), "").await;
    let fault = fault.unwrap_err();
    assert!(matches!(fault, Fault::Start(_)), "{fault:?}");
    assert!(fault.to_string().contains("I cannot go on"), "{fault}");
}

#[tokio::test]
async fn what_is_thrown_later_fails_the_call_and_ends_the_process() {
    let bench = Bench::new();
    let spec = Arc::new(handler("shapes.throwsLater"));
    for _ in 0..2 {
        let (kind, error) = bench.failed(&spec, "").await;
        assert_eq!(kind, FunctionError::Unhandled);
        assert_eq!(error["errorMessage"], "thrown later");
    }
}

#[tokio::test]
async fn hooks_run_before_the_first_call_and_before_the_end() {
    for initialize in ["shapes.initialize", "shapes.initializeAsync"] {
        let bench = Bench::new();
        let mut spec = handler("shapes.value");
        let stopped = bench.share(&mut spec, "STOPPED");
        (spec.initializer, spec.pre_stop) = (hook(initialize), hook("shapes.stop"));
        let spec = Arc::new(spec);
        for _ in 0..2 {
            assert_eq!(bench.said(&spec, "").await["initialized"], 1);
        }
        let log = bench.log();
        assert!(
            log.contains("FC Initialize Start RequestId: initialize-"),
            "{log}"
        );
        bench.fleet.retire("named", None).await;
        assert_eq!(std::fs::read_to_string(stopped).unwrap(), "named");
    }
    let mut bad = handler("shapes.value");
    bad.initializer = hook("shapes.initializeBadly");
    let bench = Bench::new();
    let (_, error) = bench.failed(&Arc::new(bad), "").await;
    assert_eq!(
        (&error["errorType"], &error["errorMessage"]),
        (&json!("Error"), &json!("no database"))
    );
}

#[tokio::test]
async fn a_context_has_the_vendors_fields() {
    let bench = Bench::new();
    let said = bench
        .said(&Arc::new(handler("shapes.wholeContext")), "")
        .await;
    let expected = json!({
        "requestId": "id", "region": "cn-hangzhou", "accountId": "1234", "retryCount": 2, "logger": true,
        "credentials": {"accessKeyId": "AKID", "accessKeySecret": "SECRET", "securityToken": "TOKEN"},
        "function": {"name": "named", "handler": "shapes.wholeContext", "memory": 512, "timeout": 20},
        "service": {"name": "", "logProject": "project", "logStore": "store", "qualifier": "prod", "versionId": "7"},
        "tracing": {"openTracingSpanContext": "", "openTracingSpanBaggages": {}, "jaegerEndpoint": ""},
        "waitsForEmptyEventLoopBeforeCallback": false,
    });
    assert_eq!(said, expected);
    let traced = traced(&handler("shapes.wholeContext"));
    let told = &bench.said(&traced, "").await["tracing"];
    let expected = json!({"openTracingSpanContext": SPAN, "openTracingSpanBaggages": {}, "jaegerEndpoint": JAEGER});
    assert_eq!(told, &expected);
}

#[tokio::test]
async fn code_finds_its_place_and_no_input() {
    let bench = Bench::new();
    let mut spec = handler("shapes.place");
    spec.environment
        .insert("WORD".to_owned(), "hello".to_owned());
    spec.environment.insert(
        "NODE_PATH".to_owned(),
        "/code/own_modules:/codex".to_owned(),
    );
    let real = spec.code.display().to_string();
    let said = bench.said(&Arc::new(spec), "").await;
    let code = said["cwd"].as_str().unwrap().to_owned();
    assert!(code == "/code" || code == real, "{code}");
    assert_eq!(
        (&said["input"], &said["word"], &said["argument"]),
        (&json!(""), &json!("hello"), &json!([]))
    );
    assert_eq!(said["paths"][0], format!("{code}/own_modules"));
    assert_eq!(said["paths"][1], "/codex");
    assert!(
        said["paths"][2]
            .as_str()
            .unwrap()
            .ends_with("/opt/nodejs/node_modules"),
        "{said}"
    );
    assert_eq!(said["near"], "by NODE_PATH");
    assert_eq!(
        said["child"], "none\n",
        "children do not have the protocol's socket"
    );
}

#[tokio::test]
async fn lines_are_as_the_vendor_writes_them_and_before_the_end() {
    let bench = Bench::new();
    let answer = bench
        .call(&Arc::new(handler("shapes.logs")), "")
        .await
        .unwrap();
    let tail = String::from_utf8_lossy(&answer.ended.log_tail).into_owned();
    let is_time = |text: &str| text.len() == 24 && text.ends_with('Z') && text.starts_with("20");
    let lines: Vec<_> = tail
        .lines()
        .map(|line| match line.split_once(' ') {
            Some((time, rest)) if is_time(time) => format!("TIME {rest}"),
            _ => line.to_owned(),
        })
        .filter(|line| !line.starts_with("    at "))
        .collect();
    let expected = [
        "FC Invoke Start RequestId: id",
        "TIME id [verbose] a word { of: 1 }",
        "TIME id [info] information",
        "TIME id [warn] careful",
        "second",
        "TIME id [error] failed",
        "TIME id [debug] details",
        "TIME id [info] of the context",
        "TIME id [trace] Trace: here",
        "plain",
        "FC Invoke End RequestId: id",
    ];
    assert_eq!(lines, expected);
    assert!(tail.contains("    at exports.logs"), "{tail}");
}

#[tokio::test]
async fn endless_output_does_not_stop_a_call() {
    let bench = Bench::new();
    let answer = bench
        .call(&Arc::new(handler("shapes.floods")), "")
        .await
        .unwrap();
    assert_eq!(answer.payload, "flooded");
    assert!(answer.ended.log_tail.len() <= 4096);
}

#[tokio::test]
async fn several_events_are_answered_side_by_side_and_logged_by_their_requests() {
    let bench = Bench::new();
    let mut spec = handler("shapes.together");
    spec.concurrency = 3;
    let spec = Arc::new(spec);
    let calls = futures_util::future::join3(
        bench.call_as("1", &spec, "one"),
        bench.call_as("2", &spec, "two"),
        bench.call_as("3", &spec, "three"),
    );
    let (one, two, three) = calls.await;
    for (answer, id, event) in [(one, "1", "one"), (two, "2", "two"), (three, "3", "three")] {
        let said: Json = serde_json::from_slice(&answer.unwrap().payload).unwrap();
        assert_eq!(said, json!({"event": event, "request": id}));
        let line = format!("Z {id} [verbose] after {event}");
        assert!(bench.log().contains(&line), "{}", bench.log());
    }
    assert_eq!(bench.fleet.instances("named").len(), 1);
}

#[tokio::test]
async fn many_large_events_leave_no_memory_behind() {
    let bench = Bench::new();
    let spec = Arc::new(handler("shapes.leaks"));
    let event = vec![b'x'; 1_000_000];
    for _ in 0..300 {
        bench.call(&spec, event.clone()).await.unwrap();
    }
    let used = bench.fleet.instances("named")[0].memory_mb;
    assert!(used < 250, "{used} MB after 300 MB of events");
}
