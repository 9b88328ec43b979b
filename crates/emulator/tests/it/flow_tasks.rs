//! What tasks of the second language send and get, in the shapes of the vendor's pages.

use serde_json::{Value as Json, json};

use crate::client::Cloud;
use crate::flow::{make_function, output};
use crate::mns::topic::Receiver;

/// A machine of one task and what comes after.
fn machine(name: &str, states: &str) -> String {
    format!("Type: StateMachine\nName: {name}\nSpecVersion: v1\nStartAt: A\nStates:\n{states}")
}

/// The output of an execution that succeeds.
async fn ran(cloud: &Cloud, flow: &str, states: &str, input: &Json) -> Json {
    cloud.flow(flow, &machine(flow, states)).await;
    cloud.run(flow, "one", input).await;
    output(&cloud.until(flow, "one", "Succeeded").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_gives_is_under_body() {
    let cloud = Cloud::start().await;
    make_function(cloud.address(), "f").await;
    let states = "
- Type: Task
  Name: A
  Action: FC:InvokeFunction
  TaskMode: RequestComplete
  Parameters:
    invocationType: Sync
    resourceArn: acs:fc:cn-shanghai:1:functions/f/LATEST
    body: {videoUrl.$: $Input.videoUrl}
  OutputConstructor:
    outputUrl.$: $Output.Body.got.videoUrl
  Next: B
- Type: Task
  Name: B
  Action: FC:InvokeFunction
  Parameters:
    invocationType: Sync
    resourceArn: acs:fc:cn-shanghai:1:functions/f/LATEST
    body: {speech.$: $Input.outputUrl}
  End: true
";
    let output = ran(&cloud, "video", states, &json!({"videoUrl": "v"})).await;
    assert_eq!(output["Body"]["got"], json!({"speech": "v"}));
    assert_eq!(output.as_object().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_begun_by_its_resource() {
    let cloud = Cloud::start().await;
    let child = "
- {Type: Pass, Name: A, OutputConstructor: {twice.$: 'format(\"{}{}\", $Input.key, $Input.key)'}, End: true}
";
    cloud
        .flow("test-workflow", &machine("test-workflow", child))
        .await;
    let states = |mode: &str, resource: &str| {
        format!(
            "
- Type: Task
  Name: A
  Action: FNF:StartExecution
  TaskMode: {mode}
  Parameters:
    resourceArn: {resource}
    executionName: the-{mode}
    input: {{key: value1}}
  End: true
"
        )
    };
    let resource = "acs:fnf:cn-hangzhou::flow/test-workflow";
    let begun = states("RequestComplete", resource);
    let begun = ran(&cloud, "begins", &begun, &json!({})).await;
    let request = begun["RequestID"].as_str().unwrap();
    assert_eq!(
        begun,
        json!({"FlowName": "test-workflow", "ExecutionName": "the-RequestComplete", "RequestID": request})
    );
    let child = cloud
        .until("test-workflow", "the-RequestComplete", "Succeeded")
        .await;
    assert_eq!(output(&child), json!({"twice": "value1value1"}));

    let waits = states("WaitForSystemCallback", resource);
    let waits = ran(&cloud, "waits", &waits, &json!({})).await;
    assert_eq!(waits, json!({"twice": "value1value1"}));

    let wrong = states("RequestComplete", "acs:fc:::functions/f");
    cloud.flow("wrong", &machine("wrong", &wrong)).await;
    cloud.run("wrong", "one", &json!({})).await;
    cloud.until("wrong", "one", "Failed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_goes_on_is_the_one_that_is_begun() {
    let cloud = Cloud::start().await;
    let child = machine("child", "- {Type: Wait, Name: A, Seconds: 300, End: true}");
    cloud.flow("child", &child).await;
    cloud.run("child", "same", &json!({"first": 1})).await;
    let task = |mode: &str| {
        format!(
            "- {{Type: Task, Name: A, Action: 'FNF:StartExecution', TaskMode: {mode}, Parameters: {{resourceArn: 'acs:fnf:::flow/child', \
             executionName: same, input: {{}}}}, Catch: [{{Errors: [fnf.ExecutionAlreadyExists], Next: B}}], End: true}}\n\
             - {{Type: Pass, Name: B, OutputConstructor: {{taken: true}}, End: true}}\n"
        )
    };
    let taken = json!({"taken": true});
    let begun = ran(&cloud, "begins", &task("RequestComplete"), &json!({})).await;
    assert_eq!(begun["ExecutionName"], "same");
    // Of its end that one would not tell who waits for it.
    let waits = task("WaitForSystemCallback");
    assert_eq!(ran(&cloud, "waits", &waits, &json!({})).await, taken);
    cloud
        .admin("POST", "clock", br#"{"advance_ms": 300000}"#)
        .await;
    let ended = cloud.until("child", "same", "Succeeded").await;
    assert_eq!(output(&ended), json!({"first": 1}));
    let late = task("RequestComplete");
    assert_eq!(ran(&cloud, "late", &late, &json!({})).await, taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_gets_header_code_and_body_and_bears_its_token() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(202).await;
    let states = |mode: &str| {
        format!(
            "
- Type: Task
  Name: A
  Action: HTTP:Request
  TaskMode: {mode}
  Parameters: {{url: 'http://{}/ask', method: Post, headers: {{key1: value1, Idempotency-Key: mine}}, body: {{age: 18}}}}
  End: true
",
            receiver.address
        )
    };
    let got = ran(&cloud, "asks", &states("RequestComplete"), &json!({})).await;
    assert_eq!((&got["Code"], &got["Body"]), (&json!(202), &json!("")));
    assert_eq!(got["Header"]["Content-Length"], "0");
    let token = "x-fnf-http-callback-task-token";
    let sent = receiver.wait_for(1).await;
    assert_eq!(sent[0].header("key1"), Some("value1"));
    assert_eq!(sent[0].header("idempotency-key"), Some("mine"));
    assert_eq!(sent[0].header(token), None);

    let waits = machine("waits", &states("WaitForCustomCallback"));
    cloud.flow("waits", &waits).await;
    cloud.run("waits", "one", &json!({})).await;
    let sent = receiver.wait_for(2).await;
    let token = sent[1].header(token).unwrap();
    let report = [("TaskToken", token), ("Output", "{\"yes\": 1}")];
    cloud.fnf("ReportTaskSucceeded", &report).await;
    let ended = cloud.until("waits", "one", "Succeeded").await;
    assert_eq!(output(&ended), json!({"yes": 1}));
}

async fn advance(cloud: &Cloud, seconds: u64) {
    let by = json!({ "advance_ms": seconds * 1000 }).to_string();
    let moved = cloud.admin("POST", "clock", by.as_bytes()).await;
    assert_eq!(moved.status, 200, "{moved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_try_is_reported_to_by_its_own_token() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(202).await;
    let states = format!(
        "
- Type: Task
  Name: A
  Action: HTTP:Request
  TaskMode: WaitForCustomCallback
  Timeout: 60
  Parameters: {{url: 'http://{}/ask', method: Post, body: {{age: 18}}}}
  Retry: [{{Errors: [FnF.TaskTimeout], IntervalSeconds: 10}}]
  End: true
",
        receiver.address
    );
    cloud.flow("waits", &machine("waits", &states)).await;
    cloud.run("waits", "one", &json!({})).await;
    receiver.wait_for(1).await;
    advance(&cloud, 71).await;
    let sent = receiver.wait_for(2).await;
    let token = |number: usize| {
        sent[number]
            .header("x-fnf-http-callback-task-token")
            .unwrap()
    };
    assert_ne!(token(0), token(1));
    let early = [("TaskToken", token(0)), ("Output", "{\"by\": 1}")];
    let refused = cloud.refused("ReportTaskSucceeded", &early).await;
    assert_eq!(refused, (400, "TaskAlreadyCompleted".to_owned()));
    let report = [("TaskToken", token(1)), ("Output", "{\"by\": 2}")];
    cloud.fnf("ReportTaskSucceeded", &report).await;
    let ended = cloud.until("waits", "one", "Succeeded").await;
    assert_eq!(output(&ended), json!({"by": 2}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_late_end_of_what_an_earlier_try_began_ends_no_other() {
    let cloud = Cloud::start().await;
    let child = "
- {Type: Wait, Name: A, Seconds: 100, Next: B}
- {Type: Pass, Name: B, OutputConstructor: {name.$: $Context.Execution.Name}, End: true}
";
    let parent = "
- Type: Task
  Name: A
  Action: FNF:StartExecution
  TaskMode: WaitForSystemCallback
  Timeout: 60
  Parameters: {resourceArn: 'acs:fnf:::flow/child'}
  Retry: [{Errors: [FnF.TaskTimeout], IntervalSeconds: 10, MaxAttempts: 1}]
  End: true
";
    cloud.flow("child", &machine("child", child)).await;
    cloud.flow("parent", &machine("parent", parent)).await;
    cloud.run("parent", "one", &json!({})).await;
    // The first child ends while the second is waited for, and that comes too late as well.
    advance(&cloud, 240).await;
    let ended = cloud.until("parent", "one", "Failed").await;
    assert_eq!(ended["Output"], "", "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_function_is_called_is_no_part_of_its_event() {
    let cloud = Cloud::start().await;
    make_function(cloud.address(), "f").await;
    let config = json!({ "asyncTask": true }).to_string();
    let path = "functions/f/async-invoke-config";
    let set = cloud.fc("PUT", path, config.as_bytes()).await;
    assert_eq!(set.status, 200, "{set:?}");
    let flow = |pattern: &str| {
        format!(
            "
version: v1
type: flow
steps:
- type: task
  name: Call
  resourceArn: acs:fc:::functions/f
  pattern: {pattern}
  inputMappings: [{{target: order, source: $input.order}}]
  serviceParams: {{InvocationType: Async, StatefulAsyncInvocationID: $.order}}
  outputMappings: [{{target: told, source: $local}}]
"
        )
    };
    let input = json!({"order": "o-1"});
    for (name, pattern) in [("waits", "sync"), ("goes-on", "requestResponse")] {
        cloud.flow(name, &flow(pattern)).await;
        cloud.run(name, "one", &input).await;
    }
    let waited = output(&cloud.until("waits", "one", "Succeeded").await);
    assert_eq!(waited["told"]["got"], input);
    let went_on = output(&cloud.until("goes-on", "one", "Succeeded").await);
    assert_eq!(went_on, json!({"told": {}}));
    // It is called all the same, as the task of that id.
    let target = "functions/f/async-tasks/o-1?includePayload=true";
    let ended = async {
        loop {
            let task = cloud.fc("GET", target, b"").await.json();
            if task["status"] == "Succeeded" {
                return task;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let patience = std::time::Duration::from_secs(30);
    let task = tokio::time::timeout(patience, ended).await.unwrap();
    assert_eq!(task["taskPayload"], input.to_string());
    // Another execution that wants the same id is refused as the API refuses it.
    cloud.run("goes-on", "two", &input).await;
    let failed = cloud.until("goes-on", "two", "Failed").await;
    let history = cloud.history("goes-on", "two").await;
    let last = history.last().unwrap()["EventDetail"].as_str().unwrap();
    assert!(
        last.contains("FC.StatefulAsyncInvocationAlreadyExists"),
        "{failed} {last}"
    );
}
