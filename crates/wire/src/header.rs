//! How the older APIs sign alike: a digest over the method, a few headers and a resource, in the `Authorization` header.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::digest::equal_in_constant_time;
use crate::mac::{hmac_sha1, hmac_sha256};

/// In what one API differs from the others.
#[derive(Debug)]
pub struct Scheme {
    /// What the header's value begins with, before the key's id.
    word: &'static str,
    /// What the names of headers of its own begin with; they are signed.
    own: &'static str,
    mac: fn(&[u8], &[u8]) -> Vec<u8>,
}

/// Function Compute's older API (2016-08-15). Its resource is the path, decoded; the query is not signed.
pub static FC2: Scheme = Scheme {
    word: "FC ",
    own: "x-fc-",
    mac: hmac_sha256,
};

/// Message Service ("Sign requests" of the vendor's docs). Its resource is path and query as sent, nothing decoded.
pub static MNS: Scheme = Scheme {
    word: "MNS ",
    own: "x-mns-",
    mac: hmac_sha1,
};

/// The API that programs put events into `EventBridge` with. Its resource: [`crate::event_bridge::resource`].
pub static EVENT_BRIDGE: Scheme = Scheme {
    word: "acs:",
    own: "x-acs",
    mac: hmac_sha1,
};

/// One HTTP call as the signature sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Whose rules it follows.
    pub scheme: &'static Scheme,
    /// Upper-case HTTP method.
    pub method: &'a str,
    /// What is called, in the scheme's spelling.
    pub resource: &'a str,
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

impl<'a> Call<'a> {
    /// The value of a header; empty when absent.
    pub fn header(&self, name: &str) -> &'a str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// What its `authorization` header says; `None` when it is absent, of another scheme, or has no signature.
    pub fn claim(&self) -> Option<Claim<'a>> {
        let said = self.header("authorization");
        let (key_id, signature) = said.strip_prefix(self.scheme.word)?.split_once(':')?;
        let key_id = key_id.trim_start();
        Some(Claim { key_id, signature })
    }

    /// Whether the claim's signature was made with this secret for this call. Says nothing about time.
    pub fn bears_out(&self, claim: &Claim<'_>, secret: &str) -> bool {
        equal_in_constant_time(&self.signature(secret), claim.signature)
    }

    /// The `Authorization` value for a call that has a `date` header.
    pub fn sign(&self, key_id: &str, secret: &str) -> String {
        format!("{}{key_id}:{}", self.scheme.word, self.signature(secret))
    }

    /// What the signature is made of.
    pub fn string_to_sign(&self) -> String {
        let own = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()));
        let mut own: Vec<_> = own
            .filter(|(name, _)| name.starts_with(self.scheme.own))
            .collect();
        own.sort_unstable();
        let [md5, kind, date] =
            ["content-md5", "content-type", "date"].map(|name| self.header(name));
        let mut text = format!("{}\n{md5}\n{kind}\n{date}\n", self.method);
        text.extend(
            own.iter()
                .flat_map(|(name, value)| [*name, ":", *value, "\n"]),
        );
        text.push_str(self.resource);
        text
    }

    fn signature(&self, secret: &str) -> String {
        let text = self.string_to_sign();
        BASE64_STANDARD.encode((self.scheme.mac)(secret.as_bytes(), text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_bridge;

    fn headers(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn call<'a>(
        scheme: &'static Scheme,
        (method, resource): (&'a str, &'a str),
        headers: &'a [(String, String)],
    ) -> Call<'a> {
        Call {
            scheme,
            method,
            resource,
            headers,
        }
    }

    /// Signatures that the vendor's client (aliyun-fc2 2.5.2) made of these very calls.
    #[test]
    fn signatures_of_function_compute_are_those_of_the_vendors_client() {
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
        let token_path = ("GET", "/2016-08-15/tempBucketToken");
        assert_eq!(
            call(&FC2, token_path, &plain).sign("AKID", "SECRET"),
            "FC AKID:819lNjVrRH9pQ0jAf0CE/QdHn+bbmgsk2nsuZeYMoyI="
        );
        let services = ("POST", "/2016-08-15/services/a b");
        assert_eq!(
            call(&FC2, services, &token).sign("AKID", "SECRET"),
            "FC AKID:iq+8jN2Kng6x42KR2Fk3vYtyWo36zsGGL/a0jxoyW+w="
        );
    }

    /// Signatures that the vendor's client (aliyun-mns-sdk 1.3.0) made of these very calls.
    #[test]
    fn signatures_of_message_service_are_those_of_the_vendors_client() {
        let date = ("date", "Sun, 22 Nov 2026 08:28:00 GMT");
        let version = ("x-mns-version", "2015-06-06");
        let plain = headers(&[date, version, ("host", "127.0.0.1:1")]);
        let body = headers(&[
            date,
            version,
            ("x-mns-user-request-id", "mine"),
            (
                "content-md5",
                "NWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2M1OTI=",
            ),
            ("content-type", "text/xml;charset=UTF-8"),
        ]);
        let receive = ("GET", "/queues/q/messages?waitseconds=3");
        assert_eq!(
            call(&MNS, receive, &plain).sign("AKID", "SECRET"),
            "MNS AKID:AMvTZ9LViZbVqN6EuDC7oIsIT58="
        );
        assert_eq!(
            call(&MNS, ("PUT", "/queues/q"), &body).sign("AKID", "SECRET"),
            "MNS AKID:qg4rTK+STWOaRzYkUVxS+pgE5SY="
        );
    }

    /// A signature that the vendor's client (alibabacloud-eventbridge 1.3.8) made of this very call.
    #[test]
    fn the_signature_of_event_bridge_is_that_of_the_vendors_client() {
        let headers = headers(&[
            ("date", "Sun, 22 Nov 2026 08:36:54 GMT"),
            (
                "content-type",
                "application/cloudevents-batch+json; charset=utf-8",
            ),
            ("x-acs-signature-nonce", "d5a2643d8f41d451e1d72f5a7b6562be"),
            ("x-acs-signature-method", "HMAC-SHA1"),
            ("x-acs-signature-version", "1.0"),
            ("x-eventbridge-version", "2015-06-06"),
        ]);
        let resource = event_bridge::resource("/openapi/putEvents", &[]);
        assert_eq!(
            call(&EVENT_BRIDGE, ("POST", &resource), &headers).sign("AKID", "SECRET"),
            "acs:AKID:Qm1C/4E5L9W0o6ASXB9W1UkHv5E="
        );
    }

    #[test]
    fn a_signed_call_is_borne_out_and_a_changed_one_is_not() {
        let date = ("date", "Sun, 22 Nov 2026 08:28:00 GMT");
        for scheme in [&FC2, &MNS, &EVENT_BRIDGE] {
            let own = format!("{}-a", scheme.own);
            let sent = headers(&[date]);
            let sent = call(scheme, ("GET", "/queues/q?a=b"), &sent);
            let authorization = sent.sign("AKID", "SECRET");
            let claimed = headers(&[date, ("authorization", &authorization)]);
            let claimed = Call {
                headers: &claimed,
                ..sent
            };
            let claim = claimed.claim().unwrap();
            assert_eq!(claim.key_id, "AKID");
            assert!(claimed.bears_out(&claim, "SECRET"));
            assert!(!claimed.bears_out(&claim, "other"));
            let more = headers(&[date, (&own, "b")]);
            for changed in [
                Call {
                    resource: "/queues/q?a=c",
                    ..sent
                },
                Call {
                    method: "PUT",
                    ..sent
                },
                Call {
                    headers: &more,
                    ..sent
                },
                Call {
                    headers: &[],
                    ..sent
                },
            ] {
                assert!(!changed.bears_out(&claim, "SECRET"), "{changed:?}");
            }
        }
    }

    #[test]
    fn other_schemes_and_broken_headers_are_no_claims() {
        let cases: [(&Scheme, &[&str]); 3] = [
            (&FC2, &["FC", "FC AKID", "FCX a:b", "OSS a:b", "FC:a:b"]),
            (&MNS, &["MNS", "MNS AKID", "MNSX a:b", "OSS a:b", "MNS:a:b"]),
            (&EVENT_BRIDGE, &["acs", "acs:AKID", "acs AKID:x", "OSS a:b"]),
        ];
        for (scheme, broken) in cases {
            assert_eq!(call(scheme, ("GET", "/"), &[]).claim(), None);
            for broken in broken {
                let headers = headers(&[("authorization", broken)]);
                let claim = call(scheme, ("GET", "/"), &headers).claim();
                assert_eq!(claim, None, "{broken}");
            }
        }
    }
}
