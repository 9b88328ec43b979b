//! What tasks of the States Language call: functions, other machines, queues, topics and event buses.

use std::time::Duration;

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::bridge::queue;
use crate::client::{Cloud, settings};
use crate::crash::spawn;
use crate::flow::{fnf, make_flow, make_function, output};
use crate::queue::{lines, make};

/// A machine of one task, whose errors lead on with the name as `error`.
fn machine(resource: &str, parameters: &Json, catch: &str) -> String {
    let caught = format!("caught {catch}");
    let states = json!({
        "Do": {
            "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"), "Parameters": parameters,
            "Catch": [{"ErrorEquals": [catch], "ResultPath": "$.told", "Next": "Caught"}], "End": true,
        },
        "Caught": {"Type": "Pass", "Parameters": {"error": caught, "cause.$": "$.told.Cause"}, "End": true},
    });
    json!({"StartAt": "Do", "States": states}).to_string()
}

impl Cloud {
    /// What a machine yields.
    async fn yields(&self, name: &str, machine: &str, input: &Json) -> Json {
        self.flow(name, machine).await;
        self.run(name, "e", input).await;
        output(&self.until(name, "e", "Succeeded").await)
    }

    /// What a machine yields once its task's token was reported to with `"signed"`.
    async fn yields_when_told(&self, name: &str, token: &str) -> Json {
        let report = [("TaskToken", token), ("Output", "\"signed\"")];
        self.fnf("ReportTaskSucceeded", &report).await;
        output(&self.until(name, "e", "Succeeded").await)
    }
}

/// The cause of a caught error, which is JSON.
fn cause(end: &Json) -> Json {
    serde_json::from_str(end["cause"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn lambda_invoke_wraps_what_a_function_yields_and_keeps_the_names_of_its_errors() {
    let cloud = Cloud::start().await;
    make_function(cloud.address(), "f").await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST";
    let call = json!({"FunctionName": arn, "Payload.$": "$.order"});
    let machine = machine("lambda:invoke", &call, "SoldOut");
    let end = cloud
        .yields("good", &machine, &json!({"order": {"n": 1}}))
        .await;
    assert_eq!(end["Payload"]["got"], json!({"n": 1}));
    assert_eq!(end["ExecutedVersion"], "$LATEST");
    assert_eq!(end["StatusCode"], 200);
    assert_eq!(end["SdkHttpMetadata"]["HttpStatusCode"], 200);
    let request = &end["SdkResponseMetadata"]["RequestId"];
    assert_eq!(&end["Payload"]["id"], request, "that of the call");
    let end = cloud
        .yields("bad", &machine, &json!({"order": {"bad": true}}))
        .await;
    assert_eq!(end["error"], "caught SoldOut");
    assert_eq!(cause(&end)["errorMessage"], "nothing left");
}

#[tokio::test(flavor = "multi_thread")]
async fn lambda_invoke_calls_in_the_background_and_without_a_payload_with_an_empty_object() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    let call = json!({"FunctionName": "f", "InvocationType": "Event"});
    let machine = machine("lambda:invoke", &call, "States.ALL");
    let end = cloud.yields("m", &machine, &json!({"x": 1})).await;
    assert_eq!(
        (&end["StatusCode"], &end["Payload"]),
        (&json!(202), &json!(""))
    );
    assert_eq!(lines(&file, 1).await, ["{}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_function_hands_the_token_to_ends_the_task() {
    let cloud = Cloud::start().await;
    let file = make(&cloud, "f", false).await;
    let call = json!({"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}});
    let machine = machine("lambda:invoke.waitForTaskToken", &call, "States.ALL");
    cloud.flow("m", &machine).await;
    cloud.run("m", "e", &json!({})).await;
    let event: Json = serde_json::from_str(&lines(&file, 1).await[0]).unwrap();
    let token = event["token"].as_str().unwrap();
    assert_eq!(cloud.yields_when_told("m", token).await, "signed");
}

/// Waits so long, and yields `{"twice": 2}`; fails with `Mine` when it is told to.
const CHILD: &str = "
StartAt: W
States:
  W: {Type: Wait, Seconds: 1, Next: C}
  C: {Type: Choice, Choices: [{Variable: $.bad, IsPresent: true, Next: F}], Default: P}
  F: {Type: Fail, Error: Mine, Cause: so}
  P: {Type: Pass, Parameters: {twice.$: 'States.MathAdd($.n, $.n)'}, End: true}
";

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_is_begun_or_waited_for() {
    let cloud = Cloud::start().await;
    cloud.flow("child", CHILD).await;
    let call = json!({
        "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:child",
        "Name.$": "$.name", "Input.$": "$.given",
    });
    let given = |name: &str| json!({"name": name, "given": {"n": 1}});
    let plain = machine("states:startExecution", &call, "States.ALL");
    let end = cloud.yields("plain", &plain, &given("a")).await;
    assert_eq!(end["ExecutionArn"], "child:a");
    assert!(
        end["StartDate"].is_i64() && end["Output"].is_null(),
        "{end}"
    );
    cloud.until("child", "a", "Succeeded").await;
    let texts = machine("states:startExecution.sync", &call, "States.ALL");
    let end = cloud.yields("texts", &texts, &given("b")).await;
    assert_eq!(end["Output"], r#"{"twice":2}"#, "{end}");
    assert_eq!(end["Input"], r#"{"n":1}"#);
    let values = machine("states:startExecution.sync:2", &call, "States.ALL");
    let end = cloud.yields("values", &values, &given("c")).await;
    let (start, stop) = (end["StartDate"].as_i64(), end["StopDate"].as_i64());
    assert!(start < stop && start.is_some(), "{end}");
    let wanted = json!({
        "ExecutionArn": "child:c", "Name": "c", "StateMachineArn": "child", "Status": "SUCCEEDED",
        "Input": {"n": 1}, "InputDetails": {"Included": true},
        "Output": {"twice": 2}, "OutputDetails": {"Included": true},
        "RedriveCount": 0, "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": start, "StopDate": stop,
    });
    assert_eq!(end, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_another_machine_is_waited_for_loses_no_end_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, address) = spawn(folder.path());
    make_flow(address, "child", CHILD, "Standard").await;
    let call = json!({"StateMachineArn": "child", "Input.$": "$"});
    let machine = machine("states:startExecution.sync:2", &call, "States.TaskFailed");
    make_flow(address, "parent", &machine, "Standard").await;
    for n in 0..12 {
        let input = if n % 3 == 0 {
            json!({"bad": n})
        } else {
            json!({"n": n})
        };
        let (name, input) = (format!("e{n}"), input.to_string());
        let params = [
            ("FlowName", "parent"),
            ("ExecutionName", name.as_str()),
            ("Input", input.as_str()),
        ];
        assert_eq!(fnf(address, "StartExecution", &params).await.status, 200);
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let cloud = Cloud {
        running: LocalCloud::start(settings(folder.path().to_owned(), 0))
            .await
            .unwrap(),
        folder,
    };
    for n in 0..12 {
        let ended = cloud.until("parent", &format!("e{n}"), "Succeeded").await;
        let end = output(&ended);
        if n % 3 == 0 {
            assert_eq!(cause(&end)["Error"], "Mine", "{end}");
        } else {
            assert_eq!(end["Output"], json!({"twice": 2 * n}), "{end}");
        }
    }
    let listed = cloud.fnf("ListExecutions", &[("FlowName", "child")]).await;
    assert_eq!(listed["Executions"].as_array().unwrap().len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_fails_or_is_not_there_is_an_error_that_can_be_caught() {
    let cloud = Cloud::start().await;
    cloud.flow("child", CHILD).await;
    let call = json!({"StateMachineArn": "child", "Input": {"bad": 1}});
    let bad = machine("states:startExecution.sync:2", &call, "States.TaskFailed");
    let end = cloud.yields("bad", &bad, &json!({})).await;
    let told = cause(&end);
    assert_eq!(told["Status"], "FAILED");
    assert_eq!(
        (&told["Error"], &told["Cause"]),
        (&json!("Mine"), &json!("so"))
    );
    assert_eq!(told["Input"], json!({"bad": 1}));
    for (name, call, error) in [
        (
            "gone",
            json!({"StateMachineArn": "nowhere"}),
            "StepFunctions.StateMachineDoesNotExistException",
        ),
        (
            "odd",
            json!({"StateMachineArn": "child", "Input": "odd"}),
            "StepFunctions.InvalidExecutionInputException",
        ),
        (
            "arn",
            json!({"StateMachineArn": "arn:aws:states:r:1:stateMachine:child:live"}),
            "StepFunctions.InvalidArnException",
        ),
    ] {
        let machine = machine("states:startExecution", &call, error);
        let end = cloud.yields(name, &machine, &json!({})).await;
        assert_eq!(end["error"], format!("caught {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_stopped_or_deleted_ends_the_wait_for_it() {
    let cloud = Cloud::start().await;
    let slow =
        r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}"#;
    cloud.flow("slow", slow).await;
    for parent in ["stopped", "deleted"] {
        let call = json!({"StateMachineArn": "slow", "Name": parent});
        let machine = machine("states:startExecution.sync", &call, "States.TaskFailed");
        cloud.flow(parent, &machine).await;
        cloud.run(parent, "e", &json!({})).await;
        let begun = async {
            let params = [("FlowName", "slow"), ("ExecutionName", parent)];
            while fnf(cloud.address(), "DescribeExecution", &params)
                .await
                .status
                != 200
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), begun)
            .await
            .unwrap();
    }
    let stop = [
        ("FlowName", "slow"),
        ("ExecutionName", "stopped"),
        ("Error", "Mine"),
    ];
    cloud.fnf("StopExecution", &stop).await;
    let end = output(&cloud.until("stopped", "e", "Succeeded").await);
    let told = cause(&end);
    assert_eq!(
        (&told["Status"], &told["Error"]),
        (&json!("ABORTED"), &json!("Mine"))
    );
    assert_eq!(told["Input"], "{}");
    cloud.fnf("DeleteFlow", &[("Name", "slow")]).await;
    let end = output(&cloud.until("deleted", "e", "Succeeded").await);
    assert_eq!(cause(&end)["Error"], "fnf.ExecutionNotExists");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_to_the_queue_or_topic_of_that_name() {
    let cloud = Cloud::start().await;
    cloud.queue("work", "").await;
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/work";
    let call = json!({"QueueUrl": url, "MessageBody": {"say.$": "$.say"}});
    let send = machine("sqs:sendMessage", &call, "States.ALL");
    let end = cloud.yields("send", &send, &json!({"say": "hi"})).await;
    let got = cloud.receive("work").await;
    assert_eq!(got.of("MessageBody"), r#"{"say":"hi"}"#);
    assert_eq!(end["MessageId"], got.of("MessageId"));
    let digest = got.of("MessageBodyMD5").to_ascii_lowercase();
    assert_eq!(end["MD5OfMessageBody"], digest);
    cloud.delete("work", &got.of("ReceiptHandle")).await;
    cloud.make_topic("news").await;
    let to = "acs:mns:cn-hangzhou:1234567890123456:queues/work";
    cloud.subscribe("news", "s", to, "").await;
    let arn = "arn:aws:sns:us-east-1:123456789012:news";
    let publish = machine(
        "sns:publish",
        &json!({"TopicArn": arn, "Message": "hello"}),
        "States.ALL",
    );
    let end = cloud.yields("publish", &publish, &json!({})).await;
    let news = cloud.wait_for("work").await;
    let news = news.text_of("MessageBody").unwrap();
    assert!(news.contains("<Message>hello</Message>"), "{news}");
    assert!(news.contains(end["MessageId"].as_str().unwrap()), "{news}");
    let gone = machine(
        "sqs:sendMessage",
        &json!({"QueueUrl": "gone", "MessageBody": "x"}),
        "MNS.QueueNotExist",
    );
    let end = cloud.yields("gone", &gone, &json!({})).await;
    assert_eq!(end["error"], "caught MNS.QueueNotExist");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_the_token_by_a_queue_or_a_bus_ends_the_task() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let call = json!({"QueueUrl": "http://x/1/q", "MessageBody": {"token.$": "$$.Task.Token"}});
    let ask = machine("sqs:sendMessage.waitForTaskToken", &call, "States.ALL");
    cloud.flow("ask", &ask).await;
    cloud.run("ask", "e", &json!({})).await;
    let got = cloud.wait_for("q").await;
    let body: Json = serde_json::from_str(got.text_of("MessageBody").unwrap()).unwrap();
    let token = body["token"].as_str().unwrap();
    assert_eq!(cloud.yields_when_told("ask", token).await, "signed");
    let handle = got.text_of("ReceiptHandle").unwrap();
    cloud.delete("q", handle).await;
    let pattern = json!({"source": ["shop"]});
    cloud
        .rule("r", &pattern, &json!([queue("1", "q", &json!([]))]))
        .await;
    let entry =
        json!({"Source": "shop", "DetailType": "asked", "Detail": {"token.$": "$$.Task.Token"}});
    let put = machine(
        "events:putEvents.waitForTaskToken",
        &json!({"Entries": [entry]}),
        "States.ALL",
    );
    cloud.flow("put", &put).await;
    cloud.run("put", "e", &json!({})).await;
    let got = cloud.wait_for("q").await;
    let event: Json = serde_json::from_str(got.text_of("MessageBody").unwrap()).unwrap();
    let token = event["data"]["token"].as_str().unwrap();
    assert_eq!(cloud.yields_when_told("put", token).await, "signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_put_one_by_one_and_those_that_cannot_be_fail_the_task() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    let pattern = json!({"source": ["shop"], "type": ["sold"]});
    cloud
        .rule("r", &pattern, &json!([queue("1", "q", &json!([]))]))
        .await;
    let bus = "arn:aws:events:us-east-1:1:event-bus/default";
    let entry =
        json!({"Source": "shop", "DetailType": "sold", "Detail": {"n": 5}, "EventBusName": bus});
    let put = machine(
        "events:putEvents",
        &json!({"Entries": [entry]}),
        "States.ALL",
    );
    let end = cloud.yields("good", &put, &json!({})).await;
    assert_eq!(end["FailedEntryCount"], 0, "{end}");
    let got = cloud.wait_for("q").await;
    let event: Json = serde_json::from_str(got.text_of("MessageBody").unwrap()).unwrap();
    assert_eq!(event["data"], json!({"n": 5}));
    assert_eq!(event["id"], end["Entries"][0]["EventId"]);
    cloud
        .delete("q", got.text_of("ReceiptHandle").unwrap())
        .await;
    let text = json!({"Source": "shop", "DetailType": "sold", "Detail": "{\"n\": 6}"});
    let odd = json!({"Source": "shop", "DetailType": "sold", "Detail": "\"odd\""});
    let nobody = json!({"DetailType": "sold", "Detail": {}});
    let put = machine(
        "events:putEvents",
        &json!({"Entries": [odd, nobody, text]}),
        "EventBridge.FailedEntry",
    );
    let end = cloud.yields("bad", &put, &json!({})).await;
    let told = cause(&end);
    assert_eq!(told["FailedEntryCount"], 2, "{told}");
    assert_eq!(told["Entries"][0]["ErrorCode"], "MalformedDetail");
    assert!(
        told["Entries"][1]["ErrorMessage"]
            .as_str()
            .unwrap()
            .contains("source"),
        "{told}"
    );
    let got = cloud.wait_for("q").await;
    let event: Json = serde_json::from_str(got.text_of("MessageBody").unwrap()).unwrap();
    assert_eq!(event["data"], json!({"n": 6}), "the good one is put");
    assert_eq!(event["id"], told["Entries"][2]["EventId"]);
}
