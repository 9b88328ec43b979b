//! Signatures, their times, and how requests name buckets and keys.

use std::time::{Duration, SystemTime};

use wire::oss::{Key, Request, v4};

use crate::client::{Cloud, SECRET, exchange, request, signed};

fn key() -> Key {
    Key {
        id: "AKID".to_owned(),
        secret: SECRET.to_owned(),
        security_token: None,
    }
}

fn presigned(key_name: &str, expires: u32) -> String {
    let now = jiff::Timestamp::now()
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string();
    let view = Request {
        method: "GET",
        bucket: Some("bkt"),
        key: Some(key_name),
        query: &[],
        headers: &[],
    };
    let params = v4::presign(&view, &key(), "cn-hangzhou", &now, expires);
    let pairs: Vec<_> = params
        .iter()
        .map(|(name, value)| format!("{name}={}", wire::escape::strict(value)))
        .collect();
    format!("/bkt/{key_name}?{}", pairs.join("&"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_url_ends_with_the_clouds_time() {
    let cloud = Cloud::with_bucket("private").await;
    cloud.call("PUT", "/bkt/a", &[], b"x").await;
    let url = presigned("a", 600);
    assert_eq!(cloud.visit("GET", &url, &[]).await.body, b"x");
    cloud
        .admin("POST", "clock", b"{\"advance_ms\":601000}")
        .await;
    let late = cloud.visit("GET", &url, &[]).await;
    assert_eq!((late.status, late.code().as_str()), (403, "AccessDenied"));
    let too_long = cloud
        .visit("GET", &presigned("a", 8 * 24 * 3600), &[])
        .await;
    assert_eq!(too_long.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_must_be_signed_now_by_some_clock() {
    let cloud = Cloud::with_bucket("private").await;
    let at = |ahead: u64| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(ahead));
    let ask = async |ahead: u64| {
        cloud
            .call("GET", "/bkt/", &[("date", &at(ahead))], b"")
            .await
    };
    assert_eq!(ask(0).await.status, 200);
    assert_eq!(ask(7200).await.code(), "RequestTimeTooSkewed");
    cloud
        .admin("POST", "clock", b"{\"advance_ms\":7200000}")
        .await;
    assert_eq!(ask(7200).await.status, 200);
    assert_eq!(
        ask(0).await.status,
        200,
        "clients on the machine's time are believed"
    );
    assert_eq!(ask(3600).await.code(), "RequestTimeTooSkewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_request_is_refused() {
    let cloud = Cloud::with_bucket("private").await;
    let honest = String::from_utf8(signed("PUT", "/bkt/a", &[("x-oss-meta-a", "1")], b"")).unwrap();
    for (from, to) in [
        ("/bkt/a", "/bkt/b"),
        ("x-oss-meta-a: 1", "x-oss-meta-a: 2"),
        ("PUT", "DELETE"),
    ] {
        let changed = honest.replacen(from, to, 1);
        assert_ne!(changed, honest);
        let answer = exchange(cloud.address(), changed.as_bytes()).await.unwrap();
        assert_eq!(answer.code(), "SignatureDoesNotMatch", "{from} -> {to}");
    }
    assert_eq!(
        exchange(cloud.address(), honest.as_bytes())
            .await
            .unwrap()
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_head_requests_travel_in_a_header() {
    let cloud = Cloud::with_bucket("private").await;
    let answer = cloud.call("HEAD", "/bkt/missing", &[], b"").await;
    assert_eq!((answer.status, answer.body.len()), (404, 0));
    let error =
        wire::oss::error::ErrorBody::parse_header(answer.header("x-oss-err").unwrap()).unwrap();
    assert_eq!(error.code, "NoSuchKey");
    assert_eq!(
        Some(error.request_id.as_str()),
        answer.header("x-oss-request-id")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_plus_in_a_path_means_what_was_signed() {
    let cloud = Cloud::with_bucket("private").await;
    let plus = String::from_utf8(signed("PUT", "/bkt/a+b", &[], b"plus")).unwrap();
    assert_eq!(
        exchange(cloud.address(), plus.as_bytes())
            .await
            .unwrap()
            .status,
        200
    );
    let spaced = String::from_utf8(signed("PUT", "/bkt/a%20b", &[], b"space")).unwrap();
    let spaced = spaced.replacen("a%20b", "a+b", 1);
    assert_eq!(
        exchange(cloud.address(), spaced.as_bytes())
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(
        cloud.call("GET", "/bkt/a%2Bb", &[], b"").await.body,
        b"plus"
    );
    assert_eq!(
        cloud.call("GET", "/bkt/a%20b", &[], b"").await.body,
        b"space"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_says_so() {
    let cloud = Cloud::with_bucket("private").await;
    for target in [
        "/bkt/?cors",
        "/bkt/?lifecycle",
        "/bkt/?versioning",
        "/bkt/?referer",
        "/bkt/a?symlink",
        "/bkt/?nonsense",
    ] {
        let answer = cloud.call("PUT", target, &[], b"<a/>").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (501, "NotImplemented"),
            "{target}"
        );
    }
    let encrypted = cloud
        .call(
            "PUT",
            "/bkt/a",
            &[("x-oss-server-side-encryption", "AES256")],
            b"x",
        )
        .await;
    assert_eq!(encrypted.status, 501);
    let rules = b"<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule/></RoutingRules></WebsiteConfiguration>";
    assert_eq!(
        cloud.call("PUT", "/bkt/?website", &[], rules).await.status,
        501
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn absolute_targets_name_the_bucket_in_their_host() {
    let cloud = Cloud::with_bucket("public-read").await;
    cloud.call("PUT", "/bkt/a", &[], b"x").await;
    let target = "http://bkt.oss-cn-hangzhou.aliyuncs.com/a";
    let bytes = request("GET", target, &[], b"");
    assert_eq!(exchange(cloud.address(), &bytes).await.unwrap().body, b"x");
}
