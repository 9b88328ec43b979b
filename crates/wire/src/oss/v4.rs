//! Signature version 4: HMAC-SHA256 with a key derived per day and region, in a header or in a URL.
//!
//! The payload is never part of it, and neither is `host` unless the client names it as an additional header.

use super::{Key, Request};
use crate::digest::{equal_in_constant_time, hex_lower, sha256_hex};
use crate::escape::{path, strict};
use crate::mac::hmac_sha256;

/// Name of the algorithm, and start of the `Authorization` value.
pub const ALGORITHM: &str = "OSS4-HMAC-SHA256";
const SCOPE_END: &str = "aliyun_v4_request";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// What a request says about its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Access key id.
    pub key_id: String,
    /// Day of the scope, `yyyymmdd`.
    pub day: String,
    /// Region of the scope, without `oss-`.
    pub region: String,
    /// Product of the scope; `oss`.
    pub product: String,
    /// Lower-case names of further headers that are signed.
    pub additional: Vec<String>,
    /// When it was signed, as sent: `yyyymmddThhmmssZ`, or an HTTP date of clients that send only `Date`.
    pub at: String,
    /// For a signed URL: for how many seconds from `at` it is valid.
    pub expires: Option<i64>,
    /// Signature in lower-case hex.
    pub signature: String,
}

impl Claim {
    /// Reads the headers of a request; `None` when they hold no whole claim of this version.
    pub fn from_header(authorization: &str, request: &Request<'_>) -> Option<Self> {
        let (mut credential, mut additional, mut signature) = (None, None, None);
        for part in authorization.strip_prefix(ALGORITHM)?.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", value) => credential = Some(value),
                ("AdditionalHeaders", value) => additional = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        let at = request
            .header("x-oss-date")
            .or_else(|| request.header("date"))?;
        Self::new(credential?, additional, at, signature?)
    }

    /// Reads a signed URL's query; `None` when a parameter is missing or unreadable.
    pub fn from_query(request: &Request<'_>) -> Option<Self> {
        if request.query_value("x-oss-signature-version")? != ALGORITHM {
            return None;
        }
        let claim = Self::new(
            request.query_value("x-oss-credential")?,
            request.query_value("x-oss-additional-headers"),
            request.query_value("x-oss-date")?,
            request.query_value("x-oss-signature")?,
        )?;
        let expires = request.query_value("x-oss-expires")?.parse().ok()?;
        Some(Self {
            expires: Some(expires),
            ..claim
        })
    }

    fn new(credential: &str, additional: Option<&str>, at: &str, signature: &str) -> Option<Self> {
        let mut parts = credential.rsplitn(5, '/');
        if parts.next()? != SCOPE_END {
            return None;
        }
        let (product, region, day) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            key_id: parts.next()?.to_owned(),
            day: day.to_owned(),
            region: region.to_owned(),
            product: product.to_owned(),
            additional: additional.map(names).unwrap_or_default(),
            at: at.to_owned(),
            expires: None,
            signature: signature.to_owned(),
        })
    }

    /// The request in the canonical form whose digest is signed.
    pub fn canonical_request(&self, request: &Request<'_>) -> String {
        canonical_request(request, &self.additional)
    }

    /// The text that this claim's signature covers.
    pub fn string_to_sign(&self, request: &Request<'_>) -> String {
        let scope = format!("{}/{}/{}/{SCOPE_END}", self.day, self.region, self.product);
        string_to_sign(&self.canonical_request(request), &scope, &self.at)
    }

    /// Whether the signature was made with this secret for this request. Says nothing about time or region.
    pub fn verify(&self, request: &Request<'_>, secret: &str) -> bool {
        let text = self.string_to_sign(request);
        let expected = signature(&text, secret, &self.day, &self.region, &self.product);
        equal_in_constant_time(&expected, &self.signature)
    }
}

/// The `Authorization` value for a request that has the headers `x-oss-date: {at}` and
/// `x-oss-content-sha256: UNSIGNED-PAYLOAD`. `at` is `yyyymmddThhmmssZ`; `region` has no `oss-` in front.
pub fn sign(request: &Request<'_>, key: &Key, region: &str, at: &str) -> String {
    let scope = scope(region, at);
    let text = string_to_sign(&canonical_request(request, &[]), &scope, at);
    let signature = signature(&text, &key.secret, day(at), region, "oss");
    format!(
        "{ALGORITHM} Credential={}/{scope},Signature={signature}",
        key.id
    )
}

/// The query parameters to add to a URL that is valid for `expires` seconds from `at`.
pub fn presign(
    request: &Request<'_>,
    key: &Key,
    region: &str,
    at: &str,
    expires: u32,
) -> Vec<(String, String)> {
    let scope = scope(region, at);
    let mut added = vec![
        ("x-oss-signature-version".to_owned(), ALGORITHM.to_owned()),
        ("x-oss-credential".to_owned(), format!("{}/{scope}", key.id)),
        ("x-oss-date".to_owned(), at.to_owned()),
        ("x-oss-expires".to_owned(), expires.to_string()),
    ];
    let token = key.security_token.iter();
    added.extend(token.map(|token| ("x-oss-security-token".to_owned(), token.clone())));
    let mut query = request.query.to_vec();
    query.extend(
        added
            .iter()
            .map(|(name, value)| (name.clone(), Some(value.clone()))),
    );
    let request = Request {
        query: &query,
        ..*request
    };
    let text = string_to_sign(&canonical_request(&request, &[]), &scope, at);
    let signature = signature(&text, &key.secret, day(at), region, "oss");
    added.push(("x-oss-signature".to_owned(), signature));
    added
}

fn names(list: &str) -> Vec<String> {
    let names = list.split(';').filter(|name| !name.is_empty());
    let mut names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
    names.sort_unstable();
    names
}

fn day(at: &str) -> &str {
    at.get(..8).unwrap_or(at)
}

fn scope(region: &str, at: &str) -> String {
    format!("{}/{region}/oss/{SCOPE_END}", day(at))
}

fn canonical_request(request: &Request<'_>, additional: &[String]) -> String {
    let is_signed = |name: &str| {
        matches!(name, "content-type" | "content-md5")
            || name.starts_with("x-oss-")
            || additional.iter().any(|extra| extra == name)
    };
    let headers = request.header_lines(is_signed);
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        request.method,
        path(&request.resource()),
        canonical_query(request),
        additional.join(";"),
        request.header("x-oss-content-sha256").unwrap_or(UNSIGNED),
    )
}

fn canonical_query(request: &Request<'_>) -> String {
    let params = request
        .query
        .iter()
        .filter(|(name, _)| name != "x-oss-signature");
    let mut params: Vec<_> = params
        .map(|(name, value)| (strict(name), strict(value.as_deref().unwrap_or_default())))
        .collect();
    params.sort_unstable();
    let pairs = params
        .into_iter()
        .map(|(name, value)| match value.as_str() {
            "" => name,
            value => format!("{name}={value}"),
        });
    pairs.collect::<Vec<_>>().join("&")
}

fn string_to_sign(canonical: &str, scope: &str, at: &str) -> String {
    format!(
        "{ALGORITHM}\n{at}\n{scope}\n{}",
        sha256_hex(canonical.as_bytes())
    )
}

fn signature(text: &str, secret: &str, day: &str, region: &str, product: &str) -> String {
    let start = format!("aliyun_v4{secret}").into_bytes();
    let steps = [day, region, product, SCOPE_END];
    let key = steps
        .iter()
        .fold(start, |key, step| hmac_sha256(&key, step.as_bytes()));
    hex_lower(&hmac_sha256(&key, text.as_bytes()))
}
