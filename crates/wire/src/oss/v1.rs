//! Signature version 1: HMAC-SHA1 over a few headers and the resource, in a header or in a URL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Key, Request};
use crate::digest::equal_in_constant_time;
use crate::mac::hmac_sha1;

/// Query parameters that are part of the signed resource: the union of what the vendor's clients sign.
const SIGNED_PARAMS: &[&str] = &[
    "accessPoint",
    "accessPointForObjectProcess",
    "accessPointPolicy",
    "accessmonitor",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "partNumber",
    "policy",
    "policyStatus",
    "position",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "qosRequester",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolInfo",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "rtc",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "uploadId",
    "uploads",
    "userDefinedLogFieldsConfig",
    "versionId",
    "versioning",
    "versions",
    "vod",
    "website",
    "worm",
    "wormExtend",
    "wormId",
    "x-oss-ac-forward-allow",
    "x-oss-ac-source-ip",
    "x-oss-ac-subnet-mask",
    "x-oss-ac-vpc-id",
    "x-oss-async-process",
    "x-oss-process",
    "x-oss-redundancy-transition-taskid",
    "x-oss-request-payer",
    "x-oss-target-redundancy-type",
    "x-oss-traffic-limit",
    "x-oss-write-get-object-response",
];

/// What a request says about its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Access key id.
    pub key_id: String,
    /// Signature in base64.
    pub signature: String,
    /// For a signed URL: the second of Unix time after which it is void.
    pub expires: Option<i64>,
}

impl Claim {
    /// Reads an `Authorization` header.
    pub fn from_header(authorization: &str) -> Option<Self> {
        let (key_id, signature) = authorization
            .strip_prefix("OSS ")?
            .trim()
            .rsplit_once(':')?;
        Some(Self {
            key_id: key_id.to_owned(),
            signature: signature.to_owned(),
            expires: None,
        })
    }

    /// Reads a signed URL's query; `None` when one of the three parameters is missing or unreadable.
    pub fn from_query(request: &Request<'_>) -> Option<Self> {
        Some(Self {
            key_id: request.query_value("OSSAccessKeyId")?.to_owned(),
            signature: request.query_value("Signature")?.to_owned(),
            expires: Some(request.query_value("Expires")?.parse().ok()?),
        })
    }

    /// The text that this claim's signature covers.
    pub fn string_to_sign(&self, request: &Request<'_>) -> String {
        match self.expires {
            Some(expires) => string_to_sign(request, &expires.to_string()),
            None => string_to_sign(request, header_date(request)),
        }
    }

    /// Whether the signature was made with this secret for this request. Says nothing about time.
    pub fn verify(&self, request: &Request<'_>, secret: &str) -> bool {
        let expected = signature(&self.string_to_sign(request), secret);
        equal_in_constant_time(&expected, &self.signature)
    }
}

/// The `Authorization` value for a request that has a `date` or `x-oss-date` header.
pub fn sign(request: &Request<'_>, key: &Key) -> String {
    let text = string_to_sign(request, header_date(request));
    format!("OSS {}:{}", key.id, signature(&text, &key.secret))
}

/// The query parameters to add to a URL, valid until `expires` (seconds of Unix time).
pub fn presign(request: &Request<'_>, key: &Key, expires: i64) -> Vec<(String, String)> {
    let mut query = request.query.to_vec();
    let mut added = Vec::new();
    if let Some(token) = &key.security_token {
        query.push(("security-token".to_owned(), Some(token.clone())));
        added.push(("security-token".to_owned(), token.clone()));
    }
    let request = Request {
        query: &query,
        ..*request
    };
    let text = string_to_sign(&request, &expires.to_string());
    added.extend([
        ("OSSAccessKeyId".to_owned(), key.id.clone()),
        ("Expires".to_owned(), expires.to_string()),
        ("Signature".to_owned(), signature(&text, &key.secret)),
    ]);
    added
}

/// Whether a query parameter asks for a sub-resource or changes what is answered, and so is part of what is signed.
pub fn is_signed_param(name: &str) -> bool {
    SIGNED_PARAMS.binary_search(&name).is_ok()
}

fn header_date<'a>(request: &Request<'a>) -> &'a str {
    request
        .header("x-oss-date")
        .or_else(|| request.header("date"))
        .unwrap_or_default()
}

fn string_to_sign(request: &Request<'_>, date: &str) -> String {
    let header = |name: &str| request.header(name).unwrap_or_default();
    format!(
        "{}\n{}\n{}\n{date}\n{}{}",
        request.method,
        header("content-md5"),
        header("content-type"),
        request.header_lines(|name| name.starts_with("x-oss-")),
        canonical_resource(request),
    )
}

fn canonical_resource(request: &Request<'_>) -> String {
    let params = request
        .query
        .iter()
        .filter(|(name, _)| is_signed_param(name));
    let mut params: Vec<_> = params
        .map(|(name, value)| match value.as_deref() {
            None | Some("") => name.clone(),
            Some(value) => format!("{name}={value}"),
        })
        .collect();
    params.sort_unstable();
    let mark = if params.is_empty() { "" } else { "?" };
    format!("{}{mark}{}", request.resource(), params.join("&"))
}

fn signature(text: &str, secret: &str) -> String {
    STANDARD.encode(hmac_sha1(secret.as_bytes(), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_parameters_are_sorted_for_their_search() {
        assert!(SIGNED_PARAMS.is_sorted());
    }
}
