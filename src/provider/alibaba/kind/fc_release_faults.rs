//! What layers, versions and aliases send, and what they make of answers, one by one.

use serde_json::{Value as Json, json};

use super::faults::{object, provider, task};
use crate::provider::alibaba::stub::{Answer, Stub};
use crate::provider::{ErrorKind, Provider as _, Task};
use crate::resource::{Kind, Object, RemoteId};
use crate::state::Record;

const MARK: &str = "[sdev-owner: shop/dev]";

fn reply(status: u16, body: &Json) -> Answer {
    Answer::Reply(status, "", body.to_string())
}

fn missing(code: &str) -> Answer {
    reply(
        404,
        &json!({ "Code": code, "Message": "m", "RequestId": "R" }),
    )
}

/// The body of a request.
fn body(asked: &str) -> Json {
    let (_, body) = asked.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

fn record(kind: &str, remote: &str, attrs: &Json, outputs: &Json) -> Record {
    Record {
        attrs: object(attrs.clone()),
        outputs: object(outputs.clone()),
        ..Record::named(Kind::from(kind), Some(RemoteId::from(remote)))
    }
}

/// A layer's attributes; its zip is in the folder.
fn layer(folder: &std::path::Path) -> (Object, String) {
    let zip = folder.join("layer.zip");
    std::fs::write(&zip, "zip").unwrap();
    let checksum = wire::crc64::crc64(b"zip").to_string();
    let code = json!({ "checksum": checksum, "size": 3 });
    let attrs = json!({
        "layerName": "l", "code": code, "source": zip, "compatibleRuntime": ["go1"],
    });
    (object(attrs), checksum)
}

fn version(number: u64, checksum: &str, description: &str) -> Json {
    json!({
        "layerName": "l", "version": number, "codeChecksum": checksum, "description": description,
        "compatibleRuntime": ["go1"], "layerVersionArn": format!("arn/{number}"),
    })
}

#[tokio::test]
async fn a_layer_that_an_earlier_try_published_is_not_published_again() {
    let folder = tempfile::tempdir().unwrap();
    let (attrs, checksum) = layer(folder.path());
    let kind = Kind::from("fc.layer");
    let pages = [
        json!({ "layers": [version(1, "0", MARK)], "nextVersion": 2 }),
        json!({ "layers": [version(2, &checksum, MARK)] }),
    ];
    let stub = Stub::start(pages.iter().map(|page| reply(200, page)).collect()).await;
    let made = provider(&stub).create(&task(&kind, &attrs)).await.unwrap();
    assert_eq!(made.outputs["layerVersionArn"], "arn/2");
    assert!(stub.asked()[1].contains("startVersion=2"));

    // The newest version has another content, whoever published it.
    let all = json!({ "layers": [version(1, &checksum, MARK), version(2, "0", MARK)] });
    let published = version(3, &checksum, MARK);
    let stub = Stub::start(vec![reply(200, &all), reply(200, &published)]).await;
    let made = provider(&stub).update(&task(&kind, &attrs)).await.unwrap();
    assert_eq!(made.outputs["version"], 3);
    let sent = body(&stub.asked()[1]);
    assert_eq!(sent["code"]["zipFile"], "emlw");
    assert_eq!(
        (&sent["description"], &sent["compatibleRuntime"]),
        (&json!(MARK), &json!(["go1"]))
    );
}

#[tokio::test]
async fn a_layer_of_somebody_else_is_a_conflict_and_none_of_it_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (attrs, checksum) = layer(folder.path());
    let kind = Kind::from("fc.layer");
    let all = json!({ "layers": [version(1, &checksum, ""), version(2, "0", "[sdev-owner: x]")] });
    let stub = Stub::start(vec![reply(200, &all)]).await;
    let refused = provider(&stub).create(&task(&kind, &attrs)).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Conflict);

    let all = json!({ "layers": [version(1, "0", MARK), version(2, "0", "")] });
    let stub = Stub::start(vec![reply(200, &all), missing("LayerVersionNotFound")]).await;
    provider(&stub).delete(&task(&kind, &attrs)).await.unwrap();
    let asked = stub.asked();
    assert!(asked[1].starts_with("DELETE /2023-03-30/layers/l/versions/1 "));
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_layer_is_read_as_the_version_that_is_remembered() {
    let kind = Kind::from("fc.layer");
    let known = json!({ "layerName": "l", "code": { "checksum": "7", "size": 3 }, "compatibleRuntime": ["go1"] });
    let known = record("fc.layer", "l", &known, &json!({ "version": 4 }));
    let stub = Stub::start(vec![reply(200, &version(4, "7", MARK))]).await;
    let seen = provider(&stub).read(&kind, &"l".into(), Some(&known)).await;
    let seen = seen.unwrap().unwrap();
    assert!(stub.asked()[0].starts_with("GET /2023-03-30/layers/l/versions/4 "));
    assert_eq!(seen.owner.as_deref(), Some("shop/dev"));
    assert_eq!(seen.attrs["code"], known.attrs["code"]);
    let stub = Stub::start(vec![missing("LayerVersionNotFound")]).await;
    let seen = provider(&stub).read(&kind, &"l".into(), Some(&known)).await;
    assert_eq!(seen, Ok(None));
}

fn published(attrs: &Json) -> Record {
    let outputs = json!({ "versionId": "2", "settledId": "1" });
    record("fc.version", "f/2", attrs, &outputs)
}

#[tokio::test]
async fn a_version_is_published_for_another_revision_alone() {
    let kind = Kind::from("fc.version");
    let before = published(&json!({ "functionName": "f", "revision": "a", "trial": true }));
    for (attrs, settled) in [
        (
            json!({ "functionName": "f", "revision": "a", "trial": true }),
            "1",
        ),
        (json!({ "functionName": "f", "revision": "a" }), "2"),
    ] {
        let (stub, attrs) = (Stub::start(vec![]).await, object(attrs));
        let task = Task {
            record: Some(&before),
            ..task(&kind, &attrs)
        };
        let made = provider(&stub).update(&task).await.unwrap();
        assert_eq!(made.id.as_str(), "f/2");
        assert_eq!(made.outputs["settledId"], settled);
    }
    let attrs = object(json!({ "functionName": "f", "revision": "b", "trial": true }));
    let none =
        json!({ "versions": [{ "versionId": "2", "description": format!("revision a {MARK}") }] });
    let stub = Stub::start(vec![
        reply(200, &none),
        reply(200, &json!({ "versionId": "3" })),
    ])
    .await;
    let task = Task {
        record: Some(&before),
        ..task(&kind, &attrs)
    };
    let made = provider(&stub).update(&task).await.unwrap();
    assert_eq!(
        (&made.outputs["versionId"], &made.outputs["settledId"]),
        (&json!("3"), &json!("1"))
    );
    let sent = body(&stub.asked()[1]);
    assert_eq!(sent, json!({ "description": format!("revision b {MARK}") }));

    // An earlier try published it.
    let there = json!({ "versions": [
        { "versionId": "4", "description": "by hand" },
        { "versionId": "3", "description": format!("revision b {MARK}") },
    ] });
    let stub = Stub::start(vec![reply(200, &there)]).await;
    let made = provider(&stub).update(&task).await.unwrap();
    assert_eq!(made.outputs["versionId"], "3");
}

#[tokio::test]
async fn only_marked_versions_are_deleted() {
    let kind = Kind::from("fc.version");
    let all = json!({ "versions": [
        { "versionId": "2", "description": format!("revision b {MARK}") },
        { "versionId": "1", "description": "by hand" },
    ] });
    let stub = Stub::start(vec![reply(200, &all), reply(200, &json!({}))]).await;
    let attrs = object(json!({ "functionName": "f" }));
    provider(&stub).delete(&task(&kind, &attrs)).await.unwrap();
    let asked = stub.asked();
    assert!(asked[1].starts_with("DELETE /2023-03-30/functions/f/versions/2 "));
    assert_eq!(asked.len(), 2);
    let stub = Stub::start(vec![missing("FunctionNotFound")]).await;
    provider(&stub).delete(&task(&kind, &attrs)).await.unwrap();
}

#[tokio::test]
async fn a_trial_shows_as_it_was_asked_for() {
    let kind = Kind::from("fc.alias");
    let read = async |shown: Json, asked: Json| {
        let known =
            json!({ "functionName": "f", "aliasName": "a", "versionId": "1", "trial": asked });
        let known = record("fc.alias", "f/a", &known, &json!({}));
        let stub = Stub::start(vec![reply(200, &shown)]).await;
        let seen = provider(&stub)
            .read(&kind, &"f/a".into(), Some(&known))
            .await;
        seen.unwrap().unwrap().attrs["trial"].clone()
    };
    let shown = |version: &str, weights: Json| json!({ "aliasName": "a", "versionId": version, "additionalVersionWeight": weights });
    let trial = |version: &str, weight: Json| json!({ "versionId": version, "weight": weight });
    let asked = trial("2", json!(1));
    assert_eq!(
        read(shown("1", json!({ "2": 1.0 })), asked.clone()).await,
        asked
    );
    assert_eq!(
        read(shown("1", json!({ "3": 0.5 })), asked.clone()).await,
        trial("3", json!(0.5))
    );
    assert_eq!(read(shown("1", json!({})), asked.clone()).await, Json::Null);
    // Of itself, or with no calls, there is nothing to be seen.
    assert_eq!(read(shown("2", json!({})), asked.clone()).await, asked);
    let unseen = trial("2", json!(0));
    assert_eq!(read(shown("1", json!({})), unseen.clone()).await, unseen);
    let several = json!({ "2": 0.1, "3": 0.1 });
    assert_ne!(read(shown("1", several), asked.clone()).await, asked);
}
