//! The signature of the API that programs put events into `EventBridge` with: HMAC-SHA1 over a few headers and the path.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::digest::equal_in_constant_time;
use crate::mac::hmac_sha1;

/// The scheme's name, which a colon follows in the `Authorization` header.
pub const SCHEME: &str = "acs";

/// One HTTP call as the signature sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Upper-case HTTP method.
    pub method: &'a str,
    /// Path as sent.
    pub path: &'a str,
    /// Parameters of the query, decoded.
    pub query: &'a [(String, String)],
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
    /// Reads an `Authorization` header, `acs:KEY:SIGNATURE`; `None` when it is something else.
    pub fn parse(authorization: &'a str) -> Option<Self> {
        let rest = authorization.strip_prefix(SCHEME)?.strip_prefix(':')?;
        let (key_id, signature) = rest.split_once(':')?;
        Some(Self { key_id, signature })
    }

    /// Whether the signature was made with this secret for this call. Says nothing about time.
    pub fn verify(&self, call: &Call<'_>, secret: &str) -> bool {
        equal_in_constant_time(&signature(call, secret), self.signature)
    }
}

impl Call<'_> {
    /// What the signature is made of, as the vendor's clients do it.
    pub fn string_to_sign(&self) -> String {
        let header = |name: &str| {
            let found = self.headers.iter().find(|(header, _)| header == name);
            found.map_or("", |(_, value)| value.trim())
        };
        let parts = ["content-md5", "content-type", "date"].map(header);
        let mut text = format!("{}\n{}\n", self.method, parts.join("\n"));
        let own = self.headers.iter();
        let mut own: Vec<_> = own.filter(|(name, _)| name.starts_with("x-acs")).collect();
        own.sort_unstable();
        text.extend(
            own.into_iter()
                .flat_map(|(name, value)| [name, ":", value.trim(), "\n"]),
        );
        text.push_str(self.path);
        let mut query: Vec<_> = self.query.iter().collect();
        query.sort_unstable();
        for (number, (name, value)) in query.into_iter().enumerate() {
            let mark = if number == 0 { "?" } else { "&" };
            text.extend([mark, name, "=", value]);
        }
        text
    }
}

/// The `Authorization` value for a call that has a `date` header.
pub fn sign(call: &Call<'_>, key_id: &str, secret: &str) -> String {
    format!("{SCHEME}:{key_id}:{}", signature(call, secret))
}

fn signature(call: &Call<'_>, secret: &str) -> String {
    let text = call.string_to_sign();
    BASE64_STANDARD.encode(hmac_sha1(secret.as_bytes(), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(more: &[(&str, &str)]) -> Vec<(String, String)> {
        let all = [
            ("date", "Sun, 22 Nov 2026 08:36:54 GMT"),
            (
                "content-type",
                "application/cloudevents-batch+json; charset=utf-8",
            ),
            ("x-acs-signature-nonce", "d5a2643d8f41d451e1d72f5a7b6562be"),
            ("x-acs-signature-method", "HMAC-SHA1"),
            ("x-acs-signature-version", "1.0"),
            ("x-eventbridge-version", "2015-06-06"),
        ];
        let all = all.iter().chain(more);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// A signature that the vendor's client (alibabacloud-eventbridge 1.3.8) made of this very call.
    #[test]
    fn the_signature_is_that_of_the_vendors_client() {
        let call = Call {
            method: "POST",
            path: "/openapi/putEvents",
            query: &[],
            headers: &headers(&[]),
        };
        let expected = "acs:AKID:Qm1C/4E5L9W0o6ASXB9W1UkHv5E=";
        assert_eq!(sign(&call, "AKID", "SECRET"), expected);
    }

    #[test]
    fn a_changed_call_does_not_verify() {
        let signed = headers(&[]);
        let query = [("a".to_owned(), "b".to_owned())];
        let call = Call {
            method: "POST",
            path: "/openapi/putEvents",
            query: &query,
            headers: &signed,
        };
        let authorization = sign(&call, "AKID", "SECRET");
        let claim = Claim::parse(&authorization).unwrap();
        assert!(claim.verify(&call, "SECRET"));
        assert!(!claim.verify(&call, "other"));
        let more = headers(&[("x-acs-a", "b")]);
        for changed in [
            Call {
                path: "/openapi/other",
                ..call
            },
            Call { query: &[], ..call },
            Call {
                headers: &more,
                ..call
            },
        ] {
            assert!(!claim.verify(&changed, "SECRET"), "{changed:?}");
        }
    }

    #[test]
    fn other_schemes_are_no_claims() {
        for broken in ["", "acs", "acs:AKID", "acs AKID:x", "OSS a:b"] {
            assert_eq!(Claim::parse(broken), None, "{broken}");
        }
    }
}
