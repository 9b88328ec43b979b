//! Handlers in Python.

use std::sync::Arc;

use runtime::{Fault, FunctionError, Language, Spec};
use serde_json::{Value as Json, json};

use crate::bench::{Bench, JAEGER, SPAN, hook, spec, traced};

const OLD: Language = Language::Python(3, 10);
const NEW: Language = Language::Python(3, 12);

fn handler(handler: &str) -> Spec {
    spec(OLD, "python", handler)
}

#[tokio::test]
async fn a_result_is_bytes_a_text_or_json() {
    let bench = Bench::new();
    for (name, event, expected) in [
        ("shapes.echo", vec![0, 255, b'\n'], vec![0, 255, b'\n']),
        ("shapes.echo", vec![], vec![]),
        ("shapes.echo", vec![b'x'; 6_000_000], vec![b'x'; 6_000_000]),
        ("shapes.text", vec![], "täglich 日".into()),
        ("shapes.nothing", vec![], "null".into()),
        ("json.handler", vec![], "own".into()),
    ] {
        let answer = bench.call(&Arc::new(handler(name)), event).await.unwrap();
        assert_eq!(answer.error, None, "{name}");
        assert!(answer.payload == expected, "{name}: {:?}", answer.payload);
    }
    let value = bench.said(&Arc::new(handler("shapes.value")), "").await;
    let expected = json!({
        "b": [1, 2.5, null, true], "a": "ä", "at": "2026-11-26T17:00:00", "day": "2026-11-26", "price": 1.5,
        "own": {"own": true}, "initialized": 0,
    });
    assert_eq!(value, expected);
    let said = bench
        .said(&Arc::new(handler("deep/nested/inner.handler")), "")
        .await;
    assert_eq!(said, json!({"near": "hello", "name": "inner"}));
    let said = bench
        .said(&Arc::new(handler("deep.nested.inner.handler")), "")
        .await;
    assert_eq!(said["near"], "hello");
}

/// Handler, type, part of the message, function where it is raised.
const RAISED: &[(&str, &str, &str, &str)] = &[
    ("raises", "ValueError", "something is wrong", "raises"),
    (
        "raises_oddly",
        "Odd",
        "an error that has no text",
        "raises_oddly",
    ),
    (
        "raises_surrogate",
        "ValueError",
        r"\udcff",
        "raises_surrogate",
    ),
    ("interrupts", "KeyboardInterrupt", "", "interrupts"),
    (
        "no_value",
        "TypeError",
        "<class 'type'> is not JSON serializable",
        "",
    ),
    (
        "buffer",
        "TypeError",
        "bytearray(b'x') is not JSON serializable",
        "",
    ),
    (
        "recurs",
        "RecursionError",
        "maximum recursion depth",
        "recurs",
    ),
    (
        "wrong",
        "TypeError",
        "wrong() takes 1 positional argument but 2 were given",
        "",
    ),
    ("large", "ValueError", "the result has 34603008 bytes", ""),
    (
        "later_raises",
        "ValueError",
        "something is wrong later",
        "later_raises",
    ),
];

#[tokio::test]
async fn what_is_raised_is_an_answer_with_its_name_and_place() {
    let bench = Bench::new();
    for &(name, kind, message, place) in RAISED {
        let spec = Arc::new(handler(&format!("shapes.{name}")));
        for _ in 0..2 {
            let answer = bench.call(&spec, "x").await.unwrap();
            assert_eq!(answer.error, Some(FunctionError::Unhandled), "{name}");
            let error: Json = serde_json::from_slice(&answer.payload).unwrap();
            assert_eq!(error["errorType"], kind, "{error}");
            let said = error["errorMessage"].as_str().unwrap();
            // Builtin types print differently in versions.
            let is_so = said.contains(message) || name == "no_value" && said.contains("JSON");
            assert!(is_so, "{name}: {said}");
            let last = error["stackTrace"]
                .as_array()
                .and_then(|trace| trace.last());
            if !place.is_empty() {
                let trace = last.unwrap();
                assert!(
                    trace[0].as_str().unwrap().ends_with("shapes.py\""),
                    "{trace}"
                );
                assert!(trace[1].as_str().unwrap().starts_with("line "), "{trace}");
                assert_eq!(trace[2], format!("in {place}"));
            }
            let tail = String::from_utf8_lossy(&answer.ended.log_tail).into_owned();
            let end = "FC Invoke End RequestId: id, Error: Unhandled function error\n";
            assert!(tail.ends_with(end), "{tail}");
        }
        assert_eq!(bench.fleet.instances("named").len(), 1, "{name}");
    }
    let log = bench.log();
    assert!(log.contains("Z id [ERROR] Traceback"), "{log}");
    assert!(!log.contains("bootstrap.py"), "{log}");
}

#[tokio::test]
async fn a_module_that_was_built_for_another_python_is_said_to_be_there() {
    let (bench, code) = (Bench::new(), tempfile::tempdir().unwrap());
    std::fs::write(code.path().join("index.py"), "import _lib\n").unwrap();
    let file = "python/_lib.cpython-31-x86_64-linux-gnu.so";
    std::fs::create_dir(code.path().join("python")).unwrap();
    std::fs::write(code.path().join(file), "").unwrap();
    let mut built = handler("index.handler");
    built.code = code.path().to_owned();
    let answer = bench.call(&Arc::new(built), vec![]).await.unwrap();
    assert_eq!(answer.error, Some(FunctionError::Unhandled));
    let log = bench.log();
    let said = format!("_lib is in the code, built for Python 3.1 ({file}), and 3.");
    assert!(log.contains(&said), "{log}");
}

/// Handler, type, begin of the message, file and line.
const UNLOADED: &[(&str, &str, &str, (&str, &str))] = &[
    (
        "syntax.handler",
        "UserCodeSyntaxError",
        "Syntax error in module 'syntax'",
        ("syntax.py", "line 2"),
    ),
    (
        "imports.handler",
        "ImportModuleError",
        "Unable to import module 'imports': No module named 'no_such",
        ("imports.py", "line 1"),
    ),
    (
        "imports_deep.handler",
        "ImportModuleError",
        "Unable to import module 'imports_deep'",
        ("imports.py", "line 1"),
    ),
    (
        "fails.handler",
        "UserCodeError",
        "Module initialization error: 'no database'",
        ("fails.py", "line 2"),
    ),
    (
        "nowhere.handler",
        "ImportModuleError",
        "Unable to import module 'nowhere'",
        ("", ""),
    ),
    (
        "shapes.missing",
        "HandlerNotFound",
        "Handler 'missing' is missing on module 'shapes'",
        ("", ""),
    ),
    (
        "constant.word",
        "HandlerNotFound",
        "Handler 'word' of module 'constant' is no function",
        ("", ""),
    ),
    (
        "handler",
        "InvalidHandleName",
        "Invalid handler 'handler'",
        ("", ""),
    ),
];

#[tokio::test]
async fn code_that_cannot_be_loaded_is_explained_with_file_and_line() {
    for &(name, kind, message, place) in UNLOADED {
        let bench = Bench::new();
        let (failed, error) = bench.failed(&Arc::new(handler(name)), "").await;
        assert_eq!(failed, FunctionError::Unhandled);
        assert_eq!(error["errorType"], kind, "{error}");
        assert!(
            error["errorMessage"].as_str().unwrap().starts_with(message),
            "{error}"
        );
        if !place.0.is_empty() {
            let last = error["stackTrace"].as_array().unwrap().last().unwrap();
            assert!(
                last[0]
                    .as_str()
                    .unwrap()
                    .ends_with(&format!("{}\"", place.0)),
                "{error}"
            );
            assert_eq!(last[1], place.1, "{error}");
            assert!(bench.log().contains(place.0), "{}", bench.log());
        }
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
async fn hooks_run_before_the_first_call_and_before_the_end() {
    let bench = Bench::new();
    let mut spec = handler("shapes.value");
    let stopped = bench.share(&mut spec, "STOPPED");
    (spec.initializer, spec.pre_stop) = (hook("shapes.initialize"), hook("shapes.stop"));
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

    let mut bad = handler("shapes.value");
    bad.initializer = hook("shapes.initialize_badly");
    let bench = Bench::new();
    let (_, error) = bench.failed(&Arc::new(bad), "").await;
    assert_eq!(
        (&error["errorType"], &error["errorMessage"]),
        (&json!("OSError"), &json!("no database"))
    );
}

#[tokio::test]
async fn an_initializer_that_takes_too_long_or_leaves_is_the_codes_failure() {
    for (initializer, words, log) in [
        (
            "shapes.initialize_slowly",
            "the initializer timed out after 1 s",
            "",
        ),
        (
            "shapes.initialize_and_leave",
            "the initializer failed: the program ended (exit status: ",
            "I cannot go on",
        ),
    ] {
        let bench = Bench::new();
        let mut spec = handler("shapes.value");
        spec.initializer = hook(initializer);
        spec.initializer.as_mut().unwrap().timeout = std::time::Duration::from_secs(1);
        let answer = bench.call(&Arc::new(spec), "").await.unwrap();
        assert_eq!(answer.error, Some(FunctionError::Unhandled));
        let error: Json = serde_json::from_slice(&answer.payload).unwrap();
        let said = error["errorMessage"].as_str().unwrap();
        assert!(said.starts_with(words), "{said}");
        let tail = String::from_utf8_lossy(&answer.ended.log_tail).into_owned();
        assert!(tail.contains(log), "{tail}");
        assert!(bench.fleet.instances("named").is_empty());
    }
}

#[tokio::test]
async fn code_that_cannot_be_loaded_is_told_what_is_there() {
    for (name, words) in [
        (
            "nowhere.handler",
            "the handler names the file nowhere, which is not in the code; it has ",
        ),
        ("shapes.absent", "shapes.py has "),
    ] {
        let bench = Bench::new();
        let answer = bench.call(&Arc::new(handler(name)), "").await.unwrap();
        let tail = String::from_utf8_lossy(&answer.ended.log_tail).into_owned();
        assert!(tail.contains(words), "{tail}");
        assert!(bench.log().contains(words), "{}", bench.log());
    }
}

#[tokio::test]
async fn a_context_has_the_fields_of_its_runtime() {
    let bench = Bench::new();
    let old = bench
        .said(&Arc::new(handler("shapes.whole_context")), "")
        .await;
    let expected = json!({
        "requestId": "id", "region": "cn-hangzhou", "accountId": "1234", "retryCount": 2, "logger": true,
        "credentials": {"accessKeyId": "AKID", "accessKeySecret": "SECRET", "securityToken": "TOKEN"},
        "function": {"name": "named", "handler": "shapes.whole_context", "memory": 512, "timeout": 20},
        "service": {"name": "", "logProject": "project", "logStore": "store", "qualifier": "prod", "versionId": "7"},
        "tracing": {"openTracingSpanContext": "", "openTracingSpanBaggages": {}, "jaegerEndpoint": ""},
        "context.request_id": "id", "context.requestId": "id", "context.region": "cn-hangzhou", "context.account_id": "1234",
        "context.log_project": null, "context.log_store": null, "context.retry_count": 2,
        "context.credentials": {
            "accessKeyId": "AKID", "access_key_id": "AKID", "accessKeySecret": "SECRET", "access_key_secret": "SECRET",
            "securityToken": "TOKEN", "security_token": "TOKEN",
        },
        "context.function": {
            "name": "named", "handler": "shapes.whole_context", "memory": 512, "timeout": 20, "version_id": "7", "qualifier": "prod",
        },
        "context.service": {
            "name": "", "log_project": "project", "log_store": "store", "qualifier": "prod", "version_id": "7",
        },
    });
    assert_eq!(old, expected);
    let within = traced(&handler("shapes.whole_context"));
    for _ in 0..2 {
        let told = &bench.said(&within, "").await["tracing"];
        let expected = json!({"openTracingSpanContext": SPAN, "openTracingSpanBaggages": {}, "jaegerEndpoint": JAEGER});
        assert_eq!(told, &expected);
    }
    let new = traced(&spec(NEW, "python", "shapes.whole_context"));
    assert_eq!(bench.said(&new, "").await["tracing"], Json::Null);
    let new = Arc::new(spec(NEW, "python", "shapes.whole_context"));
    let new = bench.said(&new, "").await;
    for gone in [
        "context.credentials",
        "context.service",
        "context.requestId",
        "context.retry_count",
    ] {
        assert_eq!(new[gone], Json::Null, "{gone}");
    }
    assert_eq!(
        (&new["context.log_project"], &new["context.log_store"]),
        (&json!("project"), &json!("store"))
    );
    assert_eq!(new["context.function"], expected["context.function"]);
    assert_eq!(
        (&new["logger"], &new["context.request_id"]),
        (&json!(true), &json!("id"))
    );
}

#[tokio::test]
async fn code_finds_its_place_and_no_input() {
    let bench = Bench::new();
    let mut spec = handler("shapes.place");
    spec.environment
        .insert("WORD".to_owned(), "hello".to_owned());
    spec.environment
        .insert("PYTHONPATH".to_owned(), "/code/deep:/opt/own".to_owned());
    let real = spec.code.display().to_string();
    let said = bench.said(&Arc::new(spec), "").await;
    let code = said["cwd"].as_str().unwrap().to_owned();
    assert!(code == "/code" || code == real, "{code}");
    assert_eq!(
        (&said["input"], &said["word"], &said["argument"]),
        (&json!(""), &json!("hello"), &json!([]))
    );
    let path: Vec<_> = said["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|folder| folder.as_str().unwrap())
        .collect();
    assert_eq!(path[..2], [code.clone(), format!("{code}/python")]);
    assert!(
        path[2].ends_with("/opt/python/lib/python3.10/site-packages")
            || path[2].contains("/opt/python/lib/python3."),
        "{path:?}"
    );
    assert!(path[3].ends_with("/opt/python"), "{path:?}");
    assert!(path.contains(&&*format!("{code}/deep")), "{path:?}");
    assert!(
        path.iter().any(|folder| folder.ends_with("/opt/own")),
        "{path:?}"
    );
    assert!(
        !path.iter().any(|folder| folder.ends_with("/bootstrap")),
        "{path:?}"
    );
    // Its children have standard input, output and error, and what `ls` opens.
    assert_eq!(said["child"], "4\n");
    let steals = Arc::new(handler("shapes.steals"));
    for _ in 0..2 {
        assert_eq!(bench.call(&steals, "").await.unwrap().payload, "done");
    }
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
        .filter(|line| line != "to stderr")
        .collect();
    let expected = [
        "FC Invoke Start RequestId: id",
        "printed",
        "TIME id [INFO] of information",
        "TIME id [WARNING] careful",
        "second",
        "TIME id [ERROR] failed",
        "without endFC Invoke End RequestId: id",
    ];
    assert_eq!(lines, expected);
    assert!(bench.log().contains("to stderr"));
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
async fn several_events_are_answered_side_by_side() {
    let bench = Bench::new();
    let mut spec = handler("shapes.together");
    spec.concurrency = 4;
    let spec = Arc::new(spec);
    // One that is there, so that all come to it.
    let warm = bench.call(&spec, "warm");
    let calls = futures_util::future::join4(
        warm,
        bench.call(&spec, "one"),
        bench.call(&spec, "two"),
        bench.call(&spec, "exit"),
    );
    let (warm, one, two, exit) = calls.await;
    for (answer, event) in [(warm, "warm"), (one, "one"), (two, "two")] {
        let answer = answer.unwrap();
        let said: Json = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(
            (&said["event"], &said["at work"]),
            (&json!(event), &json!(4))
        );
    }
    let exit = exit.unwrap();
    let said: Json = serde_json::from_slice(&exit.payload).unwrap();
    assert_eq!(
        said["errorType"], "SystemExit",
        "it ends the call and not its neighbours"
    );
    assert_eq!(bench.fleet.instances("named").len(), 1);
}

#[tokio::test]
async fn an_async_handler_is_run_in_one_loop() {
    let bench = Bench::new();
    let spec = Arc::new(handler("shapes.later"));
    for _ in 0..2 {
        let said = bench.said(&spec, "x").await;
        assert_eq!(said, json!({"later": "x", "same": true}));
    }
}
