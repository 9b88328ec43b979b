//! A call of an OpenAPI product as a signed HTTP request (ACS3-HMAC-SHA256), whether its action is in a header or in the path.

use std::fmt::Display;
use std::time::SystemTime;

use http::Method;
use wire::escape::strict;

use super::target::Target;
use crate::provider::{ErrorKind, ProviderError};

/// One call, not signed yet.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    pub(super) action: &'static str,
    pub(super) version: &'static str,
    pub(super) method: Method,
    /// The product's address, without a slash at the end.
    pub(super) base: &'a str,
    /// Escaped, as it is sent.
    pub(super) path: &'a str,
    /// Decoded.
    pub(super) query: &'a [(String, String)],
    pub(super) body: Vec<u8>,
    /// Of a body that is not empty.
    pub(super) content_type: &'static str,
    /// What the operation takes in headers, names in lower case.
    pub(super) headers: &'a [(&'static str, String)],
}

/// A call's parts with its signature.
pub(super) struct Signed {
    pub(super) url: String,
    /// Names in lower case; the signature is the last.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request<'_> {
    /// The URL, all headers but those of the connection, and the body.
    pub(super) fn signed(self, target: &Target, now: SystemTime, nonce: &str) -> Signed {
        let digest = wire::acs3::body_sha256(&self.body);
        let host = self
            .base
            .split_once("://")
            .map_or(self.base, |(_, host)| host);
        let mut headers = vec![
            ("host".to_owned(), host.to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
            ("x-acs-action".to_owned(), self.action.to_owned()),
            ("x-acs-version".to_owned(), self.version.to_owned()),
            ("x-acs-date".to_owned(), extended_time(now)),
            ("x-acs-signature-nonce".to_owned(), nonce.to_owned()),
            ("x-acs-content-sha256".to_owned(), digest.clone()),
        ];
        if let Some(token) = &target.security_token {
            headers.push(("x-acs-accesskey-id".to_owned(), target.key_id.clone()));
            headers.push(("x-acs-security-token".to_owned(), token.clone()));
        }
        if !self.body.is_empty() {
            headers.push(("content-type".to_owned(), self.content_type.to_owned()));
        }
        let more = self.headers.iter();
        headers.extend(more.map(|(name, value)| ((*name).to_owned(), value.clone())));
        let call = wire::acs3::Call {
            method: self.method.as_str(),
            path: self.path,
            query: self.query,
            headers: &headers,
            body_sha256: &digest,
        };
        let authorization = wire::acs3::sign(&call, &target.key_id, &target.key_secret);
        headers.push(("authorization".to_owned(), authorization));
        let mark = if self.query.is_empty() { "" } else { "?" };
        Signed {
            url: format!("{}{}{mark}{}", self.base, self.path, pairs(self.query)),
            headers,
            body: self.body,
        }
    }

    /// The HTTP request for one try; every try has a nonce of its own.
    pub(super) fn build(
        self,
        target: &Target,
        now: SystemTime,
    ) -> Result<reqwest::Request, ProviderError> {
        let (action, method) = (self.action, self.method.clone());
        let invalid =
            |why: &dyn Display| ProviderError::new(ErrorKind::Invalid, action, why.to_string());
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|error| invalid(&error))?;
        let signed = self.signed(target, now, &wire::digest::hex_lower(&bytes));
        let url = reqwest::Url::parse(&signed.url).map_err(|error| invalid(&error))?;
        let mut request = reqwest::Request::new(method, url);
        let length = signed.body.len() as u64;
        *request.body_mut() = Some(signed.body).filter(|b| !b.is_empty()).map(Into::into);
        let headers = request.headers_mut();
        // The HTTP client itself writes `host`, from the same address.
        for (name, value) in signed
            .headers
            .into_iter()
            .filter(|(name, _)| name != "host")
        {
            let name = http::HeaderName::try_from(name).map_err(|error| invalid(&error))?;
            let value = http::HeaderValue::try_from(value).map_err(|error| invalid(&error))?;
            headers.insert(name, value);
        }
        headers.insert(http::header::CONTENT_LENGTH, length.into());
        Ok(request)
    }
}

/// Names and values as a query or a form has them.
pub(super) fn pairs(list: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| format!("{}={}", strict(name), strict(value));
    list.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// `yyyy-mm-ddThh:mm:ssZ`.
fn extended_time(now: SystemTime) -> String {
    let timestamp = jiff::Timestamp::try_from(now).unwrap_or_default();
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
