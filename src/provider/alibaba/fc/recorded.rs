//! Our calls against those of the vendor's own client for the same inputs.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use wire::acs3::Authorization;

use super::call::Call;
use crate::provider::alibaba::recording::{query_of, recording};

#[track_caller]
fn assert_same(operation: &str, ours: &Call) {
    let Some(theirs) = recording("py-fc20230330-http", &format!("{operation}.01")) else {
        return;
    };
    let target = theirs.target();
    let nonce = theirs.header("x-acs-signature-nonce");
    let signed = ours.signed(&target, theirs.time(), nonce);
    let path = signed.url.strip_prefix(target.endpoint.as_deref().unwrap());
    assert_eq!(path.unwrap().split('?').next().unwrap(), theirs.path);
    assert_eq!(query_of(&signed.url), theirs.query, "{operation}");
    let json = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_default();
    let sent = String::from_utf8_lossy(&signed.body);
    assert_eq!(json(&sent), json(&theirs.body), "{operation}");
    let headers: BTreeMap<_, _> = signed.headers.iter().cloned().collect();
    let authorization = Authorization::parse(&headers["authorization"]).unwrap();
    for name in authorization.signed_headers {
        // Their JSON has its keys in another order.
        if name != "x-acs-content-sha256" {
            assert_eq!(headers[name], theirs.header(name), "{operation}: {name}");
        }
    }
    assert_eq!(
        ours.build(&target, theirs.time()).unwrap().method(),
        theirs.method.as_str()
    );
}

#[test]
fn functions_are_read_and_removed_as_the_vendors_client_does() {
    let call = Call::get("GetFunction", &["functions", "f1"]);
    assert_same("GetFunction", &call.param("qualifier", "LATEST"));
    let path = ["functions", "f1"];
    assert_same("DeleteFunction", &Call::delete("DeleteFunction", &path));
}

#[test]
fn triggers_and_settings_have_the_paths_of_the_vendors_client() {
    let path = ["functions", "f1", "triggers", "t1"];
    let recorded = recording("py-fc20230330-http", "DeleteTrigger.01");
    let Some(recorded) = recorded else { return };
    let name = recorded.path.rsplit('/').next().unwrap();
    let path = [path[0], path[1], path[2], name];
    assert_same("DeleteTrigger", &Call::delete("DeleteTrigger", &path));
    let body: Json = serde_json::from_str(
        &recording("py-fc20230330-http", "PutConcurrencyConfig.01")
            .unwrap()
            .body,
    )
    .unwrap();
    let path = ["functions", "f1", "concurrency"];
    assert_same(
        "PutConcurrencyConfig",
        &Call::put("PutConcurrencyConfig", &path, body),
    );
}

#[test]
fn tags_are_set_as_the_vendors_client_does() {
    let arn = "acs:fc:cn-hangzhou:1:functions/f1";
    let body = json!({
        "ResourceId": [arn], "ResourceType": "function", "Tag": [{ "Key": "a", "Value": "b" }],
    });
    assert_same(
        "TagResources",
        &Call::post("TagResources", &["tags-v2"], body),
    );
}
