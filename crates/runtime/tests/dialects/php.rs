//! Handlers in PHP.

use std::sync::Arc;
use std::time::Duration;

use runtime::FunctionError::Unhandled;
use runtime::{Fault, Language, Spec};
use serde_json::json;

use crate::bench::{Bench, JAEGER, SPAN, hook, spec, traced};

fn handler(handler: &str) -> Spec {
    spec(Language::Php, "php", handler)
}

#[tokio::test]
async fn a_result_is_a_text_or_json() {
    let bench = Bench::new();
    for (name, event, expected) in [
        ("index.echoes", vec![0, 255, b'\n'], vec![0, 255, b'\n']),
        ("index.echoes", vec![], vec![]),
        ("index.echoes", vec![b'x'; 6_000_000], vec![b'x'; 6_000_000]),
        ("index.nothing", vec![], vec![]),
        ("index.number", vec![], "1.5".into()),
        ("deep/near.handler", "x".into(), "deep x".into()),
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
    let value = bench.said(&Arc::new(handler("index.value")), "").await;
    assert_eq!(value, json!({"b": [1, null, true], "a": "ä/"}));
    let mut spec = handler("index.globals");
    spec.environment
        .insert("STAGE".to_owned(), "test".to_owned());
    let answer = bench.call(&Arc::new(spec), "").await.unwrap();
    let text = String::from_utf8_lossy(&answer.payload);
    assert!(text.starts_with("at load near testtest /"), "{text}");
}

#[tokio::test]
async fn code_is_told_what_the_vendor_tells() {
    let bench = Bench::new();
    let mut spec = handler("index.told");
    spec.initializer = hook("index.initialize");
    let said = bench.said(&Arc::new(spec), "").await;
    assert_eq!(
        said,
        json!({
            "requestId": "id",
            "credentials": {"accessKeyId": "AKID", "accessKeySecret": "SECRET", "securityToken": "TOKEN"},
            "function": {
                "name": "named", "handler": "index.told", "memory": 512, "timeout": 20,
                "initializer": "index.initialize", "initializationTimeout": 10,
            },
            "service": {"name": "", "logProject": "project", "logStore": "store", "qualifier": "prod", "versionId": "7"},
            "region": "cn-hangzhou",
            "accountId": "1234",
            "retryCount": 2,
            "tracing": {"openTracingSpanContext": "", "jaegerEndpoint": "", "openTracingSpanBaggages": []},
        })
    );
    let told = &bench.said(&traced(&handler("index.told")), "").await["tracing"];
    let expected = json!({"openTracingSpanContext": SPAN, "jaegerEndpoint": JAEGER, "openTracingSpanBaggages": []});
    assert_eq!(told, &expected);
}

#[tokio::test]
async fn an_initializer_runs_once_and_a_stop_is_told() {
    let bench = Bench::new();
    let mut spec = handler("index.counts");
    spec.initializer = hook("index.initialize");
    spec.pre_stop = hook("index.stops");
    let out = bench.share(&mut spec, "OUT");
    let spec = Arc::new(spec);
    for expected in ["1", "2"] {
        let answer = bench.call(&spec, "").await.unwrap();
        assert_eq!(answer.payload, expected);
    }
    assert!(
        bench.log().contains("got ready initialize-"),
        "{}",
        bench.log()
    );
    bench.fleet.retire("named", None).await;
    assert_eq!(std::fs::read_to_string(out).unwrap(), "stopped");

    let mut cold = handler("index.counts");
    cold.initializer = hook("index.refuses");
    cold.revision = "cold".to_owned();
    let (error, document) = bench.failed(&Arc::new(cold), "").await;
    assert_eq!(
        (error, &document["errorType"]),
        (Unhandled, &json!("LogicException"))
    );
}

#[tokio::test]
async fn lines_have_time_request_and_level() {
    let bench = Bench::new();
    let spec = Arc::new(handler("index.logs"));
    let answer = bench.call(&spec, "").await.unwrap();
    assert_eq!(answer.payload, "no input");
    let tail = String::from_utf8_lossy(&answer.ended.log_tail).into_owned();
    for expected in [
        "FC Invoke Start RequestId: id\n",
        " id [INFO] hello world\n",
        " id [CRITICAL] at last\n",
        "printed\n",
        "FC Invoke End RequestId: id",
    ] {
        assert!(tail.contains(expected), "{expected}: {tail}");
    }
    assert!(
        !tail.contains("suppressed") && !tail.contains("too little"),
        "{tail}"
    );
    assert!(bench.log().contains("careful"), "{}", bench.log());
}

#[tokio::test]
async fn what_is_wrong_has_the_vendors_form() {
    let bench = Bench::new();
    let (error, document) = bench.failed(&Arc::new(handler("index.throws")), "").await;
    assert_eq!(error, Unhandled);
    let file = document["stackTrace"]["file"].as_str().unwrap().to_owned();
    assert!(file.ends_with("/index.php"), "{file}");
    let expected = json!({
        "errorMessage": "oops", "errorType": "Exception",
        "stackTrace": {"file": file, "line": 32, "traceString": ""},
    });
    assert_eq!(document, expected);
    assert!(
        bench.log().contains("id [ERROR] Exception: oops in"),
        "{}",
        bench.log()
    );

    for (name, kind, message) in [
        ("index.deeper", "DomainException", "\u{fffd} deep"),
        (
            "index.missing",
            "Error",
            "Call to undefined function nowhere()",
        ),
        (
            "index.invalid",
            "UnexpectedValueException",
            "the result cannot be written as JSON",
        ),
        (
            "index.absent",
            "HandlerNotFound",
            "Handler 'absent' is missing",
        ),
        (
            "nowhere.handler",
            "ImportModuleError",
            "Unable to import module 'nowhere'",
        ),
        ("handler", "InvalidHandleName", "Invalid handler 'handler'"),
        ("syntax.handler", "ParseError", "syntax error"),
    ] {
        let (_, document) = bench.failed(&Arc::new(handler(name)), "").await;
        let said = document["errorMessage"].as_str().unwrap();
        assert_eq!(document["errorType"], kind, "{document}");
        assert!(said.starts_with(message), "{name}: {document}");
        assert!(!document.to_string().contains("bootstrap"), "{document}");
    }
    let (_, document) = bench.failed(&Arc::new(handler("index.deeper")), "").await;
    let trace = document["stackTrace"]["traceString"].as_str().unwrap();
    assert!(trace.ends_with("inner()"), "{trace}");
}

#[tokio::test]
async fn code_that_exits_sleeps_or_eats_ends_its_process_alone() {
    let bench = Bench::new();
    let (_, left) = bench.failed(&Arc::new(handler("index.leaves")), "").await;
    assert!(
        left.to_string().contains("Process exited unexpectedly"),
        "{left}"
    );
    let mut slow = handler("index.sleeps");
    slow.timeout = Duration::from_secs(1);
    let (_, late) = bench.failed(&Arc::new(slow), "").await;
    assert!(
        late.to_string().contains("timed out after 1 seconds"),
        "{late}"
    );
    let mut large = handler("index.eats");
    large.memory_mb = 128;
    let (_, ended) = bench.failed(&Arc::new(large), "").await;
    assert!(
        ended.to_string().contains("Process exited unexpectedly"),
        "{ended}"
    );
    assert!(bench.log().contains("it used "), "{}", bench.log());
    let well = bench.call(&Arc::new(handler("index.echoes")), "x").await;
    assert_eq!(well.unwrap().payload, "x");
}

#[tokio::test]
async fn this_machine_can_run_it() {
    let checked: Result<(), Fault> = Bench::new().fleet.check(Language::Php).await;
    assert!(checked.is_ok(), "{checked:?}");
}
