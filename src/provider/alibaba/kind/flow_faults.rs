//! What the kinds of flows make of answers, one by one.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::faults::{object, provider, task};
use crate::provider::alibaba::stub::{Answer, Stub};
use crate::provider::{ErrorKind, Provider as _};
use crate::resource::{Kind, Object, RemoteId};
use crate::state::{Record, Status};

fn reply(status: u16, body: &Json) -> Answer {
    Answer::Reply(status, "", body.to_string())
}

fn refused(status: u16, code: &str) -> Answer {
    let body = json!({ "Code": code, "Message": "m", "RequestId": "R" });
    reply(status, &body)
}

fn attrs() -> Object {
    object(json!({
        "name": "pay",
        "region": "cn-hangzhou",
        "definition": { "Type": "StateMachine" },
        "description": "Pays",
        "environment": { "A": "1" },
    }))
}

fn shown(description: &str) -> Json {
    json!({ "Name": "pay", "Id": "ID", "Type": "FDL", "ExecutionMode": "", "Description": description,
        "Definition": "{\"Type\":\"StateMachine\"}",
        "Environment": { "Variables": [{ "Name": "A", "Value": "1", "Description": "" }] } })
}

/// The form that a request brought.
fn form(request: &str) -> Vec<(String, String)> {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    wire::escape::parse_form(body)
}

fn field(request: &str, name: &str) -> String {
    let form = form(request);
    let found = form.iter().find(|(field, _)| field == name);
    found
        .unwrap_or_else(|| panic!("{name}: {form:?}"))
        .1
        .clone()
}

#[tokio::test]
async fn a_flow_is_made_with_its_mark_and_named_by_its_arn() {
    let answers = vec![refused(404, "FlowNotExists"), reply(200, &shown(""))];
    let stub = Stub::start(answers).await;
    let (kind, attrs) = (Kind::from("flow.flow"), attrs());
    let made = provider(&stub).create(&task(&kind, &attrs)).await.unwrap();
    assert_eq!(made.outputs["arn"], "acs:fnf:cn-hangzhou::flow/pay");
    assert_eq!(made.outputs["id"], "ID");
    let asked = stub.asked();
    assert!(asked[0].starts_with("GET /?Name=pay "), "{}", asked[0]);
    assert!(asked[1].starts_with("POST / "), "{}", asked[1]);
    assert!(asked[1].contains("x-acs-action: CreateFlow"));
    assert_eq!(
        field(&asked[1], "Description"),
        "Pays [sdev-owner: shop/dev]"
    );
    assert_eq!(field(&asked[1], "ExecutionMode"), "Standard");
    let definition: Json = serde_json::from_str(&field(&asked[1], "Definition")).unwrap();
    assert_eq!(definition, attrs["definition"]);
    let variables = json!({ "Variables": [{ "Name": "A", "Value": "1" }] });
    assert_eq!(field(&asked[1], "Environment"), variables.to_string());
}

#[tokio::test]
async fn what_an_earlier_try_made_is_brought_to_what_is_wanted() {
    let ours = shown("Pays [sdev-owner: shop/dev]");
    let stub = Stub::start(vec![reply(200, &ours), reply(200, &ours)]).await;
    let (kind, attrs) = (Kind::from("flow.flow"), attrs());
    provider(&stub).create(&task(&kind, &attrs)).await.unwrap();
    let asked = stub.asked();
    assert!(asked[1].contains("x-acs-action: UpdateFlow"));
    assert_eq!(field(&asked[1], "RoleArn"), "");
    assert!(!asked[1].contains("ExecutionMode"), "{}", asked[1]);
}

#[tokio::test]
async fn a_flow_of_somebody_else_is_a_conflict() {
    for (description, word) in [
        ("x [sdev-owner: other/dev]", "other/dev"),
        ("x", "not made by sdev"),
    ] {
        let stub = Stub::start(vec![reply(200, &shown(description))]).await;
        let (kind, attrs) = (Kind::from("flow.flow"), attrs());
        let made = provider(&stub).create(&task(&kind, &attrs)).await;
        let error = made.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict);
        assert!(error.message.contains(word), "{error}");
    }
}

#[tokio::test]
async fn what_is_shown_has_the_form_of_what_was_asked_for() {
    let record = Record {
        kind: "flow.flow".into(),
        remote: Some(RemoteId::from("pay")),
        attrs: attrs(),
        outputs: Object::new(),
        after: BTreeSet::new(),
        status: Status::Ready,
        owed: BTreeSet::new(),
        pending: BTreeSet::new(),
        protected: false,
        manifest: None,
    };
    let (kind, id) = (Kind::from("flow.flow"), RemoteId::from("pay"));
    for (known, wanted) in [
        (Some(&record), json!({ "Type": "StateMachine" })),
        (None, json!("{\"Type\":\"StateMachine\"}")),
    ] {
        let stub = Stub::start(vec![reply(200, &shown("Pays [sdev-owner: shop/dev]"))]).await;
        let seen = provider(&stub).read(&kind, &id, known).await;
        let seen = seen.unwrap().unwrap();
        assert_eq!(seen.attrs["definition"], wanted);
        assert_eq!(seen.attrs["description"], "Pays");
        assert_eq!(seen.attrs["executionMode"], "Standard");
        assert_eq!(seen.attrs["environment"], json!({ "A": "1" }));
        assert_eq!(seen.owner.as_deref(), Some("shop/dev"));
    }
}

#[tokio::test]
async fn a_schedule_is_changed_where_there_is_one_and_made_where_there_is_none() {
    let attrs = object(json!({
        "flowName": "pay", "scheduleName": "night", "cronExpression": "0 0 4 * * *", "payload": { "a": 1 },
    }));
    let there = json!({ "ScheduleId": "S", "CronExpression": "@every 2m", "Enable": true });
    for (first, action) in [
        (refused(404, "ScheduleNotExists"), "CreateSchedule"),
        (reply(200, &there), "UpdateSchedule"),
    ] {
        let stub = Stub::start(vec![first, reply(200, &there)]).await;
        let kind = Kind::from("flow.schedule");
        let made = provider(&stub).create(&task(&kind, &attrs)).await.unwrap();
        assert_eq!(made.id.as_str(), "pay/night");
        assert_eq!(made.outputs["id"], "S");
        let asked = stub.asked();
        assert!(asked[1].contains(&format!("x-acs-action: {action}")));
        assert_eq!(field(&asked[1], "Enable"), "true");
        assert_eq!(field(&asked[1], "Payload"), r#"{"a":1}"#);
    }
}
