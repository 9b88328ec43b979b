//! Limits and refusals of the workflows' API.

use serde_json::{Value as Json, json};

use crate::client::Cloud;
use crate::flow::{PASS, fnf};

/// What the API says to a call that it refuses: the code, and its words.
async fn told(cloud: &Cloud, action: &str, params: &[(&str, &str)]) -> (u16, String, String) {
    let answer = fnf(cloud.address(), action, params).await;
    let said = answer.json();
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("Code"), text("Message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_is_full_does_not_begin_again() {
    let cloud = Cloud::start().await;
    let round = "
version: v1
type: flow
steps:
- {type: pass, name: a}
- {type: choice, name: c, choices: [{condition: $.go, goto: a}]}
";
    cloud.flow("round", round).await;
    cloud.run("round", "one", &json!({"go": true})).await;
    cloud.until("round", "one", "Failed").await;
    let named = [("FlowName", "round"), ("ExecutionName", "one")];
    for _ in 0..2 {
        let said = "Execution one of flow round has 5000 events, the most there may be.";
        assert_eq!(
            told(&cloud, "RedriveExecution", &named).await,
            (400, "ExecutionNotRedrivable".to_owned(), said.to_owned())
        );
    }
    let page = [named[0], named[1], ("NextToken", "4998")];
    let rest = cloud.fnf("GetExecutionHistory", &page).await;
    let ids: Vec<&Json> = rest["Events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["EventId"])
        .collect();
    assert_eq!(ids, [4999, 5000]);
}

fn schedule(payload: &str) -> [(&str, &str); 4] {
    [
        ("FlowName", "f"),
        ("ScheduleName", "s"),
        ("CronExpression", "0 0 4 * * *"),
        ("Payload", payload),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_takes_what_an_execution_can_begin_with() {
    let cloud = Cloud::start().await;
    cloud.flow("f", PASS).await;
    let input = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    let (fits, large) = (input(64 * 1024), input(64 * 1024 + 1));
    let said = |name: &str| {
        let words = format!("{name} is longer than 65536 bytes.");
        (400, "InvalidArgument".to_owned(), words)
    };
    let refused = told(&cloud, "CreateSchedule", &schedule(&large)).await;
    assert_eq!(refused, said("Payload"));
    cloud.fnf("CreateSchedule", &schedule(&fits)).await;
    let refused = told(&cloud, "UpdateSchedule", &schedule(&large)).await;
    assert_eq!(refused, said("Payload"));
    let start = [("FlowName", "f"), ("Input", large.as_str())];
    assert_eq!(told(&cloud, "StartExecution", &start).await, said("Input"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qualifier_that_leads_nowhere_is_named() {
    let cloud = Cloud::start().await;
    cloud.flow("f", PASS).await;
    for (qualifier, code, said) in [
        (
            "live",
            "FlowAliasNotExists",
            "Alias live of flow f does not exist.",
        ),
        (
            "7",
            "FlowVersionNotExists",
            "Version 7 of flow f does not exist.",
        ),
    ] {
        let start = [("FlowName", "f"), ("Qualifier", qualifier)];
        assert_eq!(
            told(&cloud, "StartExecution", &start).await,
            (404, code.to_owned(), said.to_owned())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_leads_to_two_versions_that_differ() {
    let cloud = Cloud::start().await;
    cloud.flow("f", PASS).await;
    cloud.fnf("PublishFlowVersion", &[("FlowName", "f")]).await;
    let alias = |routes: &'static str| {
        [
            ("FlowName", "f"),
            ("Name", "live"),
            ("RoutingConfigurations", routes),
        ]
    };
    let once = alias(r#"[{"Version": "1", "Weight": 100}]"#);
    let twice = alias(r#"[{"Version": "1", "Weight": 40}, {"Version": "1", "Weight": 60}]"#);
    let said = "An alias cannot lead to version 1 twice.";
    let refusal = (400, "InvalidArgument".to_owned(), said.to_owned());
    assert_eq!(told(&cloud, "CreateFlowAlias", &twice).await, refusal);
    cloud.fnf("CreateFlowAlias", &once).await;
    assert_eq!(told(&cloud, "UpdateFlowAlias", &twice).await, refusal);
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_are_listed_by_statuses_that_there_are() {
    let cloud = Cloud::start().await;
    cloud.flow("f", PASS).await;
    let said = "Status must be one of Starting, Running, Succeeded, Failed, Stopped, TimedOut.";
    let list = [("FlowName", "f"), ("Status", "Nope")];
    assert_eq!(
        told(&cloud, "ListExecutions", &list).await,
        (400, "InvalidArgument".to_owned(), said.to_owned())
    );
    for status in ["Starting", "TimedOut"] {
        let list = [("FlowName", "f"), ("Status", status)];
        let listed = cloud.fnf("ListExecutions", &list).await;
        assert_eq!(listed["Executions"], json!([]));
    }
}
