//! Handlers in Java, compiled against interfaces of the vendor's names.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use runtime::FunctionError::Unhandled;
use runtime::{Language, Spec};
use serde_json::json;

use crate::bench::{Bench, JAEGER, SPAN, hook, spec, traced};

/// Interfaces by the vendor's names, with the methods that the functions here use.
const INTERFACES: &[(&str, &str)] = &[
    (
        "StreamRequestHandler",
        "void handleRequest(java.io.InputStream i, java.io.OutputStream o, Context c) throws java.io.IOException;",
    ),
    (
        "PojoRequestHandler<I, O>",
        "O handleRequest(I input, Context context);",
    ),
    (
        "FunctionInitializer",
        "void initialize(Context context) throws java.io.IOException;",
    ),
    (
        "PreStopHandler",
        "void preStop(Context context) throws java.io.IOException;",
    ),
    (
        "Context",
        "String getRequestId(); Credentials getExecutionCredentials(); FunctionParam getFunctionParam(); FunctionComputeLogger getLogger(); \
         Service getService(); int getRetryCount(); OpenTracing getTracing();",
    ),
    (
        "OpenTracing",
        "String getSpanContext(); java.util.Map<String, String> getSpanBaggages(); String getJaegerEndpoint();",
    ),
    (
        "Credentials",
        "String getAccessKeyId(); String getAccessKeySecret(); String getSecurityToken();",
    ),
    (
        "FunctionParam",
        "String getFunctionName(); String getFunctionHandler(); int getExecTimeLimitInMillis(); int getMemoryLimitInMB();",
    ),
    (
        "FunctionComputeLogger",
        "void info(String text); void error(String text);",
    ),
    ("Service", "String getLogProject(); String getVersionId();"),
];

/// Compiles the functions into a folder of classes; whether the interfaces are in it or in a jar of its `lib`.
fn compiled(bench: &Bench, is_jar: bool) -> PathBuf {
    let folder = bench.folder.path().join("java");
    let (sources, classes, lib) = (
        folder.join("sources"),
        folder.join("classes"),
        folder.join("interfaces"),
    );
    for made in [&sources, &classes.join("lib"), &lib] {
        std::fs::create_dir_all(made).unwrap();
    }
    let mut files = Vec::new();
    for (name, body) in INTERFACES {
        let file = sources.join(format!("{}.java", name.split('<').next().unwrap()));
        let text = format!("package com.aliyun.fc.runtime; public interface {name} {{ {body} }}");
        std::fs::write(&file, text).unwrap();
        files.push(file);
    }
    run(Command::new("javac").arg("-d").arg(&lib).args(&files));
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions/java/example");
    let own = ["Streams", "Orders", "Texts"].map(|name| own.join(format!("{name}.java")));
    let mut javac = Command::new("javac");
    run(javac.arg("-cp").arg(&lib).arg("-d").arg(&classes).args(own));
    if is_jar {
        let jar = classes.join("lib/interfaces.jar");
        run(Command::new("jar")
            .arg("cf")
            .arg(jar)
            .arg("-C")
            .arg(&lib)
            .arg("."));
    } else {
        std::fs::rename(lib.join("com"), classes.join("com")).unwrap();
    }
    classes
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn handler(code: &Path, handler: &str) -> Spec {
    Spec {
        code: code.to_owned(),
        ..spec(Language::Java(11), "java", handler)
    }
}

const STREAMS: &str = "example.Streams::handleRequest";

#[tokio::test]
async fn streams_go_through_as_they_are_and_code_is_told_what_the_vendor_tells() {
    let bench = Bench::new();
    let code = compiled(&bench, true);
    let mut spec = handler(&code, STREAMS);
    spec.environment
        .insert("STAGE".to_owned(), "test".to_owned());
    let spec = Arc::new(spec);
    for event in [vec![0, 255, b'\n'], vec![], vec![b'x'; 6_000_000]] {
        let answer = bench.call(&spec, event.clone()).await.unwrap();
        let text = String::from_utf8_lossy(&answer.payload);
        assert!(answer.payload == event && answer.error.is_none(), "{text}");
    }
    let told = bench.call(&spec, "told").await.unwrap();
    assert_eq!(
        String::from_utf8_lossy(&told.payload),
        format!(
            "id AKID SECRET TOKEN named {STREAMS} 512 20000 project 7 2 test Context truetrue   {{}}"
        )
    );
    let told = bench.call(&traced(&spec), "told").await.unwrap();
    let text = String::from_utf8_lossy(&told.payload).into_owned();
    assert!(text.ends_with(&format!(" {SPAN} {JAEGER} {{}}")), "{text}");
    let logged = bench.call(&spec, "log").await.unwrap();
    let tail = String::from_utf8_lossy(&logged.ended.log_tail).into_owned();
    for expected in [
        "FC Invoke Start RequestId: id\n",
        "plain ä\n",
        "Z id [INFO] hello world\n",
        "Z id [ERROR] bad\n",
        "FC Invoke End RequestId: id",
    ] {
        assert!(tail.contains(expected), "{expected}: {tail}");
    }
    assert_eq!(bench.fleet.instances("named").len(), 1);
}

#[tokio::test]
async fn plain_objects_are_made_of_json_and_become_json() {
    let bench = Bench::new();
    let code = compiled(&bench, false);
    let orders = Arc::new(handler(&code, "example.Orders::handleRequest"));
    let order = json!({
        "customer": "Ann", "items": [{"name": "tea", "price": 1.5}, {"name": "ä", "price": 2, "unknown": {}}], "counts": {"tea": 2},
        "kind": "LARGE", "numbers": [1, 2], "paid": true,
    });
    let bill = bench.said(&orders, order.to_string()).await;
    assert_eq!(
        bill,
        json!({
            "total": 5.0, "kind": "LARGE", "paid": true, "for": "Ann!", "numbers": [1, 2],
            "items": [{"name": "tea", "price": 1.5}, {"name": "ä", "price": 2.0}],
        })
    );
    for (event, message) in [
        ("{\"customer\": ", "the event is no JSON (at character 13)"),
        (
            "{\"kind\": 5}",
            "the event has 5 where the handler has example.Orders$Kind",
        ),
    ] {
        let (_, failed) = bench.failed(&orders, event).await;
        assert_eq!(failed["errorType"], "java.lang.IllegalArgumentException");
        assert_eq!(failed["errorMessage"], message);
    }
    let texts = Arc::new(handler(&code, "example.Texts::handleRequest"));
    for (event, expected) in [
        ("x", "text x"),
        ("", ""),
        ("map", "{\"none\":null,\"quoted\":\"\\\"ä\\n\\u0001\"}"),
    ] {
        let answer = bench.call(&texts, event).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer.payload), expected);
    }
}

#[tokio::test]
async fn an_initializer_runs_once_and_a_stop_is_told() {
    let bench = Bench::new();
    let code = compiled(&bench, true);
    let mut spec = handler(&code, STREAMS);
    spec.initializer = hook("example.Streams::initialize");
    spec.pre_stop = hook("example.Streams::preStop");
    let mut cold = spec.clone();
    let out = bench.share(&mut spec, "OUT");
    let spec = Arc::new(spec);
    for expected in ["1", "2"] {
        let answer = bench.call(&spec, "count").await.unwrap();
        assert_eq!(answer.payload, expected);
    }
    assert!(bench.log().contains("[INFO] got ready"), "{}", bench.log());
    // Another version, which the warm instance does not serve.
    cold.version = "cold".to_owned();
    cold.environment
        .insert("STAGE".to_owned(), "cold".to_owned());
    let (error, document) = bench.failed(&Arc::new(cold), "count").await;
    let kind = &document["errorType"];
    assert_eq!(
        (error, kind),
        (Unhandled, &json!("java.lang.IllegalStateException"))
    );

    bench.fleet.retire("named", None).await;
    assert_eq!(std::fs::read_to_string(out).unwrap(), "stopped");
}

#[tokio::test]
async fn what_is_wrong_has_the_vendors_form() {
    let bench = Bench::new();
    let code = compiled(&bench, true);
    let streams = Arc::new(handler(&code, STREAMS));
    let (error, document) = bench.failed(&streams, "throw").await;
    assert_eq!(error, Unhandled);
    assert_eq!(
        document,
        json!({
            "errorMessage": "oops", "errorType": "java.io.IOException", "errorCause": "oops",
            "stackTrace": ["example.Streams.handleRequest(Streams.java:40)"],
        })
    );
    let log = bench.log();
    assert!(
        log.contains("id [ERROR] java.io.IOException: oops"),
        "{log}"
    );
    assert!(
        !log.contains("Bootstrap.java") && !log.contains("reflect"),
        "{log}"
    );
    let (_, document) = bench.failed(&streams, "cause").await;
    assert_eq!(
        (&document["errorMessage"], &document["errorCause"]),
        (&json!("wide"), &json!("deep"))
    );
}

#[tokio::test]
async fn code_that_cannot_be_loaded_is_explained() {
    let bench = Bench::new();
    let code = compiled(&bench, true);
    for (name, kind, message) in [
        (
            "example.Streams",
            "InvalidHandleName",
            "Invalid handler 'example.Streams'",
        ),
        (
            "example.None::handleRequest",
            "ImportModuleError",
            "Unable to load class 'example.None'",
        ),
        (
            "example.Streams::other",
            "HandlerNotFound",
            "Handler 'example.Streams::other' is missing",
        ),
        (
            "example.Orders$Item::handleRequest",
            "HandlerNotFound",
            "Handler 'example.Orders$Item",
        ),
    ] {
        let (_, document) = bench.failed(&Arc::new(handler(&code, name)), "").await;
        let said = document["errorMessage"].as_str().unwrap();
        assert_eq!(document["errorType"], kind, "{document}");
        assert!(said.starts_with(message), "{document}");
    }
    std::fs::remove_dir_all(code.join("lib")).unwrap();
    let mut bare = handler(&code, STREAMS);
    bare.revision = "bare".to_owned();
    let (_, document) = bench.failed(&Arc::new(bare), "").await;
    assert_eq!(
        document["errorType"], "java.lang.NoClassDefFoundError",
        "{document}"
    );
    assert!(
        document["errorMessage"]
            .as_str()
            .unwrap()
            .contains("fc-java-core"),
        "{document}"
    );
}

#[tokio::test]
async fn calls_go_side_by_side_and_what_exits_or_sleeps_ends_its_process() {
    let bench = Bench::new();
    let code = compiled(&bench, true);
    let mut spec = handler(&code, STREAMS);
    spec.concurrency = 2;
    let spec = Arc::new(spec);
    bench.call(&spec, "warm").await.unwrap();
    let (one, other) = tokio::join!(
        bench.call_as("1", &spec, "meet"),
        bench.call_as("2", &spec, "meet")
    );
    assert_eq!((one.unwrap().error, other.unwrap().error), (None, None));
    assert_eq!(bench.fleet.instances("named").len(), 1);

    let (_, left) = bench
        .failed(&Arc::new(handler(&code, STREAMS)), "exit")
        .await;
    assert!(
        left.to_string().contains("Process exited unexpectedly"),
        "{left}"
    );
    let mut slow = handler(&code, STREAMS);
    slow.timeout = Duration::from_secs(2);
    slow.revision = "slow".to_owned();
    let slow = Arc::new(slow);
    let (_, late) = bench.failed(&slow, "sleep").await;
    assert!(
        late.to_string().contains("timed out after 2 seconds"),
        "{late}"
    );
    let well = bench.call(&slow, "x").await.unwrap();
    assert_eq!(well.payload, "x");
}

#[tokio::test]
async fn what_was_compiled_is_kept_for_the_next_start() {
    let bench = Bench::new();
    bench.fleet.check(Language::Java(8)).await.unwrap();
    let classes = || {
        let all = std::fs::read_dir(bench.folder.path().join("run/bootstrap")).unwrap();
        let folders = all
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir());
        let java = |path: &PathBuf| path.display().to_string().contains("/java-");
        folders.filter(java).collect::<Vec<_>>()
    };
    let before = classes();
    assert_eq!(before.len(), 1);
    let made = || {
        std::fs::metadata(before[0].join("Bootstrap.class"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let first = made();
    bench.again().check(Language::Java(11)).await.unwrap();
    assert_eq!((classes(), made()), (before.clone(), first));
}
