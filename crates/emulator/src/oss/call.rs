//! One request to the object storage, taken apart: which bucket, which key, which parameters.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use http::{HeaderMap, Method, header, request};

use super::error::{OssError, Outcome};
use super::model::{Caller, is_bucket_name, is_object_name};
use super::{OssHost, WebRequest};
use crate::identity::random_hex;

/// A request without its body. `caller` is who signed it, known only after `auth` looked.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) bucket: Option<String>,
    pub(super) key: Option<String>,
    /// Decoded, in order.
    pub(super) query: Vec<(String, Option<String>)>,
    pub(super) headers: HeaderMap,
    pub(super) caller: Caller,
    pub(super) request_id: String,
    /// Whether somebody was told of a change that this call made.
    pub(super) told: Arc<AtomicBool>,
    /// What the reply calls this server.
    pub(super) host: String,
    /// The key with each bare `+` taken for a space, if it has one: an old client of the vendor means it so.
    pub(super) spaced_key: Option<String>,
}

impl Call {
    /// Takes a request apart; the names are not judged yet.
    pub(super) fn new(host: &OssHost, head: request::Parts) -> Self {
        let path = head.uri.path().strip_prefix('/').unwrap_or(head.uri.path());
        let (bucket, key) = match host {
            OssHost::Bucket(bucket) => (bucket.as_str(), path),
            OssHost::Endpoint => path.split_once('/').unwrap_or((path, "")),
        };
        let decode = |text: &str| (!text.is_empty()).then(|| decoded(text));
        Self {
            method: head.method,
            bucket: decode(bucket),
            key: decode(key),
            query: wire::escape::parse_query(head.uri.query().unwrap_or_default()),
            host: shown_host(&head.headers),
            headers: head.headers,
            caller: Caller::Anonymous,
            request_id: random_hex::<12>(),
            told: Arc::default(),
            spaced_key: key.contains('+').then(|| decoded(&key.replace('+', "%20"))),
        }
    }

    /// An anonymous visitor's call to a bucket's website, and the path asked for.
    pub(super) fn visit(bucket: &str, request: WebRequest) -> (Self, String) {
        let call = Self {
            method: request.method,
            bucket: Some(bucket.to_owned()),
            key: None,
            query: wire::escape::parse_query(&request.query),
            host: shown_host(&request.headers),
            headers: request.headers,
            caller: Caller::Anonymous,
            request_id: random_hex::<12>(),
            told: Arc::default(),
            spaced_key: None,
        };
        (call, request.path)
    }

    /// The bucket that the request must name, by a legal name.
    pub(super) fn bucket(&self) -> Outcome<String> {
        match self.bucket.as_deref() {
            Some(name) if is_bucket_name(name) => Ok(name.to_owned()),
            name => Err(OssError::InvalidBucketName(
                name.unwrap_or_default().to_owned(),
            )),
        }
    }

    /// The key that the request must name, by a legal name.
    pub(super) fn key(&self) -> Outcome<String> {
        match self.key.as_deref() {
            Some(name) if is_object_name(name) => Ok(name.to_owned()),
            name => Err(OssError::InvalidObjectName(
                name.unwrap_or_default().to_owned(),
            )),
        }
    }

    /// Whether a parameter is there, with or without value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.query.iter().any(|(param, _)| param == name)
    }

    /// A parameter's value; empty when it has none.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(param, _)| param == name);
        found.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// A parameter that must be a number if it is there.
    pub(super) fn number(&self, name: &'static str) -> Outcome<Option<u64>> {
        let Some(text) = self.param(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| OssError::InvalidArgument {
                name,
                value: text.to_owned(),
                message: "The argument must be a number that is not negative.",
            })
    }

    /// A header's text; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
    }

    /// What `Content-Length` announces.
    pub(super) fn content_length(&self) -> Option<u64> {
        self.header("content-length")
            .and_then(|text| text.parse().ok())
    }
}

/// Bytes that are no UTF-8 decode to a text that no legal name contains.
fn decoded(text: &str) -> String {
    wire::escape::decode(text).unwrap_or_else(|| "\0".to_owned())
}

fn shown_host(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok());
    host.unwrap_or("127.0.0.1").to_owned()
}
