//! Limits and refusals of the workflows' API.

use serde_json::{Value as Json, json};

use crate::client::Cloud;
use crate::flow::fnf;

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
