//! Several runs at once against one local cloud: deploys of one project, of several, and a removal under calls.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::function::api;
use crate::support::Sandbox;

/// A project in a folder, with two functions of its name; `stage` is a variable of the first.
fn project(sandbox: &Sandbox, name: &str, stage: usize) {
    let manifest = format!(
        "\
edition: 3.0.0
name: {name}
access: local
resources:
  api:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: {name}-api
      runtime: python3.10
      handler: index.handler
      code: ./code
      timeout: 10
      environmentVariables: {{ STAGE: 's{stage}' }}
      triggers:
        - triggerName: tick
          triggerType: timer
          triggerConfig: {{ cronExpression: '@every 1h', payload: now }}
  worker:
    component: function
    props:
      code: ./code
"
    );
    let code = format!("def handler(event, context):\n    return '{name} {stage}'\n");
    sandbox
        .file(&format!("{name}/s.yaml"), manifest)
        .file(&format!("{name}/code/index.py"), code);
}

fn begin(sandbox: &Sandbox, name: &str, args: &[&str]) -> Child {
    let mut command = sandbox.command(args);
    command.current_dir(sandbox.work().join(name));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// The exit code of a run, and what it said.
fn end(run: Child) -> (i32, String) {
    let ended = run.wait_with_output().unwrap();
    let words = [ended.stdout, ended.stderr].concat();
    let words = String::from_utf8_lossy(&words).into_owned();
    (ended.status.code().unwrap_or(-1), words)
}

/// Demands that a project is deployed as its manifest says, by its state and by what the functions are.
#[track_caller]
fn is_deployed(sandbox: &Sandbox, name: &str, stage: usize) {
    let (code, words) = end(begin(sandbox, name, &["plan", "--detailed-exitcode"]));
    assert_eq!(code, 0, "{words}");
    let known = sandbox.state(Path::new(name), name);
    let records = known["records"].as_object().unwrap();
    let is_whole = |record: &Json| record["status"]["is"] == "ready";
    assert!(
        !records.is_empty() && records.values().all(is_whole),
        "{known}"
    );
    let folder = sandbox
        .work()
        .join(name)
        .join(format!(".sdev/{name}/local"));
    assert!(!folder.join("journal.jsonl").exists());
    for function in ["api", "worker"] {
        let path = format!("/2023-03-30/functions/{name}-{function}/invocations");
        let said = api(sandbox, "POST", &path, &json!({}));
        assert_eq!(said, (200, Json::Null), "{function}");
    }
    let path = format!("/2023-03-30/functions/{name}-api");
    let (_, shown) = api(sandbox, "GET", &path, &Json::Null);
    assert_eq!(shown["environmentVariables"]["STAGE"], format!("s{stage}"));
}

#[test]
fn deploys_of_one_project_at_once_are_done_one_by_one_or_refused() {
    let sandbox = Sandbox::new().with_cloud();
    for stage in 0..3 {
        project(&sandbox, "shop", stage);
        let runs = [(); 3].map(|()| begin(&sandbox, "shop", &["deploy", "-y"]));
        let ended = runs.map(end);
        let count = |wanted: i32| ended.iter().filter(|(code, _)| *code == wanted).count();
        assert!(count(0) >= 1 && count(0) + count(3) == 3, "{ended:#?}");
        let refused = ended.iter().filter(|(code, _)| *code == 3);
        assert!(
            refused.clone().all(|(_, words)| words.contains("SD0501")),
            "{ended:#?}"
        );
        is_deployed(&sandbox, "shop", stage);
    }
}

#[test]
fn deploys_of_several_projects_at_once_are_all_right() {
    let sandbox = Sandbox::new().with_cloud();
    let names = ["one", "two", "three"];
    for stage in 0..2 {
        for name in names {
            project(&sandbox, name, stage);
        }
        let runs = names.map(|name| begin(&sandbox, name, &["deploy", "-y"]));
        for (code, words) in runs.map(end) {
            assert_eq!(code, 0, "{words}");
        }
        for name in names {
            is_deployed(&sandbox, name, stage);
        }
    }
    let runs = names.map(|name| begin(&sandbox, name, &["remove", "-y"]));
    for (code, words) in runs.map(end) {
        assert_eq!(code, 0, "{words}");
    }
    let (_, left) = api(&sandbox, "GET", "/2023-03-30/functions", &Json::Null);
    assert_eq!(left["functions"], json!([]));
}

#[test]
fn a_removal_under_calls_answers_them_all() {
    let sandbox = Sandbox::new().with_cloud();
    project(&sandbox, "shop", 0);
    let (code, words) = end(begin(&sandbox, "shop", &["deploy", "-y"]));
    assert_eq!(code, 0, "{words}");
    let (answers, removed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let call = || {
        let path = "/2023-03-30/functions/shop-api/invocations";
        loop {
            let late = removed.load(Ordering::SeqCst);
            let (status, error) = api(&sandbox, "POST", path, &json!({}));
            if status == 404 {
                assert_eq!(error["Code"], "FunctionNotFound");
                return;
            }
            assert_eq!((status, late), (200, false), "{error}");
            answers.fetch_add(1, Ordering::SeqCst);
        }
    };
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..20).map(|_| scope.spawn(call)).collect();
        let is_over = || callers.iter().all(ScopedJoinHandle::is_finished);
        while answers.load(Ordering::SeqCst) < 40 && !is_over() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let (code, words) = end(begin(&sandbox, "shop", &["remove", "-y"]));
        removed.store(true, Ordering::SeqCst);
        assert_eq!(code, 0, "{words}");
    });
    assert!(answers.into_inner() >= 40);
    project(&sandbox, "shop", 1);
    let (code, words) = end(begin(&sandbox, "shop", &["deploy", "-y"]));
    assert_eq!(code, 0, "{words}");
    is_deployed(&sandbox, "shop", 1);
}
