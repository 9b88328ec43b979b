//! Flows where things go wrong between two of them: kills, retries, deletions, and two who tell one execution at once.

use std::time::Duration;

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::client::{Cloud, settings};
use crate::crash::spawn;
use crate::flow::{PASS, fnf, make_flow, make_function, output, types, until};
use crate::mns::topic::{Receiver, SILENCE};

const PARENT: &str = "
version: v1
type: flow
steps:
- {type: task, name: sub, resourceArn: 'acs:fnf:::flow/child', pattern: sync}
- {type: task, name: more, resourceArn: 'acs:fnf:::flow/child', pattern: sync}
";

/// Why an execution failed.
async fn failure(cloud: &Cloud, flow: &str, name: &str) -> String {
    cloud.until(flow, name, "Failed").await;
    let history = cloud.history(flow, name).await;
    let last = history.last().unwrap()["EventDetail"].as_str().unwrap();
    let last: Json = serde_json::from_str(last).unwrap();
    last["error"].as_str().unwrap().to_owned()
}

/// Waits until something is so.
async fn eventually<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    let wait = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_child_reports_survives_a_kill_at_any_instant() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = spawn(folder.path());
    make_flow(address, "child", PASS, "Standard").await;
    make_flow(address, "parent", PARENT, "Standard").await;
    let mut kept = Vec::new();
    let (mut at, rounds) = (address, 6);
    for round in 0..rounds {
        let starts = (0..25).map(|n| {
            tokio::spawn(async move {
                let name = format!("e{round}-{n}");
                let params = [("FlowName", "parent"), ("ExecutionName", name.as_str())];
                assert_eq!(fnf(at, "StartExecution", &params).await.status, 200);
                name
            })
        });
        let starts: Vec<_> = starts.collect();
        for start in starts {
            kept.push(start.await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(7 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        if round + 1 < rounds {
            (child, at) = spawn(folder.path());
        }
    }
    let cloud = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    for name in &kept {
        until(cloud.address(), "parent", name, "Succeeded").await;
    }
    // Each of the two steps began one child, however often its call was made.
    let (mut children, mut token) = (0, String::new());
    loop {
        let params = [
            ("FlowName", "child"),
            ("MetadataOnly", "true"),
            ("Limit", "100"),
            ("NextToken", &token),
        ];
        let page = fnf(cloud.address(), "ListExecutions", &params).await.json();
        children += page["Executions"].as_array().unwrap().len();
        page["NextToken"].as_str().unwrap().clone_into(&mut token);
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(children, 2 * kept.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_again_after_a_kill_bears_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(SILENCE).await;
    let definition = format!(
        "
version: v1
type: flow
steps:
- type: task
  name: ask
  action: HTTP:Request
  serviceParams: {{Url: 'http://{}/ask', Method: POST, Body: $}}
  retry: [{{errors: [HTTP.500], intervalSeconds: 1, maxAttempts: 1}}]
",
        receiver.address
    );
    let (mut child, address) = spawn(folder.path());
    make_flow(address, "asks", &definition, "Standard").await;
    let params = [("FlowName", "asks"), ("ExecutionName", "one")];
    assert_eq!(fnf(address, "StartExecution", &params).await.status, 200);
    receiver.wait_for(1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    receiver.answers(500);
    let cloud = Cloud {
        running: LocalCloud::start(settings(folder.path().to_owned(), 0))
            .await
            .unwrap(),
        folder,
    };
    assert_eq!(failure(&cloud, "asks", "one").await, "HTTP.500");
    let sent = receiver.wait_for(3).await;
    let keys: Vec<&str> = sent
        .iter()
        .map(|request| request.header("idempotency-key").unwrap())
        .collect();
    assert_eq!(keys[0], keys[1]);
    // Another try is another call.
    assert_ne!(keys[1], keys[2]);
    // The history tells them.
    let history = cloud.history("asks", "one").await;
    let started = history
        .iter()
        .filter(|event| event["Type"] == "TaskStarted");
    let told: Vec<String> = started
        .map(|event| {
            let detail: Json =
                serde_json::from_str(event["EventDetail"].as_str().unwrap()).unwrap();
            format!("\"{}\"", detail["requestId"].as_str().unwrap())
        })
        .collect();
    assert_eq!(told, keys[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_try_of_a_step_begins_a_child_of_its_own() {
    let cloud = Cloud::start().await;
    let child =
        "{version: v1, type: flow, steps: [{type: fail, name: no, error: Mine, cause: never}]}";
    let parent = PARENT.replace(
        "sync}\n",
        "sync, retry: [{errors: [Mine], intervalSeconds: 1, maxAttempts: 2}]}\n",
    );
    cloud.flow("child", child).await;
    cloud.flow("parent", &parent).await;
    cloud.flow("other", &parent).await;
    // Two flows whose executions and steps are called the same do not meet in the child's names either.
    cloud.run("parent", "p", &json!({})).await;
    cloud.run("other", "p", &json!({})).await;
    assert_eq!(failure(&cloud, "parent", "p").await, "Mine");
    assert_eq!(failure(&cloud, "other", "p").await, "Mine");
    let listed = cloud.fnf("ListExecutions", &[("FlowName", "child")]).await;
    assert_eq!(listed["Executions"].as_array().unwrap().len(), 6);
    // Begun again by hand, the step begins another one too.
    let named = [("FlowName", "parent"), ("ExecutionName", "p")];
    cloud.fnf("RedriveExecution", &named).await;
    assert_eq!(failure(&cloud, "parent", "p").await, "Mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_whose_name_was_used_before_begins_children_of_its_own() {
    let cloud = Cloud::start().await;
    cloud.flow("child", PASS).await;
    for life in 1..=2 {
        cloud.flow("parent", PARENT).await;
        cloud.run("parent", "p", &json!({})).await;
        cloud.until("parent", "p", "Succeeded").await;
        let listed = cloud.fnf("ListExecutions", &[("FlowName", "child")]).await;
        assert_eq!(listed["Executions"].as_array().unwrap().len(), 2 * life);
        cloud.fnf("DeleteFlow", &[("Name", "parent")]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_of_steps_with_odd_names_are_reported_to() {
    let cloud = Cloud::start().await;
    make_function(cloud.address(), "f").await;
    let child = "
version: v1
type: flow
steps:
- {type: task, name: ask, resourceArn: 'acs:fc:::functions/f', pattern: waitForCallback, inputMappings: [{target: token, source: $context.task.token}]}
";
    let parent = PARENT.replace("name: sub", "name: 'a#b c/ü'");
    cloud.flow("child", child).await;
    cloud
        .flow(
            "parent",
            &parent.replace(
                "- {type: task, name: more, resourceArn: 'acs:fnf:::flow/child', pattern: sync}\n",
                "",
            ),
        )
        .await;
    cloud.run("parent", "p", &json!({})).await;
    let listing = [("FlowName", "child"), ("MetadataOnly", "true")];
    eventually(|| async {
        let listed = cloud.fnf("ListExecutions", &listing).await;
        listed["Executions"][0]["Name"].is_string()
    })
    .await;
    let listed = cloud.fnf("ListExecutions", &listing).await;
    let name = listed["Executions"][0]["Name"].as_str().unwrap();
    eventually(|| async { types(&cloud.history("child", name).await).contains(&"TaskSubmitted") })
        .await;
    let history = cloud.history("child", name).await;
    let entered: Json = serde_json::from_str(history[1]["EventDetail"].as_str().unwrap()).unwrap();
    let token = entered["input"]["token"].as_str().unwrap();
    let report = [("TaskToken", token), ("Output", "{\"yes\": 1}")];
    cloud.fnf("ReportTaskSucceeded", &report).await;
    let ended = cloud.until("parent", "p", "Succeeded").await;
    assert_eq!(output(&ended), json!({"yes": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_execution_is_told_when_it_is_deleted() {
    let cloud = Cloud::start().await;
    let slow = "{version: v1, type: flow, steps: [{type: wait, name: w, duration: 100}]}";
    cloud.flow("child", slow).await;
    cloud.flow("parent", PARENT).await;
    cloud.run("parent", "p", &json!({})).await;
    make_flow(cloud.address(), "quick", slow, "Express").await;
    let address = cloud.address();
    let waiting =
        tokio::spawn(
            async move { fnf(address, "StartSyncExecution", &[("FlowName", "quick")]).await },
        );
    for flow in ["child", "quick"] {
        eventually(|| async {
            let listed = cloud.fnf("ListExecutions", &[("FlowName", flow)]).await;
            listed["Executions"][0]["Name"].is_string()
        })
        .await;
        cloud.fnf("DeleteFlow", &[("Name", flow)]).await;
    }
    assert_eq!(
        failure(&cloud, "parent", "p").await,
        "fnf.ExecutionNotExists"
    );
    let answer = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert_eq!(answer.unwrap().unwrap().status, 404);
    // A step that comes later finds that the flow is gone.
    cloud.run("parent", "q", &json!({})).await;
    assert_eq!(failure(&cloud, "parent", "q").await, "fnf.FlowNotExists");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_is_stopped_and_begun_again_at_once_has_one_history() {
    let cloud = Cloud::start().await;
    let slow = "{version: v1, type: flow, steps: [{type: wait, name: w, duration: 100}]}";
    cloud.flow("f", slow).await;
    cloud.run("f", "a", &json!({})).await;
    let address = cloud.address();
    let tellers = (0..8).map(|n| {
        tokio::spawn(async move {
            let action = ["StopExecution", "RedriveExecution"][n % 2];
            for _ in 0..40 {
                let params = [("FlowName", "f"), ("ExecutionName", "a")];
                let answer = fnf(address, action, &params).await;
                assert!([200, 400].contains(&answer.status), "{answer:?}");
            }
        })
    });
    let tellers: Vec<_> = tellers.collect();
    for teller in tellers {
        teller.await.unwrap();
    }
    let history = cloud.history("f", "a").await;
    let changes: Vec<&str> = types(&history)
        .into_iter()
        .filter(|kind| ["ExecutionStopped", "ExecutionRedriven"].contains(kind))
        .collect();
    assert!(changes.len() > 2, "{changes:?}");
    for (number, event) in history.iter().enumerate() {
        assert_eq!(event["EventId"], number + 1);
    }
    for pair in changes.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_flow_waits_for_replies_only_and_not_for_long() {
    let cloud = Cloud::start().await;
    let definition = |state: &str| {
        format!(
            "{{Type: StateMachine, Name: quick, SpecVersion: v1, StartAt: A, States: [{{Name: A, End: true, {state}}}]}}"
        )
    };
    let long = definition("Type: Wait, Seconds: 21");
    let asking = definition(
        "Type: Task, Action: 'FC:InvokeFunction', TaskMode: WaitForCustomCallback, Parameters: {resourceArn: 'acs:fc:::functions/f'}",
    );
    let params = |definition: &str, mode: &str| {
        [
            ("Name", "quick".to_owned()),
            ("Definition", definition.to_owned()),
            ("Type", "FDL".to_owned()),
            ("ExecutionMode", mode.to_owned()),
        ]
    };
    for unfit in [&long, &asking] {
        let params = params(unfit, "Express");
        let params = params
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let refused = cloud.refused("CreateFlow", &params).await;
        assert_eq!(refused, (400, "InvalidArgument".to_owned()));
    }
    make_flow(
        cloud.address(),
        "quick",
        &definition("Type: Wait, Seconds: 20"),
        "Express",
    )
    .await;
    let update = [("Name", "quick"), ("Definition", asking.as_str())];
    assert_eq!(cloud.refused("UpdateFlow", &update).await.0, 400);
    cloud.fnf("DeleteFlow", &[("Name", "quick")]).await;
    make_flow(cloud.address(), "quick", &asking, "Standard").await;
}
