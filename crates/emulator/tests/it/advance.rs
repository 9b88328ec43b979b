//! A clock that is moved over several moments: what is due at each happens there, and what follows from it before the next.

use serde_json::{Value as Json, json};

use crate::client::Cloud;
use crate::function::archive;

/// Waits, calls a function and waits again.
const TWICE: &str = "
version: v1
type: flow
steps:
- {type: wait, name: first, duration: 1800}
- {type: task, name: ask, resourceArn: acs:fc:::functions/echo}
- {type: wait, name: second, duration: 1800}
";

async fn advance(cloud: &Cloud, seconds: u64) -> Json {
    let body = json!({ "advance_ms": seconds * 1000 }).to_string();
    let moved = cloud.admin("POST", "clock", body.as_bytes()).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    moved.json()
}

/// Seconds between two moments that a reply tells.
fn seconds(from: &Json, to: &Json) -> i64 {
    let moment = |of: &Json| of.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    moment(to).as_second() - moment(from).as_second()
}

/// An execution as it is now, without waiting for anything.
async fn now(cloud: &Cloud, flow: &str, name: &str) -> Json {
    cloud
        .fnf(
            "DescribeExecution",
            &[("FlowName", flow), ("ExecutionName", name)],
        )
        .await
}

async fn echo(cloud: &Cloud) {
    let code = "def handler(event, context):\n    return '{}'\n";
    let function = json!({
        "functionName": "echo", "runtime": "python3", "handler": "index.handler", "timeout": 60,
        "code": { "zipFile": archive("index.py", code) },
    });
    let made = cloud.fc_json("POST", "functions", &function).await;
    assert_eq!(made.status, 200, "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_move_goes_through_all_waits_of_a_flow_and_what_is_between_them() {
    let cloud = Cloud::start().await;
    echo(&cloud).await;
    cloud.flow("twice", TWICE).await;
    cloud.run("twice", "one", &json!({})).await;
    let moved = advance(&cloud, 3600).await;
    assert_eq!(moved["offset_ms"], 3_600_000);
    let one = now(&cloud, "twice", "one").await;
    assert_eq!(one["Status"], "Succeeded", "{one}");
    let history = cloud.history("twice", "one").await;
    let exits: Vec<&Json> = history
        .iter()
        .filter(|event| event["Type"] == "StepExited")
        .collect();
    // Each at its own moment, by the clock as it was then; a call takes some seconds of its own.
    let first = seconds(&one["StartedTime"], &exits[0]["Time"]);
    let second = seconds(&exits[1]["Time"], &exits[2]["Time"]);
    assert!((1800..1830).contains(&first), "{first}");
    assert!((1800..1830).contains(&second), "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_ends_between_two_waits_leaves_the_second_open() {
    let cloud = Cloud::start().await;
    echo(&cloud).await;
    cloud.flow("twice", TWICE).await;
    cloud.run("twice", "one", &json!({})).await;
    advance(&cloud, 2400).await;
    let history = cloud.history("twice", "one").await;
    let entered = history
        .iter()
        .filter(|event| event["Type"] == "StepEntered" && event["StepName"] == "second");
    assert_eq!(entered.count(), 1);
    assert_eq!(now(&cloud, "twice", "one").await["Status"], "Running");
    advance(&cloud, 1200).await;
    assert_eq!(now(&cloud, "twice", "one").await["Status"], "Succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_begin_their_executions_at_their_own_moments() {
    let cloud = Cloud::start().await;
    let wait = "version: v1\ntype: flow\nsteps:\n- {type: wait, name: w, duration: 600}\n";
    cloud.flow("wait", wait).await;
    let made = cloud
        .fnf(
            "CreateSchedule",
            &[
                ("FlowName", "wait"),
                ("ScheduleName", "often"),
                ("CronExpression", "@every 1h"),
                ("Payload", "{}"),
                ("Enable", "true"),
            ],
        )
        .await;
    assert_eq!(made["ScheduleName"], "often", "{made}");
    advance(&cloud, 4 * 3600 + 700).await;
    let listed = cloud.fnf("ListExecutions", &[("FlowName", "wait")]).await;
    let all = listed["Executions"].as_array().unwrap();
    assert_eq!(all.len(), 4, "{listed}");
    for one in all {
        assert_eq!(one["Status"], "Succeeded", "{one}");
        let took = seconds(&one["StartedTime"], &one["StoppedTime"]);
        assert!((600..630).contains(&took), "{one}");
    }
}
