//! The signature of Function Compute's older API (2016-08-15): HMAC-SHA256 over a few headers and the path.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::digest::equal_in_constant_time;
use crate::mac::hmac_sha256;

/// The scheme's name, the first word of the `Authorization` header.
pub const SCHEME: &str = "FC";

/// One HTTP call as the signature sees it. The query is no part of it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Upper-case HTTP method.
    pub method: &'a str,
    /// The path, decoded.
    pub path: &'a str,
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

    /// What the signature is made of.
    pub fn string_to_sign(&self) -> String {
        let mut own: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-fc-"))
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
        text.push_str(self.path);
        text
    }
}

/// The `Authorization` value for a call that has a `date` header.
pub fn sign(call: &Call<'_>, key_id: &str, secret: &str) -> String {
    format!("{SCHEME} {key_id}:{}", signature(call, secret))
}

fn signature(call: &Call<'_>, secret: &str) -> String {
    let text = call.string_to_sign();
    BASE64_STANDARD.encode(hmac_sha256(secret.as_bytes(), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// Signatures that the vendor's client (aliyun-fc2 2.5.2) made of these very calls.
    #[test]
    fn signatures_are_those_of_the_vendors_client() {
        let plain = headers(&[
            ("host", "127.0.0.1:18090"),
            ("date", "Sun, 22 Nov 2026 08:28:00 GMT"),
            ("content-type", "application/json"),
            ("content-length", "0"),
        ]);
        let mut token = plain.clone();
        token.extend(headers(&[
            ("x-fc-trace-id", "b"),
            ("x-fc-security-token", "tok"),
            ("content-md5", "abc=="),
        ]));
        let cases = [
            (
                "GET",
                "/2016-08-15/tempBucketToken",
                &plain,
                "FC AKID:819lNjVrRH9pQ0jAf0CE/QdHn+bbmgsk2nsuZeYMoyI=",
            ),
            (
                "POST",
                "/2016-08-15/services/a b",
                &token,
                "FC AKID:iq+8jN2Kng6x42KR2Fk3vYtyWo36zsGGL/a0jxoyW+w=",
            ),
        ];
        for (method, path, headers, expected) in cases {
            let call = Call {
                method,
                path,
                headers,
            };
            assert_eq!(sign(&call, "AKID", "SECRET"), expected, "{path}");
        }
    }

    #[test]
    fn a_signed_call_verifies_and_a_changed_one_does_not() {
        let date = headers(&[("date", "Sun, 22 Nov 2026 08:28:00 GMT")]);
        let call = Call {
            method: "GET",
            path: "/p",
            headers: &date,
        };
        let authorization = sign(&call, "AKID", "SECRET");
        let claim = Claim::parse(&authorization).unwrap();
        assert_eq!(claim.key_id, "AKID");
        assert!(claim.verify(&call, "SECRET"));
        assert!(!claim.verify(&call, "other"));
        let token = headers(&[("date", "Sun, 22 Nov 2026 08:28:00 GMT"), ("x-fc-a", "b")]);
        for changed in [
            Call { path: "/q", ..call },
            Call {
                method: "PUT",
                ..call
            },
            Call {
                headers: &token,
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
        for broken in ["", "FC", "FC AKID", "FCX a:b", "OSS a:b", "FC:a:b"] {
            assert_eq!(Claim::parse(broken), None, "{broken}");
        }
    }
}
