//! Buses, rules and targets through the API.

use serde_json::{Value as Json, json};

use super::{ACCOUNT, queue};
use crate::client::Cloud;

fn names(list: &Json, name: &str) -> Vec<String> {
    let all = list.as_array().unwrap().iter();
    all.map(|one| one[name].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn buses_are_made_shown_and_deleted_and_the_default_one_is_always_there() {
    let cloud = Cloud::start().await;
    let shop = [("EventBusName", "shop"), ("Description", "of the shop")];
    let made = cloud.eb_data("CreateEventBus", &shop).await;
    let arn = format!("acs:eventbridge:{ACCOUNT}:eventbus/shop");
    assert_eq!(made, json!({"EventBusARN": arn}));
    let again = cloud.eb_refused("CreateEventBus", &shop).await;
    assert_eq!(again, "EventBusAlreadyExist");
    let default = [("EventBusName", "default")];
    assert_eq!(
        cloud.eb_refused("CreateEventBus", &default).await,
        "EventBusAlreadyExist"
    );
    let shown = cloud.eb_data("GetEventBus", &shop[..1]).await;
    assert_eq!(shown["Description"], "of the shop");
    assert!(shown["CreateTimestamp"].as_i64().unwrap() > 0);
    cloud
        .eb_data("UpdateEventBus", &[shop[0], ("Description", "closed")])
        .await;
    let shown = cloud.eb_data("GetEventBus", &shop[..1]).await;
    assert_eq!(shown["Description"], "closed");

    for name in ["a", "b"] {
        cloud
            .eb_data("CreateEventBus", &[("EventBusName", name)])
            .await;
    }
    let first = cloud.eb_data("ListEventBuses", &[("Limit", "3")]).await;
    assert_eq!(
        names(&first["EventBuses"], "EventBusName"),
        ["a", "b", "default"]
    );
    assert_eq!(first["Total"], 4);
    let next = first["NextToken"].as_str().unwrap();
    let rest = cloud
        .eb_data("ListEventBuses", &[("NextToken", next)])
        .await;
    assert_eq!(names(&rest["EventBuses"], "EventBusName"), ["shop"]);
    assert_eq!(rest["NextToken"], "");

    assert_eq!(cloud.eb_data("DeleteEventBus", &shop[..1]).await, true);
    assert_eq!(cloud.eb_data("DeleteEventBus", &shop[..1]).await, false);
    assert_eq!(
        cloud.eb_refused("DeleteEventBus", &default).await,
        "InvalidArgument"
    );
    assert_eq!(
        cloud.eb_refused("GetEventBus", &shop[..1]).await,
        "EventBusNotExist"
    );
    let unserved = cloud.eb("CreateEventStreaming", &[]).await;
    assert_eq!(unserved["Code"], "NotImplemented");
}

#[tokio::test]
async fn rules_are_made_changed_switched_and_deleted() {
    let cloud = Cloud::start().await;
    let (bus, rule) = (("EventBusName", "default"), ("RuleName", "r"));
    let pattern = ("FilterPattern", r#"{"source":["shop"]}"#);
    let made = cloud.eb_data("CreateRule", &[bus, rule, pattern]).await;
    let arn = format!("acs:eventbridge:{ACCOUNT}:eventbus/default/rule/r");
    assert_eq!(made["RuleARN"], arn.as_str());
    for (changed, code) in [
        ([bus, rule, pattern], "EventRuleAlreadyExist"),
        ([("EventBusName", "no"), rule, pattern], "EventBusNotExist"),
        ([bus, rule, ("FilterPattern", "{")], "InvalidArgument"),
        ([bus, rule, ("Description", "x")], "MissingParameter"),
    ] {
        assert_eq!(cloud.eb_refused("CreateRule", &changed).await, code);
    }
    let shown = cloud.eb_data("GetRule", &[bus, rule]).await;
    assert_eq!(
        (&shown["Status"], &shown["Targets"]),
        (&json!("ENABLE"), &json!([]))
    );
    cloud.eb_data("DisableRule", &[bus, rule]).await;
    let other = ("FilterPattern", "{}");
    cloud.eb_data("UpdateRule", &[bus, rule, other]).await;
    let shown = cloud.eb_data("GetRule", &[bus, rule]).await;
    assert_eq!(
        (&shown["Status"], &shown["FilterPattern"]),
        (&json!("DISABLE"), &json!("{}"))
    );
    cloud.eb_data("EnableRule", &[bus, rule]).await;
    let all = cloud
        .eb_data("ListRules", &[bus, ("RuleNamePrefix", "r")])
        .await;
    assert_eq!(names(&all["Rules"], "Status"), ["ENABLE"]);
    cloud.eb_data("DeleteRule", &[bus, rule]).await;
    for action in ["GetRule", "EnableRule", "DeleteRule", "ListTargets"] {
        let code = cloud.eb_refused(action, &[bus, rule]).await;
        assert_eq!(code, "EventRuleNotExisted", "{action}");
    }
}

#[tokio::test]
async fn targets_are_put_and_those_that_nothing_reaches_are_refused_by_name() {
    let cloud = Cloud::start().await;
    cloud
        .rule("r", &json!({}), &json!([queue("1", "a", &json!([]))]))
        .await;
    let (bus, rule) = (("EventBusName", "default"), ("RuleName", "r"));
    let targets = json!([
        queue("1", "b", &json!([{"ResourceKey": "Body", "Form": "JSONPATH", "Value": "$.data"}])),
        queue("2", "c", &json!([])),
        {"Id": "3", "Type": "acs.dingtalk", "Endpoint": "https://x"},
        {"Id": "4", "Type": "http", "Endpoint": "http://example.com/"},
    ]);
    let put = [bus, rule, ("Targets", &targets.to_string())];
    let put = cloud.eb_data("PutTargets", &put).await;
    assert_eq!(put["ErrorEntriesCount"], 2, "{put}");
    assert_eq!(names(&put["ErrorEntries"], "EntryId"), ["3", "4"]);
    assert_eq!(
        names(&put["ErrorEntries"], "ErrorCode"),
        ["NotImplemented", "InvalidArgument"]
    );
    let shown = cloud.eb_data("ListTargets", &[bus, rule]).await;
    let target = json!({
        "Id": "1", "Type": "acs.mns.queue", "Endpoint": format!("acs:mns:{ACCOUNT}:queues/b"), "EventBusName": "default",
        "RuleName": "r", "PushRetryStrategy": "BACKOFF_RETRY", "ErrorsTolerance": "ALL",
        "ParamList": [{"ResourceKey": "Body", "Form": "JSONPATH", "Value": "$.data", "Template": null}],
    });
    assert_eq!(
        (&shown["Targets"][0], &shown["Total"]),
        (&target, &json!(2))
    );
    let delete = [bus, rule, ("TargetIds", r#"["1","9"]"#)];
    let deleted = cloud.eb_data("DeleteTargets", &delete).await;
    assert_eq!(names(&deleted["ErrorEntries"], "EntryId"), ["9"]);
    let left = cloud.eb_data("ListTargets", &[bus, rule]).await;
    assert_eq!(names(&left["Targets"], "Id"), ["2"]);
    let wrong = json!([{"Id": "1", "Type": "acs.sms"}]).to_string();
    let params = [
        bus,
        ("RuleName", "s"),
        ("FilterPattern", "{}"),
        ("EventTargets", &wrong),
    ];
    assert_eq!(
        cloud.eb_refused("CreateRule", &params).await,
        "NotImplemented"
    );
}

#[tokio::test]
async fn a_pattern_can_be_tried() {
    let cloud = Cloud::start().await;
    let event = json!({"id": "1", "source": "shop", "type": "sold", "data": {"n": 3}}).to_string();
    for (pattern, fits) in [
        (r#"{"data": {"n": [{"numeric": [">", 2]}]}}"#, true),
        (r#"{"source": ["other"]}"#, false),
    ] {
        let params = [("Event", event.as_str()), ("EventPattern", pattern)];
        let tried = cloud.eb_data("TestEventPattern", &params).await;
        assert_eq!(tried, json!({"Result": fits}), "{pattern}");
    }
    let wrong = [
        ("Event", event.as_str()),
        ("EventPattern", r#"{"detail": [1]}"#),
    ];
    let refused = cloud.eb("TestEventPattern", &wrong).await;
    assert_eq!(refused["Code"], "InvalidArgument");
    let said = refused["Message"].as_str().unwrap();
    assert!(said.ends_with("unrecognized pattern key: detail"), "{said}");
}
