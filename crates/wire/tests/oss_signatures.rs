//! What is signed here verifies here, and nothing else does; presigned URLs included.

use proptest::prelude::*;
use wire::oss::{Key, Request, v1, v2, v4};

const AT: &str = "20261122T082800Z";

type Query = Vec<(String, Option<String>)>;

fn key(security_token: Option<&str>) -> Key {
    Key {
        id: "AKID".to_owned(),
        secret: "SECRET".to_owned(),
        security_token: security_token.map(str::to_owned),
    }
}

fn headers() -> Vec<(String, String)> {
    let headers = [
        ("content-type", "text/html"),
        ("date", "Sun, 22 Nov 2026 08:28:00 GMT"),
        ("x-oss-date", AT),
        ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
    ];
    headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

fn added(query: &Query, params: Vec<(String, String)>) -> Query {
    let params = params.into_iter().map(|(name, value)| (name, Some(value)));
    query.iter().cloned().chain(params).collect()
}

proptest! {
    #[test]
    fn header_signatures_verify_for_any_key_and_query(
        object in "[^/].{0,20}",
        query in proptest::collection::vec(("[a-z-]{1,8}", proptest::option::of(".{0,6}")), 0..4),
    ) {
        let headers = headers();
        let request = Request {
            method: "PUT", bucket: Some("bkt"), key: Some(&object), query: &query, headers: &headers,
        };
        let other = Request { key: Some("other"), ..request };

        let claim = v1::Claim::from_header(&v1::sign(&request, &key(None))).unwrap();
        prop_assert!(claim.verify(&request, "SECRET"));
        prop_assert!(!claim.verify(&request, "WRONG"));
        prop_assert_eq!(claim.verify(&other, "SECRET"), object == "other");

        let claim = v2::Claim::from_header(&v2::sign(&request, &key(None))).unwrap();
        prop_assert!(claim.verify(&request, "SECRET"));
        prop_assert!(!claim.verify(&request, "WRONG"));

        let authorization = v4::sign(&request, &key(None), "cn-hangzhou", AT);
        let claim = v4::Claim::from_header(&authorization, &request).unwrap();
        prop_assert_eq!((claim.region.as_str(), claim.day.as_str()), ("cn-hangzhou", "20261122"));
        prop_assert!(claim.verify(&request, "SECRET"));
        prop_assert!(!claim.verify(&request, "WRONG"));
        prop_assert_eq!(claim.verify(&other, "SECRET"), object == "other");
    }

    #[test]
    fn claims_are_read_from_any_text_without_panic(text in ".{0,60}") {
        let request = Request { method: "GET", bucket: None, key: None, query: &[], headers: &[] };
        for start in ["OSS ", "OSS2 ", "OSS4-HMAC-SHA256 ", ""] {
            let text = format!("{start}{text}");
            let _ = (v1::Claim::from_header(&text), v2::Claim::from_header(&text));
            let _ = v4::Claim::from_header(&text, &request);
        }
    }
}

#[test]
fn presigned_urls_verify_with_what_was_added_and_not_with_more() {
    for token in [None, Some("TOKEN")] {
        let query: Query = vec![("response-content-type".to_owned(), Some("a/b".to_owned()))];
        let request = Request {
            method: "GET",
            bucket: Some("bkt"),
            key: Some("a b"),
            query: &query,
            headers: &[],
        };
        let whole = added(
            &query,
            v4::presign(&request, &key(token), "cn-hangzhou", AT, 60),
        );
        let sent = Request {
            query: &whole,
            ..request
        };
        let claim = v4::Claim::from_query(&sent).unwrap();
        assert_eq!(claim.expires, Some(60));
        assert!(claim.verify(&sent, "SECRET"));
        let longer: Query = whole
            .iter()
            .cloned()
            .chain([("x".to_owned(), None)])
            .collect();
        assert!(!claim.verify(
            &Request {
                query: &longer,
                ..sent
            },
            "SECRET"
        ));

        let whole = added(&query, v1::presign(&request, &key(token), 1_800_000_000));
        let sent = Request {
            query: &whole,
            ..request
        };
        let claim = v1::Claim::from_query(&sent).unwrap();
        assert_eq!(claim.expires, Some(1_800_000_000));
        assert!(claim.verify(&sent, "SECRET"));
        let later = v1::Claim {
            expires: Some(1_900_000_000),
            ..claim
        };
        assert!(!later.verify(&sent, "SECRET"));
    }
}
