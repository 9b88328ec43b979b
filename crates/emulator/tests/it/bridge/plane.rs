//! The API that programs put events with.

use std::time::SystemTime;

use serde_json::{Value as Json, json};
use wire::header;

use super::queue;
use crate::client::{Answer, Cloud, SECRET, exchange, request};

/// Puts events as the vendor's client does.
async fn put(cloud: &Cloud, secret: &str, path: &str, body: &str) -> Answer {
    let date = httpdate::fmt_http_date(SystemTime::now());
    let mut headers: Vec<(String, String)> = [
        ("date", date.as_str()),
        (
            "content-type",
            "application/cloudevents-batch+json; charset=utf-8",
        ),
        ("x-acs-signature-nonce", "n"),
        ("x-acs-signature-method", "HMAC-SHA1"),
        ("x-eventbridge-version", "2015-06-06"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let signed = header::Call {
        scheme: &header::EVENT_BRIDGE,
        method: "POST",
        resource: path,
        headers: &headers,
    };
    let authorization = signed.sign("AKID", secret);
    headers.push(("authorization".to_owned(), authorization));
    let bytes = request("POST", path, &headers, body.as_bytes());
    exchange(cloud.address(), &bytes).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_the_bus_that_they_name_and_each_is_answered() {
    let cloud = Cloud::start().await;
    cloud.queue("q", "").await;
    cloud
        .eb_data("CreateEventBus", &[("EventBusName", "shop")])
        .await;
    let body = json!([{"ResourceKey": "Body", "Form": "JSONPATH", "Value": "$.data.n"}]);
    let targets = json!([queue("1", "q", &body)]).to_string();
    let rule = [
        ("EventBusName", "shop"),
        ("RuleName", "r"),
        ("FilterPattern", r#"{"type": ["sold"]}"#),
        ("EventTargets", &targets),
    ];
    cloud.eb_data("CreateRule", &rule).await;
    let event = |id: &str, bus: &str| {
        json!({
            "id": id, "source": "s", "specversion": "1.0", "type": "sold", "data_base64": "eyJuIjo3fQ==",
            "datacontenttype": "application/json; charset=utf-8", "aliyuneventbusname": bus,
        })
    };
    let events = json!([event("1", "shop"), event("2", "gone"), {"id": "3"}]).to_string();
    let reply = put(&cloud, SECRET, "/openapi/putEvents", &events).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let said: Json = reply.json();
    assert_eq!(said["FailedEntryCount"], 2);
    assert_eq!(said["ResourceOwnerAccountId"], "1234567890123456");
    let entries = &said["EntryList"];
    assert_eq!(entries[0]["EventId"], "1");
    assert!(entries[0]["TraceId"].is_string());
    assert_eq!(entries[1]["ErrorCode"], "EventBusNotExist");
    assert_eq!(entries[2]["ErrorCode"], "InvalidArgument");
    let got = cloud.wait_for("q").await;
    assert_eq!(got.text_of("MessageBody"), Some("7"));
}

#[tokio::test]
async fn what_nobody_signed_and_what_is_not_served_is_refused() {
    let cloud = Cloud::start().await;
    for (secret, path, body, status, code) in [
        (
            "other",
            "/openapi/putEvents",
            "[]",
            403,
            "SignatureDoesNotMatch",
        ),
        (SECRET, "/openapi/putEvents", "{", 400, "InvalidArgument"),
        (
            SECRET,
            "/openapi/createEventBus",
            "{}",
            501,
            "NotImplemented",
        ),
    ] {
        let reply = put(&cloud, secret, path, body).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (status, &json!(code))
        );
    }
    let bare = cloud.visit("POST", "/openapi/putEvents", &[]).await;
    assert_eq!(bare.json()["code"], "InvalidAuthorization");
}
