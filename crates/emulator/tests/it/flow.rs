//! Flows through the API: made, run, waited for, reported to, killed and gone on with.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::client::{Answer, Cloud, SECRET, exchange, request, settings};
use crate::crash::spawn;
use crate::function::{archive, fc};

/// Says what it was given; `bad` makes it fail, with an error that has a name of its own.
const CODE: &str = "
import json
class SoldOut(Exception):
    pass
def handler(event, context):
    given = json.loads(event)
    if given.get('bad'):
        raise SoldOut('nothing left')
    return {'got': given, 'id': context.request_id}
";

/// A signed call of an action.
pub(crate) async fn fnf(address: SocketAddr, action: &str, params: &[(&str, &str)]) -> Answer {
    let action = ("2019-03-15", action);
    rpc(address, action, params).await.unwrap()
}

/// A signed call of an action of an API in the RPC style, by its version, of a cloud that may be gone.
pub(crate) async fn rpc(
    address: SocketAddr,
    (version, action): (&str, &str),
    params: &[(&str, &str)],
) -> std::io::Result<Answer> {
    let own = [
        ("Action", action),
        ("Version", version),
        ("Format", "JSON"),
        ("AccessKeyId", "AKID"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
    ];
    let mut all: Vec<(String, String)> = own
        .iter()
        .chain(params)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let now = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    all.push(("Timestamp".to_owned(), now));
    all.push((
        "SignatureNonce".to_owned(),
        format!("{:?}{action}", SystemTime::now()),
    ));
    let signature = wire::rpc::sign("POST", &all, SECRET);
    all.push(("Signature".to_owned(), signature));
    let form: Vec<String> = all
        .iter()
        .map(|(name, value)| {
            format!(
                "{}={}",
                wire::escape::strict(name),
                wire::escape::strict(value)
            )
        })
        .collect();
    let headers = [
        ("host", "127.0.0.1"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let headers: Vec<(String, String)> = headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    exchange(
        address,
        &request("POST", "/", &headers, form.join("&").as_bytes()),
    )
    .await
}

impl Cloud {
    pub(crate) async fn fnf(&self, action: &str, params: &[(&str, &str)]) -> Json {
        let answer = fnf(self.address(), action, params).await;
        assert_eq!(answer.status, 200, "{action}: {answer:?}");
        answer.json()
    }

    pub(crate) async fn refused(&self, action: &str, params: &[(&str, &str)]) -> (u16, String) {
        let answer = fnf(self.address(), action, params).await;
        (
            answer.status,
            answer.json()["Code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    }

    pub(crate) async fn flow(&self, name: &str, definition: &str) {
        make_flow(self.address(), name, definition, "Standard").await;
    }

    pub(crate) async fn run(&self, flow: &str, name: &str, input: &Json) {
        let input = input.to_string();
        self.fnf(
            "StartExecution",
            &[
                ("FlowName", flow),
                ("ExecutionName", name),
                ("Input", &input),
            ],
        )
        .await;
    }

    /// An execution once it has the status.
    pub(crate) async fn until(&self, flow: &str, name: &str, status: &str) -> Json {
        until(self.address(), flow, name, status).await
    }

    pub(crate) async fn history(&self, flow: &str, name: &str) -> Vec<Json> {
        let mut all = Vec::new();
        let mut token = String::new();
        loop {
            let params = [
                ("FlowName", flow),
                ("ExecutionName", name),
                ("Limit", "7"),
                ("NextToken", &token),
            ];
            let page = self.fnf("GetExecutionHistory", &params).await;
            all.extend(page["Events"].as_array().unwrap().iter().cloned());
            page["NextToken"].as_str().unwrap().clone_into(&mut token);
            if token.is_empty() {
                return all;
            }
        }
    }
}

pub(crate) async fn make_flow(address: SocketAddr, name: &str, definition: &str, mode: &str) {
    let params = [
        ("Name", name),
        ("Definition", definition),
        ("Type", "FDL"),
        ("Description", "a test"),
        ("ExecutionMode", mode),
    ];
    let answer = fnf(address, "CreateFlow", &params).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

pub(crate) async fn until(address: SocketAddr, flow: &str, name: &str, status: &str) -> Json {
    let wait = async {
        loop {
            let params = [
                ("FlowName", flow),
                ("ExecutionName", name),
                ("WaitTimeSeconds", "1"),
            ];
            let answer = fnf(address, "DescribeExecution", &params).await;
            let shown = answer.json();
            if shown["Status"] == status {
                return shown;
            }
            assert_eq!(shown["Status"], "Running", "{answer:?}");
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wait)
        .await
        .unwrap()
}

pub(crate) async fn make_function(address: SocketAddr, name: &str) {
    let function = json!({
        "functionName": name, "runtime": "python3.10", "handler": "index.handler", "timeout": 20, "instanceConcurrency": 10,
        "code": { "zipFile": archive("index.py", CODE) },
    });
    let made = fc(
        address,
        ("POST", "functions"),
        &[],
        function.to_string().as_bytes(),
    )
    .await;
    assert_eq!(made.status, 200, "{made:?}");
}

pub(crate) fn output(execution: &Json) -> Json {
    serde_json::from_str(execution["Output"].as_str().unwrap()).unwrap()
}

pub(crate) fn types(history: &[Json]) -> Vec<&str> {
    history
        .iter()
        .map(|event| event["Type"].as_str().unwrap())
        .collect()
}

pub(crate) const PASS: &str = "{version: v1, type: flow, steps: [{type: pass, name: p}]}";

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_lives_from_its_creation_to_its_deletion() {
    let cloud = Cloud::start().await;
    cloud.flow("f", PASS).await;
    assert_eq!(
        cloud
            .refused(
                "CreateFlow",
                &[("Name", "f"), ("Definition", PASS), ("Type", "FDL")]
            )
            .await,
        (409, "FlowAlreadyExists".to_owned())
    );
    let shown = cloud.fnf("DescribeFlow", &[("Name", "f")]).await;
    assert_eq!(
        (&shown["Definition"], &shown["ExecutionMode"]),
        (&json!(PASS), &json!("Standard"))
    );
    let other = PASS.replace("name: p", "name: q");
    let changed = cloud
        .fnf("UpdateFlow", &[("Name", "f"), ("Definition", &other)])
        .await;
    assert_eq!(
        (&changed["Definition"], &changed["Description"]),
        (&json!(other), &json!("a test"))
    );
    assert_eq!(changed["Id"], shown["Id"]);
    cloud.flow("g", PASS).await;
    let page = cloud.fnf("ListFlows", &[("Limit", "1")]).await;
    assert_eq!(
        (&page["Flows"][0]["Name"], &page["NextToken"]),
        (&json!("f"), &json!("f"))
    );
    let page = cloud
        .fnf("ListFlows", &[("Limit", "1"), ("NextToken", "f")])
        .await;
    assert_eq!(
        (&page["Flows"][0]["Name"], &page["NextToken"]),
        (&json!("g"), &json!(""))
    );
    cloud.fnf("DeleteFlow", &[("Name", "f")]).await;
    for action in ["DescribeFlow", "DeleteFlow"] {
        assert_eq!(
            cloud.refused(action, &[("Name", "f")]).await,
            (404, "FlowNotExists".to_owned())
        );
    }
    let wrong = "{version: v1, type: flow, steps: [{type: pas, name: p}]}";
    let refused = cloud
        .refused(
            "CreateFlow",
            &[("Name", "h"), ("Definition", wrong), ("Type", "FDL")],
        )
        .await;
    assert_eq!(refused, (400, "InvalidArgument".to_owned()));
    assert_eq!(cloud.refused("Dance", &[]).await.0, 404);
}

/// Asks, then buys twice in vain, and is sorry.
const BUY: &str = "
version: v1
type: flow
steps:
- {type: task, name: ask, resourceArn: 'acs:fc:::functions/f', inputMappings: [{target: x, source: $input.x}], outputMappings: [{target: said, source: $local.got.x}, {target: id, source: $local.id}]}
- type: task
  name: buy
  resourceArn: acs:fc:::functions/f
  inputMappings: [{target: bad, source: true}]
  retry: [{errors: [SoldOut], intervalSeconds: 3600, maxAttempts: 1}]
  catch: [{errors: [SoldOut], goto: sorry}]
  errorMappings: [{target: why, source: $local.error}]
- {type: succeed, name: done}
- {type: pass, name: sorry, outputMappings: [{target: sorry, source: true}]}
";

/// What happens in an execution of it.
const BOUGHT: [&str; 18] = [
    "ExecutionStarted",
    "StepEntered",
    "TaskScheduled",
    "TaskStarted",
    "TaskSucceeded",
    "StepExited",
    "StepEntered",
    "TaskScheduled",
    "TaskStarted",
    "TaskFailed",
    "TaskScheduled",
    "TaskStarted",
    "TaskFailed",
    "StepFailed",
    "StepExited",
    "StepEntered",
    "StepExited",
    "ExecutionSucceeded",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_calls_functions_and_its_history_tells_it() {
    let cloud = Cloud::start().await;
    make_function(cloud.address(), "f").await;
    cloud.flow("buy", BUY).await;
    cloud.run("buy", "one", &json!({"x": 5})).await;
    // While it goes on, another start is told of it; after its end the name is taken.
    let again = [
        ("FlowName", "buy"),
        ("ExecutionName", "one"),
        ("Input", "{}"),
    ];
    let told = cloud.fnf("StartExecution", &again).await;
    assert_eq!(
        (&told["Status"], &told["Input"]),
        (&json!("Running"), &json!("{\"x\":5}"))
    );
    // The second try is an hour away.
    let pausing = async {
        while !types(&cloud.history("buy", "one").await).contains(&"TaskFailed") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), pausing)
        .await
        .unwrap();
    cloud
        .admin("POST", "clock", br#"{"advance_ms": 3600000}"#)
        .await;
    let ended = cloud.until("buy", "one", "Succeeded").await;
    assert_eq!(
        cloud.refused("StartExecution", &again).await,
        (409, "ExecutionAlreadyExists".to_owned())
    );
    let history = cloud.history("buy", "one").await;
    let id = output(&ended)["id"].clone();
    assert_eq!(
        output(&ended),
        json!({"said": 5, "why": "SoldOut", "sorry": true, "id": id})
    );
    assert_eq!(types(&history), BOUGHT);
    assert_eq!(history[8]["StepName"], "buy");
    assert_eq!(history[8]["ScheduleEventId"], 8);
    let started: Json = serde_json::from_str(history[3]["EventDetail"].as_str().unwrap()).unwrap();
    assert_eq!(started["requestId"], id);
    let listed = cloud.fnf("ListExecutions", &[("FlowName", "buy")]).await;
    assert_eq!(listed["Executions"][0]["Status"], "Succeeded");
}

/// The events of an execution of `child` once its call was made. It may not have begun yet.
async fn submitted(cloud: &Cloud, name: &str) -> Vec<Json> {
    let wait = async {
        loop {
            let params = [("FlowName", "child"), ("ExecutionName", name)];
            let answer = fnf(cloud.address(), "GetExecutionHistory", &params)
                .await
                .json();
            let events = answer["Events"].as_array().cloned().unwrap_or_default();
            if types(&events).contains(&"TaskSubmitted") {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_children_and_time_outs() {
    let cloud = Cloud::start().await;
    make_function(cloud.address(), "f").await;
    let child = "
version: v1
type: flow
steps:
- type: task
  name: ask
  resourceArn: acs:fc:::functions/f
  pattern: waitForCallback
  timeoutSeconds: 864000
  inputMappings: [{target: token, source: $context.task.token}]
";
    let parent = "
version: v1
type: flow
steps:
- {type: task, name: sub, resourceArn: 'acs:fnf:::flow/child', pattern: sync, serviceParams: {Input: $, ExecutionName: $.name}}
";
    cloud.flow("child", child).await;
    cloud.flow("parent", parent).await;
    cloud.run("parent", "p", &json!({"name": "c"})).await;
    let events = submitted(&cloud, "c").await;
    let entered: Json = serde_json::from_str(events[1]["EventDetail"].as_str().unwrap()).unwrap();
    let token = entered["input"]["token"].as_str().unwrap().to_owned();
    let wrong = cloud
        .refused(
            "ReportTaskSucceeded",
            &[("TaskToken", "bm8="), ("Output", "{}")],
        )
        .await;
    assert_eq!(wrong.0, 400);
    cloud
        .fnf(
            "ReportTaskSucceeded",
            &[("TaskToken", &token), ("Output", "{\"yes\": 1}")],
        )
        .await;
    assert_eq!(
        output(&cloud.until("parent", "p", "Succeeded").await),
        json!({"yes": 1})
    );
    let late = cloud
        .refused(
            "ReportTaskFailed",
            &[("TaskToken", &token), ("Error", "Late")],
        )
        .await;
    assert_eq!(late, (400, "TaskAlreadyCompleted".to_owned()));

    // Ten days without an answer.
    cloud.run("parent", "q", &json!({"name": "d"})).await;
    submitted(&cloud, "d").await;
    cloud
        .admin("POST", "clock", br#"{"advance_ms": 864000000}"#)
        .await;
    cloud.until("child", "d", "Failed").await;
    cloud.until("parent", "q", "Failed").await;
    let history = cloud.history("parent", "q").await;
    let last: Json =
        serde_json::from_str(history.last().unwrap()["EventDetail"].as_str().unwrap()).unwrap();
    assert_eq!(last["error"], "FnF.TaskTimeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_keep_the_version_that_they_began_with() {
    let cloud = Cloud::start().await;
    let saying = |what: &str| {
        format!(
            "{{version: v1, type: flow, steps: [{{type: wait, name: w, duration: 60}}, {{type: pass, name: p, outputMappings: [{{target: v, source: {what}}}]}}]}}"
        )
    };
    cloud.flow("f", &saying("one")).await;
    cloud.run("f", "a", &json!({})).await;
    let published = cloud
        .fnf(
            "PublishFlowVersion",
            &[("FlowName", "f"), ("Description", "d")],
        )
        .await;
    assert_eq!(published["Version"], "1");
    cloud
        .fnf(
            "UpdateFlow",
            &[("Name", "f"), ("Definition", &saying("two"))],
        )
        .await;
    let routes = r#"[{"Version": "1", "Weight": 100}]"#;
    cloud
        .fnf(
            "CreateFlowAlias",
            &[
                ("FlowName", "f"),
                ("Name", "live"),
                ("RoutingConfigurations", routes),
            ],
        )
        .await;
    let used = cloud
        .refused(
            "DeleteFlowVersion",
            &[("FlowName", "f"), ("FlowVersion", "1")],
        )
        .await;
    assert_eq!(used, (400, "FlowVersionInUse".to_owned()));
    cloud.run("f", "b", &json!({})).await;
    cloud
        .fnf(
            "StartExecution",
            &[
                ("FlowName", "f"),
                ("ExecutionName", "c"),
                ("Qualifier", "live"),
            ],
        )
        .await;
    cloud
        .admin("POST", "clock", br#"{"advance_ms": 130000}"#)
        .await;
    for (name, says) in [("a", "one"), ("b", "two"), ("c", "one")] {
        assert_eq!(
            output(&cloud.until("f", name, "Succeeded").await),
            json!({"v": says}),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_begin_executions() {
    let cloud = Cloud::start().await;
    cloud.flow("f", PASS).await;
    let schedule = [
        ("FlowName", "f"),
        ("ScheduleName", "s"),
        ("CronExpression", "@every 1m"),
        ("Payload", "{\"x\": 1}"),
        ("Enable", "true"),
    ];
    cloud.fnf("CreateSchedule", &schedule).await;
    assert_eq!(
        cloud.fnf("DescribeSchedule", &schedule[..2]).await["Payload"],
        "{\"x\": 1}"
    );
    cloud
        .admin("POST", "clock", br#"{"advance_ms": 130000}"#)
        .await;
    let scheduled = async {
        loop {
            let listed = cloud
                .fnf(
                    "ListExecutions",
                    &[("FlowName", "f"), ("ExecutionNamePrefix", "s-")],
                )
                .await;
            let count = listed["Executions"].as_array().unwrap().len();
            if count == 2 {
                return listed;
            }
            assert!(count < 2, "{listed}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let listed = tokio::time::timeout(Duration::from_secs(20), scheduled)
        .await
        .unwrap();
    assert_eq!(listed["Executions"][0]["Input"], "{\"x\":1}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_flow_answers_at_once() {
    let cloud = Cloud::start().await;
    let definition = "
Type: StateMachine
Name: quick
SpecVersion: v1
StartAt: A
States:
- {Type: Pass, Name: A, OutputConstructor: {y.$: 'intAdd($Input.x, 1)'}, End: true}
";
    make_flow(cloud.address(), "quick", definition, "Express").await;
    let params = [
        ("FlowName", "quick"),
        ("ExecutionName", "e"),
        ("Input", "{\"x\": 1}"),
    ];
    for _ in 0..2 {
        let ran = cloud.fnf("StartSyncExecution", &params).await;
        assert_eq!(
            (&ran["Status"], output(&ran)),
            (&json!("Succeeded"), json!({"y": 2}))
        );
        assert!(ran["Name"].as_str().unwrap().starts_with("e:"));
    }
    let bad = cloud
        .fnf(
            "StartSyncExecution",
            &[("FlowName", "quick"), ("Input", "{}")],
        )
        .await;
    assert_eq!(
        (&bad["Status"], &bad["ErrorCode"]),
        (&json!("Failed"), &json!("FnF.RuntimeError"))
    );
    cloud.flow("slow", PASS).await;
    let refused = cloud
        .refused("StartSyncExecution", &[("FlowName", "slow")])
        .await;
    assert_eq!(refused, (400, "InvalidExecutionMode".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stopped_begins_again_when_asked() {
    let cloud = Cloud::start().await;
    cloud.flow("f", "{version: v1, type: flow, steps: [{type: wait, name: w, duration: 60}, {type: pass, name: p}]}").await;
    cloud.run("f", "a", &json!({})).await;
    let stop = [
        ("FlowName", "f"),
        ("ExecutionName", "a"),
        ("Error", "Mine"),
        ("Cause", "enough"),
    ];
    cloud.fnf("StopExecution", &stop).await;
    cloud.until("f", "a", "Stopped").await;
    assert_eq!(
        cloud.refused("StopExecution", &stop).await,
        (400, "ExecutionAlreadyTerminated".to_owned())
    );
    cloud
        .admin("POST", "clock", br#"{"advance_ms": 60000}"#)
        .await;
    cloud.fnf("RedriveExecution", &stop[..2]).await;
    cloud.until("f", "a", "Succeeded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_instant_loses_no_execution_and_records_each_result_once() {
    let folder = tempfile::tempdir().unwrap();
    let definition = "
version: v1
type: flow
steps:
- {type: task, name: one, resourceArn: 'acs:fc:::functions/f', outputMappings: [{target: a, source: $local.got.n}]}
- {type: task, name: two, resourceArn: 'acs:fc:::functions/f', outputMappings: [{target: b, source: $local.got.n}]}
- {type: wait, name: w, duration: 1}
- {type: task, name: three, resourceArn: 'acs:fc:::functions/f', outputMappings: [{target: c, source: $local.got.n}]}
";
    let (mut child, address) = spawn(folder.path());
    make_function(address, "f").await;
    make_flow(address, "saga", definition, "Standard").await;
    for n in 0..30 {
        let (name, input) = (format!("e{n}"), json!({"n": n}).to_string());
        let params = [
            ("FlowName", "saga"),
            ("ExecutionName", name.as_str()),
            ("Input", input.as_str()),
        ];
        assert_eq!(fnf(address, "StartExecution", &params).await.status, 200);
        if n % 10 == 9 {
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut child, _) = spawn(folder.path());
    tokio::time::sleep(Duration::from_millis(400)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let cloud = Cloud {
        running: LocalCloud::start(settings(folder.path().to_owned(), 0))
            .await
            .unwrap(),
        folder,
    };
    for n in 0..30 {
        let name = format!("e{n}");
        let ended = cloud.until("saga", &name, "Succeeded").await;
        assert_eq!(output(&ended), json!({"a": n, "b": n, "c": n}));
        let history = cloud.history("saga", &name).await;
        let results = types(&history)
            .into_iter()
            .filter(|kind| *kind == "TaskSucceeded")
            .count();
        assert_eq!(results, 3, "{history:?}");
    }
}
