//! Signature version 2: HMAC-SHA256 over the encoded resource with all of its query; header form only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Key, Request};
use crate::digest::equal_in_constant_time;
use crate::escape::strict;
use crate::mac::hmac_sha256;

/// What a request says about its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Access key id.
    pub key_id: String,
    /// Lower-case names of further headers that are signed.
    pub additional: Vec<String>,
    /// Signature in base64.
    pub signature: String,
}

impl Claim {
    /// Reads an `Authorization` header.
    pub fn from_header(authorization: &str) -> Option<Self> {
        let (mut key_id, mut signature, mut additional) = (None, None, Vec::new());
        for part in authorization.strip_prefix("OSS2 ")?.split(',') {
            match part.trim().split_once(':')? {
                ("AccessKeyId", value) => key_id = Some(value.to_owned()),
                ("AdditionalHeaders", value) => {
                    additional = value.split(';').map(str::to_ascii_lowercase).collect();
                }
                ("Signature", value) => signature = Some(value.to_owned()),
                _ => return None,
            }
        }
        Some(Self {
            key_id: key_id?,
            additional,
            signature: signature?,
        })
    }

    /// The text that this claim's signature covers.
    pub fn string_to_sign(&self, request: &Request<'_>) -> String {
        string_to_sign(request, &self.additional)
    }

    /// Whether the signature was made with this secret for this request. Says nothing about time.
    pub fn verify(&self, request: &Request<'_>, secret: &str) -> bool {
        let expected = signature(&self.string_to_sign(request), secret);
        equal_in_constant_time(&expected, &self.signature)
    }
}

/// The `Authorization` value for a request that has a `date` or `x-oss-date` header.
pub fn sign(request: &Request<'_>, key: &Key) -> String {
    let signature = signature(&string_to_sign(request, &[]), &key.secret);
    format!("OSS2 AccessKeyId:{},Signature:{signature}", key.id)
}

fn string_to_sign(request: &Request<'_>, additional: &[String]) -> String {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let date = request
        .header("x-oss-date")
        .or_else(|| request.header("date"));
    let is_signed =
        |name: &str| name.starts_with("x-oss-") || additional.iter().any(|extra| extra == name);
    let mut names = additional.to_vec();
    names.sort_unstable();
    format!(
        "{}\n{}\n{}\n{}\n{}{}\n{}",
        request.method,
        header("content-md5"),
        header("content-type"),
        date.unwrap_or_default(),
        request.header_lines(is_signed),
        names.join(";"),
        canonical_resource(request),
    )
}

fn canonical_resource(request: &Request<'_>) -> String {
    let mut params: Vec<_> = request
        .query
        .iter()
        .map(|(name, value)| match value.as_deref() {
            None | Some("") => strict(name),
            Some(value) => format!("{}={}", strict(name), strict(value)),
        })
        .collect();
    params.sort_unstable();
    let mark = if params.is_empty() { "" } else { "?" };
    format!("{}{mark}{}", strict(&request.resource()), params.join("&"))
}

fn signature(text: &str, secret: &str) -> String {
    STANDARD.encode(hmac_sha256(secret.as_bytes(), text.as_bytes()))
}
