//! The signature of Message Service (MNS, version 2015-06-06): HMAC-SHA1 over a few headers and the target as sent.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::digest::equal_in_constant_time;
use crate::mac::hmac_sha1;

/// The scheme's name, the first word of the `Authorization` header.
pub const SCHEME: &str = "MNS";
/// The version of the API, as `x-mns-version` names it.
pub const VERSION: &str = "2015-06-06";
/// The namespace of all documents.
pub const NAMESPACE: &str = "http://mns.aliyuncs.com/doc/v1/";

/// One HTTP call as the signature sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Upper-case HTTP method.
    pub method: &'a str,
    /// Path and query as sent, nothing decoded.
    pub target: &'a str,
    /// Header names in lower case with their values, in any order.
    pub headers: &'a [(String, String)],
}

/// What a call says about its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Whose key signed.
    pub key_id: &'a str,
    /// Signature in base64.
    pub signature: &'a str,
}

impl<'a> Claim<'a> {
    /// Reads an `Authorization` header; `None` when it is of another scheme or has no signature.
    pub fn parse(authorization: &'a str) -> Option<Self> {
        let value = authorization.strip_prefix(SCHEME)?.strip_prefix(' ')?;
        let (key_id, signature) = value.trim().split_once(':')?;
        Some(Self { key_id, signature })
    }

    /// Whether the signature was made with this secret for this call. Says nothing about time.
    pub fn verify(&self, call: &Call<'_>, secret: &str) -> bool {
        equal_in_constant_time(&signature(call, secret), self.signature)
    }
}

impl<'a> Call<'a> {
    /// The value of a header; empty when absent.
    pub fn header(&self, name: &str) -> &'a str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// What the signature is made of ("Sign requests" of the vendor's docs).
    pub fn string_to_sign(&self) -> String {
        let mut own: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-mns-"))
            .map(|(name, value)| (name.as_str(), value.trim()))
            .collect();
        own.sort_unstable();
        let mut text: String = [
            self.method,
            self.header("content-md5"),
            self.header("content-type"),
            self.header("date"),
        ]
        .iter()
        .flat_map(|line| [*line, "\n"])
        .collect();
        text.extend(
            own.iter()
                .flat_map(|(name, value)| [*name, ":", *value, "\n"]),
        );
        text.push_str(self.target);
        text
    }
}

/// The `Authorization` value for a call that has a `date` header.
pub fn sign(call: &Call<'_>, key_id: &str, secret: &str) -> String {
    format!("{SCHEME} {key_id}:{}", signature(call, secret))
}

fn signature(call: &Call<'_>, secret: &str) -> String {
    let text = call.string_to_sign();
    BASE64_STANDARD.encode(hmac_sha1(secret.as_bytes(), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// Signatures that the vendor's client (aliyun-mns-sdk 1.3.0) made of these very calls.
    #[test]
    fn signatures_are_those_of_the_vendors_client() {
        let date = ("date", "Sun, 22 Nov 2026 08:28:00 GMT");
        let plain = headers(&[date, ("x-mns-version", VERSION), ("host", "127.0.0.1:1")]);
        let body = headers(&[
            date,
            ("x-mns-version", VERSION),
            ("x-mns-user-request-id", "mine"),
            (
                "content-md5",
                "NWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2M1OTI=",
            ),
            ("content-type", "text/xml;charset=UTF-8"),
        ]);
        let cases = [
            (
                "GET",
                "/queues/q/messages?waitseconds=3",
                &plain,
                "MNS AKID:AMvTZ9LViZbVqN6EuDC7oIsIT58=",
            ),
            (
                "PUT",
                "/queues/q",
                &body,
                "MNS AKID:qg4rTK+STWOaRzYkUVxS+pgE5SY=",
            ),
        ];
        for (method, target, headers, expected) in cases {
            let call = Call {
                method,
                target,
                headers,
            };
            assert_eq!(sign(&call, "AKID", "SECRET"), expected, "{target}");
        }
    }

    #[test]
    fn a_signed_call_verifies_and_a_changed_one_does_not() {
        let signed = headers(&[("date", "Sun, 22 Nov 2026 08:28:00 GMT")]);
        let call = Call {
            method: "GET",
            target: "/queues/q?a=b",
            headers: &signed,
        };
        let authorization = sign(&call, "AKID", "SECRET");
        let claim = Claim::parse(&authorization).unwrap();
        assert_eq!(claim.key_id, "AKID");
        assert!(claim.verify(&call, "SECRET"));
        assert!(!claim.verify(&call, "other"));
        let more = headers(&[("date", "Sun, 22 Nov 2026 08:28:00 GMT"), ("x-mns-a", "b")]);
        for changed in [
            Call {
                target: "/queues/q?a=c",
                ..call
            },
            Call {
                method: "PUT",
                ..call
            },
            Call {
                headers: &more,
                ..call
            },
            Call {
                headers: &[],
                ..call
            },
        ] {
            assert!(!claim.verify(&changed, "SECRET"), "{changed:?}");
        }
    }

    #[test]
    fn other_schemes_and_broken_headers_are_no_claims() {
        for broken in ["", "MNS", "MNS AKID", "MNSX a:b", "OSS a:b", "MNS:a:b"] {
            assert_eq!(Claim::parse(broken), None, "{broken}");
        }
    }
}
