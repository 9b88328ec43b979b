//! What the kinds of functions make of answers, one by one.

use serde_json::{Value as Json, json};

use super::faults::{object, provider, task};
use crate::provider::alibaba::stub::{Answer, Stub};
use crate::provider::{ErrorKind, Provider as _, Seen, Task};
use crate::resource::{Kind, RemoteId};

fn reply(status: u16, body: &Json) -> Answer {
    Answer::Reply(status, "", body.to_string())
}

fn missing(code: &str) -> Answer {
    let body = json!({ "Code": code, "Message": "m", "RequestId": "R" });
    reply(404, &body)
}

async fn read(kind: &str, id: &str, answers: Vec<Answer>) -> Result<Option<Seen>, ErrorKind> {
    let stub = Stub::start(answers).await;
    let (kind, id, provider) = (Kind::from(kind), RemoteId::from(id), provider(&stub));
    let seen = provider.read(&kind, &id, None).await;
    seen.map_err(|error| error.kind)
}

#[tokio::test]
async fn only_the_services_own_word_means_that_it_is_not_there() {
    for code in ["FunctionNotFound", "AsyncConfigNotExists"] {
        let seen = read("fc.function", "f", vec![missing(code)]).await;
        assert_eq!(seen, Ok(None), "{code}");
    }
    for code in ["InvalidAccessKeyId.NotFound", "", "PathNotSupported"] {
        let seen = read("fc.function", "f", vec![missing(code)]).await;
        assert!(seen.is_err(), "{code}");
    }
}

#[tokio::test]
async fn settings_that_say_nothing_are_not_there() {
    let none = json!({ "target": 0, "defaultTarget": 0, "current": 0, "functionArn": "a" });
    let seen = read("fc.provision", "f/LATEST", vec![reply(200, &none)]).await;
    assert_eq!(seen, Ok(None));
    let some = json!({ "reservedConcurrency": 0, "functionArn": "a" });
    let seen = read("fc.concurrency", "f/LATEST", vec![reply(200, &some)]).await;
    assert_eq!(seen.unwrap().unwrap().attrs["reservedConcurrency"], 0);
}

#[tokio::test]
async fn a_setting_of_an_alias_is_put_there_and_waited_for() {
    let put = json!({ "defaultTarget": 2, "current": 0 });
    let ready = json!({ "defaultTarget": 2, "current": 2 });
    let answers = vec![reply(200, &put), reply(200, &put), reply(200, &ready)];
    let stub = Stub::start(answers).await;
    let attrs = object(json!({ "functionName": "f", "qualifier": "live", "defaultTarget": 2 }));
    let kind = Kind::from("fc.provision");
    let made = provider(&stub).create(&task(&kind, &attrs)).await.unwrap();
    assert_eq!(made.id.as_str(), "f/live");
    let asked = stub.asked();
    let path = "PUT /2023-03-30/functions/f/provision-config?qualifier=live ";
    assert!(asked[0].starts_with(path), "{}", asked[0]);
    assert!(asked[0].ends_with("{\"defaultTarget\":2}"), "{}", asked[0]);
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn bindings_become_the_set_that_is_wanted() {
    let there = json!({ "vpcIds": ["vpc-old", "vpc-both"] });
    let answers = vec![
        reply(200, &there),
        reply(200, &json!({})),
        reply(200, &json!({})),
    ];
    let stub = Stub::start(answers).await;
    let attrs = object(json!({ "functionName": "f", "vpcIds": ["vpc-both", "vpc-new"] }));
    let kind = Kind::from("fc.vpc_binding");
    provider(&stub).create(&task(&kind, &attrs)).await.unwrap();
    let asked = stub.asked();
    assert!(
        asked[1].ends_with("{\"vpcId\":\"vpc-new\"}"),
        "{}",
        asked[1]
    );
    let path = "DELETE /2023-03-30/functions/f/vpc-bindings/vpc-old ";
    assert!(asked[2].starts_with(path), "{}", asked[2]);
}

#[tokio::test]
async fn a_function_of_somebody_else_is_a_conflict() {
    let tags = json!([{ "Key": "sdev-owner", "Value": "other/dev" }]);
    let shown = json!({ "functionName": "f", "functionArn": "a", "tags": tags });
    let stub = Stub::start(vec![reply(200, &shown)]).await;
    let attrs = object(json!({ "functionName": "f" }));
    let kind = Kind::from("fc.function");
    let error = provider(&stub)
        .create(&task(&kind, &attrs))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains("other/dev"), "{error}");
}

#[tokio::test]
async fn a_function_that_is_being_changed_is_waited_for() {
    let state = |update: &str| json!({ "functionName": "f", "functionArn": "a", "state": "Active", "lastUpdateStatus": update });
    let answers = vec![
        missing("FunctionNotFound"),
        reply(200, &state("InProgress")),
        reply(200, &state("InProgress")),
        reply(200, &state("Failed")),
    ];
    let stub = Stub::start(answers).await;
    let attrs = object(json!({ "functionName": "f" }));
    let kind = Kind::from("fc.function");
    let error = provider(&stub)
        .create(&task(&kind, &attrs))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(stub.asked().len(), 4);
}

#[tokio::test]
async fn a_function_whose_last_change_failed_is_mended_by_the_next() {
    let tags = json!([{ "Key": "sdev-owner", "Value": "shop/dev" }]);
    let state = |update: &str| json!({ "functionArn": "a", "tags": tags, "state": "Active", "lastUpdateStatus": update });
    let states = ["Failed", "InProgress", "Successful"];
    let answers = states.map(|update| reply(200, &state(update)));
    let stub = Stub::start(answers.into()).await;
    let attrs = object(json!({ "functionName": "f", "memorySize": 512 }));
    let kind = Kind::from("fc.function");
    let diff = [crate::plan::FieldDiff {
        path: vec!["memorySize".into()],
        before: Some(256.into()),
        after: Some(512.into()),
        unknown: false,
    }];
    let task = Task {
        diff: &diff,
        ..task(&kind, &attrs)
    };
    provider(&stub).update(&task).await.unwrap();
    let asked = stub.asked();
    assert!(asked[1].starts_with("PUT "), "{}", asked[1]);
    assert!(asked[1].ends_with("{\"memorySize\":512}"), "{}", asked[1]);
}
