//! Our calls against those of the vendor's own client for the same inputs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use wire::acs3::Authorization;

use super::client::call;
use super::config::{Function, Setting, describe_configs, set_configs};
use super::domain::{NewDomain, add_domain};
use super::refresh::{Purge, refresh, refresh_task};
use super::source::Source;
use crate::provider::alibaba::recording::{Recording, query_of, recording};
use crate::provider::alibaba::rpc::Call;

/// A parameter's value, with JSON in one spelling.
fn normal(query: BTreeSet<(String, String)>) -> BTreeMap<String, Json> {
    let value = |text: String| match serde_json::from_str::<Json>(&text) {
        Ok(json @ (Json::Array(_) | Json::Object(_))) => sorted(json),
        _ => Json::String(text),
    };
    query.into_iter().map(|(n, v)| (n, value(v))).collect()
}

/// The arguments of a function may come in any order.
fn sorted(json: Json) -> Json {
    match json {
        Json::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(sorted).collect();
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.into_iter().map(|(n, v)| (n, sorted(v))).collect();
            Json::Object(fields.into_iter().collect())
        }
        other => other,
    }
}

#[track_caller]
fn assert_same(operation: &str, ours: &Call) {
    let Some(theirs) = recording("py-cdn20180510", &format!("{operation}.01")) else {
        return;
    };
    let target = theirs.target();
    let nonce = theirs.header("x-acs-signature-nonce");
    let signed = ours.signed((&target, target.cdn_base()), theirs.time(), nonce);
    let path = signed.url.strip_prefix(target.endpoint.as_deref().unwrap());
    assert_eq!(path.unwrap().split('?').next().unwrap(), theirs.path);
    assert_eq!(theirs.method, "POST");
    let query = query_of(&signed.url);
    assert_eq!(
        normal(query.clone()),
        normal(theirs.query.clone()),
        "{operation}"
    );
    assert_eq!(signed.body, theirs.body.as_bytes(), "{operation}");
    let headers: BTreeMap<_, _> = signed.headers.iter().cloned().collect();
    let authorization = Authorization::parse(&headers["authorization"]).unwrap();
    for name in authorization.signed_headers {
        assert_eq!(headers[name], theirs.header(name), "{operation}: {name}");
    }
    assert_their_canonical_form(operation, ours, &theirs, query == theirs.query);
}

/// With the few headers that only their client sends, our call has their canonical form: their signature fits it.
#[track_caller]
fn assert_their_canonical_form(operation: &str, ours: &Call, theirs: &Recording, same: bool) {
    // JSON spelled with other spaces is another text, and so another signature.
    if !same {
        return;
    }
    let digest = wire::acs3::body_sha256(theirs.body.as_bytes());
    let call = wire::acs3::Call {
        method: "POST",
        path: "/",
        query: &ours.query,
        headers: &theirs.headers,
        body_sha256: &digest,
    };
    assert_eq!(wire::acs3::verify(&call, "SECRET"), Ok(()), "{operation}");
}

#[test]
fn domains_are_added_described_and_removed_as_the_vendors_client_does() {
    let new = NewDomain {
        domain: "a.example.com",
        kind: "web",
        sources: &[Source::bucket("bkt.oss-cn-hangzhou.aliyuncs.com")],
        check_url: None,
        scope: "domestic",
        tag: None,
    };
    assert_same("AddCdnDomain", &add_domain(&new));
    for operation in ["DescribeCdnDomainDetail", "DeleteCdnDomain"] {
        let call = call(operation).param("DomainName", "a.example.com");
        assert_same(operation, &call);
    }
}

#[test]
fn settings_are_made_and_described_as_the_vendors_client_does() {
    let args = [("ttl", "300"), ("file_type", "jpg"), ("weight", "1")];
    let setting = Setting {
        function: Function::FileTypeTtl,
        args: args.map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
    };
    let call = set_configs("a.example.com", &[(None, setting)]);
    assert_same("BatchSetCdnDomainConfig", &call);
    let call = describe_configs("a.example.com", "referer_white_list_set");
    assert_same("DescribeCdnDomainConfigs", &call);
}

#[test]
fn files_are_refreshed_as_the_vendors_client_does() {
    let urls = ["https://a.example.com/x.txt", "https://a.example.com/y.txt"];
    let urls = urls.map(str::to_owned);
    assert_same("RefreshObjectCaches", &refresh(&urls, Purge::File));
    assert_same("DescribeRefreshTasks", &refresh_task("1"));
}
