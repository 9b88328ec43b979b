//! ACS3-HMAC-SHA256: how a client signs a call to the vendor's OpenAPI products, and how a server checks it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::escape::strict;

/// The scheme's name, the first word of the `Authorization` header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// One HTTP call as the signature sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Upper-case HTTP method.
    pub method: &'a str,
    /// The path exactly as sent, still escaped; an empty path counts as `/`.
    pub path: &'a str,
    /// Decoded query parameters, in any order.
    pub query: &'a [(String, String)],
    /// Header names in lower case with their values, in any order.
    pub headers: &'a [(String, String)],
    /// Lower-case hex SHA-256 of the whole body, without any transfer coding.
    pub body_sha256: &'a str,
}

/// The parts of an ACS3 `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// Whose key signed.
    pub key_id: &'a str,
    /// The header names that the client signed, as it listed them.
    pub signed_headers: Vec<&'a str>,
    /// Lower-case hex HMAC.
    pub signature: &'a str,
}

/// Why a call is not accepted as signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Acs3Error {
    /// There is no `authorization` header of this scheme.
    #[error("the call carries no {ALGORITHM} Authorization header")]
    Missing,
    /// The header lacks Credential, `SignedHeaders` or Signature.
    #[error("the Authorization header is malformed")]
    Malformed,
    /// A header that decides what the call means was left out of the signature.
    #[error("the header `{name}` is not signed")]
    Unsigned {
        /// The header's name.
        name: String,
    },
    /// The signature is another one than the secret makes of the call.
    #[error("the signature does not match the canonical request:\n{canonical}")]
    Mismatch {
        /// What the server signed, so that the client can compare.
        canonical: String,
    },
}

impl<'a> Authorization<'a> {
    /// Reads a header value; spaces after the commas are accepted.
    pub fn parse(value: &'a str) -> Result<Self, Acs3Error> {
        let fields = value.strip_prefix(ALGORITHM).ok_or(Acs3Error::Missing)?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
                .filter(|text| !text.is_empty())
                .ok_or(Acs3Error::Malformed)
        };
        Ok(Self {
            key_id: field("Credential")?,
            signed_headers: field("SignedHeaders")?.split(';').collect(),
            signature: field("Signature")?,
        })
    }
}

impl Call<'_> {
    /// The canonical request over the named headers, in the order given.
    pub fn canonical(&self, signed_headers: &[&str]) -> String {
        let path = if self.path.is_empty() { "/" } else { self.path };
        let mut text = format!("{}\n{path}\n{}\n", self.method, self.canonical_query());
        for name in signed_headers {
            text.push_str(name);
            text.push(':');
            text.push_str(&self.header(name));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&signed_headers.join(";"));
        text.push('\n');
        text.push_str(self.body_sha256);
        text
    }

    /// The value of a header, its repetitions joined by commas; empty when absent.
    fn header(&self, name: &str) -> String {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
            .collect();
        values.join(",")
    }

    fn canonical_query(&self) -> String {
        let mut pairs: Vec<&(String, String)> = self.query.iter().collect();
        pairs.sort();
        let pairs: Vec<String> = pairs
            .iter()
            // The vendor's SDKs leave keys as they are; API parameter names need no escaping.
            .map(|(key, value)| format!("{key}={}", strict(value)))
            .collect();
        pairs.join("&")
    }
}

/// The `Authorization` value for a call: signs `host`, `content-type` and every `x-acs-*` header present.
pub fn sign(call: &Call<'_>, key_id: &str, secret: &str) -> String {
    let mut names: Vec<&str> = call
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| must_sign(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    let signature = hex(&mac(&call.canonical(&names), secret).finalize().into_bytes());
    format!(
        "{ALGORITHM} Credential={key_id},SignedHeaders={},Signature={signature}",
        names.join(";")
    )
}

/// Checks the `authorization` header among the call's headers, honouring the client's own list of signed headers.
///
/// The list must hold `host` and every `x-acs-*` header of the call, else a part of its meaning could be changed
/// on the way. The comparison takes the same time wherever the signatures differ.
pub fn verify(call: &Call<'_>, secret: &str) -> Result<(), Acs3Error> {
    let value = call.header("authorization");
    let authorization = Authorization::parse(&value)?;
    let signed = &authorization.signed_headers;
    let forgotten = call
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .find(|name| is_essential(name) && !signed.contains(name));
    if let Some(name) = forgotten {
        return Err(Acs3Error::Unsigned {
            name: name.to_owned(),
        });
    }
    let canonical = call.canonical(signed);
    let claimed = hex_bytes(authorization.signature).ok_or(Acs3Error::Malformed)?;
    mac(&canonical, secret)
        .verify_slice(&claimed)
        .map_err(|_| Acs3Error::Mismatch { canonical })
}

/// Lower-case hex SHA-256 of a body, as `x-acs-content-sha256` wants it.
pub fn body_sha256(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

fn must_sign(name: &str) -> bool {
    name == "content-type" || is_essential(name)
}

fn is_essential(name: &str) -> bool {
    name == "host" || name.starts_with("x-acs-")
}

fn mac(canonical: &str, secret: &str) -> Hmac<Sha256> {
    let to_sign = format!("{ALGORITHM}\n{}", body_sha256(canonical.as_bytes()));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(to_sign.as_bytes());
    mac
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    text
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_signed_call_verifies_and_a_changed_one_does_not() {
        let query = pairs(&[("DomainName", "a b.example.com"), ("Empty", "")]);
        let headers = pairs(&[
            ("host", "127.0.0.1:1"),
            ("x-acs-action", "DescribeCdnDomainDetail"),
            ("user-agent", "not signed"),
        ]);
        let digest = body_sha256(b"");
        let call = Call {
            method: "POST",
            path: "/",
            query: &query,
            headers: &headers,
            body_sha256: &digest,
        };
        assert!(
            call.canonical(&["host"])
                .contains("DomainName=a%20b.example.com&Empty=\n")
        );
        let value = sign(&call, "id", "secret");
        let mut with_signature = headers.clone();
        with_signature.push(("authorization".to_owned(), value));
        let signed = Call {
            headers: &with_signature,
            ..call
        };
        assert_eq!(verify(&signed, "secret"), Ok(()));
        assert!(matches!(
            verify(&signed, "other"),
            Err(Acs3Error::Mismatch { .. })
        ));
        let other = pairs(&[("DomainName", "a b.example.net"), ("Empty", "")]);
        assert!(matches!(
            verify(
                &Call {
                    query: &other,
                    ..signed
                },
                "secret"
            ),
            Err(Acs3Error::Mismatch { .. })
        ));
        let body = body_sha256(b"x");
        assert!(matches!(
            verify(
                &Call {
                    body_sha256: &body,
                    ..signed
                },
                "secret"
            ),
            Err(Acs3Error::Mismatch { .. })
        ));
    }

    #[test]
    fn an_acs_header_outside_the_signature_is_refused() {
        let mut headers = pairs(&[("host", "h")]);
        let call = Call {
            method: "GET",
            path: "/",
            query: &[],
            headers: &headers,
            body_sha256: "",
        };
        let value = sign(&call, "id", "secret");
        headers.push(("authorization".to_owned(), value));
        headers.push(("x-acs-action".to_owned(), "DeleteCdnDomain".to_owned()));
        let call = Call {
            method: "GET",
            path: "/",
            query: &[],
            headers: &headers,
            body_sha256: "",
        };
        assert_eq!(
            verify(&call, "secret"),
            Err(Acs3Error::Unsigned {
                name: "x-acs-action".to_owned()
            })
        );
    }

    #[test]
    fn headers_of_other_schemes_and_broken_ones_are_told_apart() {
        assert_eq!(Authorization::parse("OSS a:b"), Err(Acs3Error::Missing));
        for broken in [
            "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host",
            "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=00",
            "ACS3-HMAC-SHA256",
        ] {
            assert_eq!(Authorization::parse(broken), Err(Acs3Error::Malformed));
        }
    }

    proptest! {
        #[test]
        fn hex_round_trips(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(hex_bytes(&hex(&bytes)), Some(bytes));
        }

        #[test]
        fn parsing_never_panics(value in ".*") {
            let _ = Authorization::parse(&format!("{ALGORITHM}{value}"));
        }
    }
}
