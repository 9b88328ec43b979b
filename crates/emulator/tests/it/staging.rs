//! Code by way of the staging bucket: a key is lent by the older API, an archive is put with it, functions are made of it.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use wire::header;
use wire::oss::{Key, Request, v1, v4};

use crate::client::{Answer, Cloud, SECRET, exchange, request};
use crate::function::{archive, hello};

const OTHER: &str = "def handler(event, context):\n    return 'from the bucket'\n";

/// What was lent.
struct Lent {
    key: Key,
    bucket: String,
    /// The whole name of the object.
    object: String,
}

impl Lent {
    fn path(&self) -> String {
        format!("/{}/{}", self.bucket, self.object)
    }

    fn token(&self) -> &str {
        self.key.security_token.as_deref().unwrap()
    }
}

async fn ask(cloud: &Cloud, secret: &str) -> Answer {
    let date = httpdate::fmt_http_date(SystemTime::now());
    let mut headers = vec![("date".to_owned(), date)];
    let call = header::Call {
        scheme: &header::FC2,
        method: "GET",
        resource: "/2016-08-15/tempBucketToken",
        headers: &headers,
    };
    let authorization = call.sign("AKID", secret);
    headers.push(("authorization".to_owned(), authorization));
    let bytes = request("GET", "/2016-08-15/tempBucketToken", &headers, b"");
    exchange(cloud.address(), &bytes).await.unwrap()
}

async fn lend(cloud: &Cloud) -> Lent {
    let answer = ask(cloud, SECRET).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("x-fc-request-id").is_some());
    let body = answer.json();
    let text = |at: &str| body.pointer(at).unwrap().as_str().unwrap().to_owned();
    Lent {
        key: Key {
            id: text("/credentials/AccessKeyId"),
            secret: text("/credentials/AccessKeySecret"),
            security_token: Some(text("/credentials/SecurityToken")),
        },
        bucket: text("/ossBucket"),
        object: format!("1234567890123456/{}", text("/objectName")),
    }
}

/// A call signed in version 1 or 4 with a lent key.
async fn with(
    cloud: &Cloud,
    lent: &Lent,
    version: u8,
    (method, path): (&str, &str),
    body: &[u8],
) -> Answer {
    let (name, query) = path.split_once('?').unwrap_or((path, ""));
    let (bucket, key) = name.trim_start_matches('/').split_once('/').unwrap();
    let query = wire::escape::parse_query(query);
    let now = jiff::Timestamp::now();
    let at = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers = match version {
        1 => vec![(
            "date".to_owned(),
            httpdate::fmt_http_date(SystemTime::now()),
        )],
        _ => vec![
            ("x-oss-date".to_owned(), at.clone()),
            (
                "x-oss-content-sha256".to_owned(),
                "UNSIGNED-PAYLOAD".to_owned(),
            ),
        ],
    };
    headers.push(("x-oss-security-token".to_owned(), lent.token().to_owned()));
    let view = Request {
        method,
        bucket: Some(bucket),
        key: (!key.is_empty()).then_some(key),
        query: &query,
        headers: &headers,
    };
    let authorization = match version {
        1 => v1::sign(&view, &lent.key),
        _ => v4::sign(&view, &lent.key, "cn-hangzhou", &at),
    };
    headers.push(("authorization".to_owned(), authorization));
    let bytes = request(method, path, &headers, body);
    exchange(cloud.address(), &bytes).await.unwrap()
}

#[tokio::test]
async fn code_is_put_with_a_lent_key_and_taken_from_there() {
    let cloud = Cloud::start().await;
    for (version, method, target) in [(1, "POST", "functions"), (4, "PUT", "functions/hello")] {
        let lent = lend(&cloud).await;
        let code = STANDARD.decode(archive("index.py", OTHER)).unwrap();
        let put = with(&cloud, &lent, version, ("PUT", &lent.path()), &code).await;
        assert_eq!(put.status, 200, "{put:?}");
        let mut function = hello();
        function["code"] = json!({ "ossBucketName": lent.bucket, "ossObjectName": lent.object });
        let made = cloud.fc_json(method, target, &function).await;
        assert_eq!(made.status, 200, "{made:?}");
        assert_eq!(made.json()["codeSize"], code.len());
    }
    let said = cloud.fc("POST", "functions/hello/invocations", b"x").await;
    assert_eq!(said.text(), "from the bucket");
}

#[tokio::test]
async fn a_lent_key_is_good_for_one_object_and_an_hour() {
    let cloud = Cloud::with_bucket("private").await;
    let lent = lend(&cloud).await;
    let path = lent.path();
    let near = format!("{path}x");
    let acl = format!("{path}?acl");
    let part = format!("{path}?uploadId=1&partNumber=1");
    for version in [1, 4] {
        for call in [
            ("PUT", near.as_str()),
            ("PUT", "/bkt/key"),
            ("GET", path.as_str()),
            ("DELETE", path.as_str()),
            ("PUT", acl.as_str()),
            ("PUT", part.as_str()),
            ("GET", "/bkt/"),
        ] {
            let refused = with(&cloud, &lent, version, call, b"x").await;
            let seen = (refused.status, refused.code());
            assert_eq!(seen, (403, "AccessDenied".to_owned()), "{call:?}");
        }
    }
    let other = lend(&cloud).await;
    let mixed = Lent {
        key: Key {
            security_token: other.key.security_token.clone(),
            ..lent.key.clone()
        },
        ..lend(&cloud).await
    };
    let refused = with(&cloud, &mixed, 1, ("PUT", &path), b"x").await;
    assert_eq!(refused.code(), "InvalidSecurityToken");
    let forged = Lent {
        key: Key {
            secret: "guess".to_owned(),
            ..lent.key.clone()
        },
        ..lend(&cloud).await
    };
    let refused = with(&cloud, &forged, 1, ("PUT", &path), b"x").await;
    assert_eq!(refused.code(), "SignatureDoesNotMatch");

    let put = with(&cloud, &lent, 1, ("PUT", &path), b"x").await;
    assert_eq!(put.status, 200, "{put:?}");
    let hour = br#"{"advance_ms":3600001}"#;
    assert_eq!(cloud.admin("POST", "clock", hour).await.status, 200);
    let late = with(&cloud, &lent, 1, ("PUT", &path), b"x").await;
    assert_eq!(
        (late.status, late.code()),
        (403, "SecurityTokenExpired".to_owned())
    );
}

#[tokio::test]
async fn the_staging_bucket_is_nobodys() {
    let cloud = Cloud::with_bucket("private").await;
    let lent = lend(&cloud).await;
    let put = with(&cloud, &lent, 1, ("PUT", &lent.path()), b"x").await;
    assert_eq!(put.status, 200, "{put:?}");
    let listed = cloud.call("GET", "/", &[], b"").await.text();
    assert!(listed.contains("<Name>bkt</Name>"), "{listed}");
    assert!(!listed.contains(&lent.bucket), "{listed}");
    let status = cloud.admin("GET", "status", b"").await.json();
    let counted = json!({ "buckets": 1, "objects": 0, "bytes": 0 });
    assert!(
        status.to_string().contains(&counted.to_string()),
        "{status}"
    );
    let bucket = format!("/{}/", lent.bucket);
    for call in [("GET", &lent.path()), ("GET", &bucket), ("PUT", &bucket)] {
        let refused = cloud.call(call.0, call.1, &[], b"").await;
        let seen = (refused.status, refused.code());
        assert_eq!(seen, (403, "AccessDenied".to_owned()), "{call:?}");
    }
}

#[tokio::test]
async fn what_was_staged_is_swept_after_a_day() {
    let cloud = Cloud::start().await;
    let lent = lend(&cloud).await;
    let large = vec![0; 100 * 1024];
    let put = with(&cloud, &lent, 1, ("PUT", &lent.path()), &large).await;
    assert_eq!(put.status, 200, "{put:?}");
    lend(&cloud).await;
    assert_eq!(cloud.blobs(), 1);
    let day = br#"{"advance_ms":86400001}"#;
    assert_eq!(cloud.admin("POST", "clock", day).await.status, 200);
    lend(&cloud).await;
    assert_eq!(cloud.blobs(), 0);
}

#[tokio::test]
async fn no_key_is_lent_to_strangers_and_the_rest_of_the_older_api_is_not_served() {
    let cloud = Cloud::start().await;
    let refused = ask(&cloud, "wrong").await;
    let code = refused.json()["ErrorCode"].clone();
    assert_eq!((refused.status, code), (403, json!("SignatureNotMatch")));
    let other = cloud.visit("GET", "/2016-08-15/services", &[]).await;
    let code = other.json()["ErrorCode"].clone();
    assert_eq!((other.status, code), (501, json!("NotImplemented")));
}
