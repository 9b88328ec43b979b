//! One call of Function Compute's API: its action, path, parameters and body.

use std::time::SystemTime;

use http::Method;
use serde_json::Value as Json;
use wire::escape::strict;

use crate::provider::ProviderError;
use crate::provider::alibaba::acs3;
use crate::provider::alibaba::target::Target;

const VERSION: &str = "2023-03-30";

/// One call, not signed yet.
#[derive(Debug, Clone)]
pub(in crate::provider::alibaba) struct Call {
    pub(super) action: &'static str,
    method: Method,
    /// Escaped.
    path: String,
    /// Decoded.
    query: Vec<(String, String)>,
    body: Option<Content>,
    headers: Vec<(&'static str, String)>,
}

/// What a call brings.
#[derive(Debug, Clone)]
enum Content {
    Json(Json),
    /// An event.
    Bytes(Vec<u8>),
}

impl Call {
    /// A call with its path below the version, segment by segment.
    pub(in crate::provider::alibaba) fn new(
        action: &'static str,
        method: Method,
        path: &[&str],
    ) -> Self {
        let segments = path
            .iter()
            .fold(String::new(), |path, segment| path + "/" + &strict(segment));
        Self {
            action,
            method,
            path: format!("/{VERSION}{segments}"),
            query: Vec::new(),
            body: None,
            headers: Vec::new(),
        }
    }

    /// Reads something.
    pub(in crate::provider::alibaba) fn get(action: &'static str, path: &[&str]) -> Self {
        Self::new(action, Method::GET, path)
    }

    /// Removes something.
    pub(in crate::provider::alibaba) fn delete(action: &'static str, path: &[&str]) -> Self {
        Self::new(action, Method::DELETE, path)
    }

    /// Makes something.
    pub(in crate::provider::alibaba) fn post(
        action: &'static str,
        path: &[&str],
        body: Json,
    ) -> Self {
        Self::new(action, Method::POST, path).with(body)
    }

    /// Changes something.
    pub(in crate::provider::alibaba) fn put(
        action: &'static str,
        path: &[&str],
        body: Json,
    ) -> Self {
        Self::new(action, Method::PUT, path).with(body)
    }

    /// Sets the body.
    pub(in crate::provider::alibaba) fn with(mut self, body: Json) -> Self {
        self.body = Some(Content::Json(body));
        self
    }

    /// Sets the body to bytes as they are.
    pub(in crate::provider::alibaba) fn with_bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(Content::Bytes(body));
        self
    }

    /// Adds a header, its name in lower case.
    pub(in crate::provider::alibaba) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Adds a parameter to the query.
    pub(in crate::provider::alibaba) fn param(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The call signed for this time and nonce.
    #[cfg(test)]
    pub(super) fn signed(&self, target: &Target, now: SystemTime, nonce: &str) -> acs3::Signed {
        let base = target.fc_base();
        self.request(&base).signed(target, now, nonce)
    }

    /// The HTTP request for one try.
    pub(super) fn build(
        &self,
        target: &Target,
        now: SystemTime,
    ) -> Result<reqwest::Request, ProviderError> {
        let base = target.fc_base();
        self.request(&base).build(target, now)
    }

    fn request<'a>(&'a self, base: &'a str) -> acs3::Request<'a> {
        acs3::Request {
            action: self.action,
            version: VERSION,
            method: self.method.clone(),
            base,
            path: &self.path,
            query: &self.query,
            body: match &self.body {
                Some(Content::Json(json)) => json.to_string().into_bytes(),
                Some(Content::Bytes(bytes)) => bytes.clone(),
                None => Vec::new(),
            },
            content_type: match self.body {
                Some(Content::Bytes(_)) => "application/octet-stream",
                _ => "application/json; charset=utf-8",
            },
            headers: &self.headers,
        }
    }
}
