//! What the actions of functions send, and what they make of answers, one by one.

use serde_json::{Value as Json, json};

use super::faults::provider;
use crate::provider::alibaba::stub::{Answer, Stub};
use crate::provider::{Provider as _, ProviderError};
use crate::resource::{Kind, Object, RemoteId};
use crate::state::{Record, Status};

fn reply(status: u16, body: &Json) -> Answer {
    Answer::Reply(status, "", body.to_string())
}

fn missing(code: &str) -> Answer {
    reply(
        404,
        &json!({ "Code": code, "Message": "m", "RequestId": "R" }),
    )
}

async fn act(stub: &Stub, action: &str, args: Json) -> Result<Json, ProviderError> {
    let record = Record {
        kind: Kind::from("fc.function"),
        remote: Some(RemoteId::from("f")),
        attrs: Object::new(),
        outputs: Object::new(),
        after: [].into(),
        status: Status::Ready,
        owed: [].into(),
        pending: [].into(),
        protected: false,
        manifest: None,
    };
    provider(stub).act(action, &record, &args).await
}

/// The body of a request.
fn body(asked: &str) -> Json {
    let (_, body) = asked.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn a_version_is_published_once_whatever_comes_of_it() {
    let published = json!({ "versionId": "1" });
    let stub = Stub::start(vec![Answer::Break, reply(200, &published)]).await;
    let failed = act(&stub, "version.publish", json!({ "description": "d" })).await;
    assert!(failed.is_err());
    let asked = stub.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let path = "POST /2023-03-30/functions/f/versions ";
    assert!(asked[0].starts_with(path), "{}", asked[0]);
    assert_eq!(body(&asked[0]), json!({ "description": "d" }));
}

#[tokio::test]
async fn lists_are_read_to_their_last_page() {
    let pages = [
        json!({ "versions": [{ "versionId": "3" }, { "versionId": "2" }], "nextToken": "1" }),
        json!({ "versions": [{ "versionId": "1" }], "nextToken": "" }),
    ];
    let stub = Stub::start(pages.iter().map(|page| reply(200, page)).collect()).await;
    let all = act(&stub, "version.list", json!({})).await.unwrap();
    assert_eq!(all.as_array().map(Vec::len), Some(3), "{all}");
    let second = &stub.asked()[1];
    assert!(second.contains("nextToken=1"), "{second}");
    // A token that leads to itself ends the list.
    let page = json!({ "versions": [], "nextToken": "1" });
    let answers = vec![reply(200, &page), reply(200, &page)];
    let stub = Stub::start(answers).await;
    act(&stub, "version.list", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_moved_alias_says_that_no_other_version_has_a_part_and_a_new_one_does_not() {
    let wanted = json!({ "name": "prod", "version": "2", "weights": {}, "description": null });
    let alias = json!({ "aliasName": "prod", "versionId": "2" });
    let stub = Stub::start(vec![reply(200, &alias), reply(200, &alias)]).await;
    let done = act(&stub, "alias.publish", wanted.clone()).await.unwrap();
    assert_eq!(done["created"], false);
    let asked = stub.asked();
    assert!(asked[1].starts_with("PUT "), "{}", asked[1]);
    let sent = json!({ "versionId": "2", "additionalVersionWeight": {} });
    assert_eq!(body(&asked[1]), sent);

    let stub = Stub::start(vec![missing("AliasNotFound"), reply(200, &alias)]).await;
    let done = act(&stub, "alias.publish", wanted).await.unwrap();
    assert_eq!(done["created"], true);
    let asked = stub.asked();
    assert!(asked[1].starts_with("POST /2023-03-30/functions/f/aliases "));
    let sent = json!({ "versionId": "2", "aliasName": "prod" });
    assert_eq!(body(&asked[1]), sent);
}

#[tokio::test]
async fn settings_are_listed_by_their_qualifiers_without_those_that_say_nothing() {
    let arn = "acs:fc:cn-hangzhou:1:functions/f";
    let all = json!({ "provisionConfigs": [
        { "functionArn": arn, "defaultTarget": 1, "target": 1 },
        { "functionArn": format!("{arn}/prod"), "defaultTarget": 2, "target": 2 },
        { "functionArn": format!("{arn}/old"), "defaultTarget": 0, "target": 0 },
    ] });
    let stub = Stub::start(vec![reply(200, &all)]).await;
    let listed = act(&stub, "provision.list", json!({})).await.unwrap();
    let listed = listed.as_array().unwrap();
    let pair = |one: &Json| (one["qualifier"].clone(), one["defaultTarget"].clone());
    let pairs: Vec<(Json, Json)> = listed.iter().map(pair).collect();
    assert_eq!(
        pairs,
        [("LATEST".into(), 1.into()), ("prod".into(), 2.into())]
    );
    assert!(stub.asked()[0].contains("functionName=f"));
}

#[tokio::test]
async fn code_that_does_not_arrive_whole_is_no_text_and_its_address_gets_no_signature() {
    let store = Stub::start(vec![Answer::Reply(200, "", "half".to_owned())]).await;
    let url = format!("{}/code.zip?key=1", store.target().endpoint.unwrap());
    let code = json!({ "url": url, "checksum": "1" });
    let stub = Stub::start(vec![reply(200, &code)]).await;
    let failed = act(&stub, "content", json!({ "keys": ["index.py"] })).await;
    let failed = failed.unwrap_err().to_string();
    assert!(failed.contains("did not arrive whole"), "{failed}");
    let asked = store.asked()[0].to_lowercase();
    assert!(asked.starts_with("get /code.zip?key=1 "), "{asked}");
    assert!(!asked.contains("authorization"), "{asked}");
}

#[tokio::test]
async fn an_action_that_there_is_none_of_is_refused_without_a_call() {
    let stub = Stub::start(vec![]).await;
    for action in ["version.burn", "provision.burn", "burn", "shop.get"] {
        assert!(act(&stub, action, json!({})).await.is_err(), "{action}");
    }
    assert!(stub.asked().is_empty());
}
