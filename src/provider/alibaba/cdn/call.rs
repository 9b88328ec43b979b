//! One call of the CDN's API: its parameters, and its signed HTTP form.

use std::time::SystemTime;

use http::Method;
use wire::escape::strict;

use crate::provider::alibaba::target::Target;
use crate::provider::{ErrorKind, ProviderError};

const VERSION: &str = "2018-05-10";

/// One call, not signed yet.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) action: &'static str,
    /// Parameters in the query, decoded.
    pub(super) query: Vec<(String, String)>,
    /// Parameters in a form body, decoded.
    pub(super) form: Vec<(String, String)>,
}

/// A call's parts with its signature.
pub(super) struct Signed {
    pub(super) url: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Call {
    pub(super) fn new(action: &'static str) -> Self {
        Self {
            action,
            query: Vec::new(),
            form: Vec::new(),
        }
    }

    /// Adds a parameter to the query.
    pub(super) fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a parameter to the form.
    pub(super) fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.form.push((name.into(), value.into()));
        self
    }

    /// Adds a tag as the vendor flattens lists: `Tag.1.Key`, `Tag.1.Value`.
    pub(super) fn tag(self, key: &str, value: &str) -> Self {
        self.param("Tag.1.Key", key).param("Tag.1.Value", value)
    }

    /// The URL, all headers but those of the connection, and the body.
    pub(super) fn signed(&self, target: &Target, now: SystemTime, nonce: &str) -> Signed {
        let body = pairs(&self.form);
        let digest = wire::acs3::body_sha256(body.as_bytes());
        let base = target.cdn_base();
        let host = base.split_once("://").map_or(base, |(_, host)| host);
        let mut headers = vec![
            ("host".to_owned(), host.to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
            ("x-acs-action".to_owned(), self.action.to_owned()),
            ("x-acs-version".to_owned(), VERSION.to_owned()),
            ("x-acs-date".to_owned(), extended_time(now)),
            ("x-acs-signature-nonce".to_owned(), nonce.to_owned()),
            ("x-acs-content-sha256".to_owned(), digest.clone()),
        ];
        if let Some(token) = &target.security_token {
            headers.push(("x-acs-accesskey-id".to_owned(), target.key_id.clone()));
            headers.push(("x-acs-security-token".to_owned(), token.clone()));
        }
        if !body.is_empty() {
            let form = "application/x-www-form-urlencoded";
            headers.push(("content-type".to_owned(), form.to_owned()));
        }
        let call = wire::acs3::Call {
            method: Method::POST.as_str(),
            path: "/",
            query: &self.query,
            headers: &headers,
            body_sha256: &digest,
        };
        let authorization = wire::acs3::sign(&call, &target.key_id, &target.key_secret);
        headers.push(("authorization".to_owned(), authorization));
        let mark = if self.query.is_empty() { "" } else { "?" };
        Signed {
            url: format!("{base}/{mark}{}", pairs(&self.query)),
            headers,
            body,
        }
    }

    /// The HTTP request for one try; every try has a nonce of its own.
    pub(super) fn build(
        &self,
        target: &Target,
        now: SystemTime,
    ) -> Result<reqwest::Request, ProviderError> {
        let signed = self.signed(target, now, &self.nonce()?);
        let url = reqwest::Url::parse(&signed.url).map_err(|error| self.invalid(&error))?;
        let mut request = reqwest::Request::new(Method::POST, url);
        let length = signed.body.len() as u64;
        *request.body_mut() = Some(signed.body).filter(|b| !b.is_empty()).map(Into::into);
        let headers = request.headers_mut();
        // The HTTP client itself writes `host`, from the same address.
        for (name, value) in signed
            .headers
            .into_iter()
            .filter(|(name, _)| name != "host")
        {
            let name = http::HeaderName::try_from(name).map_err(|error| self.invalid(&error))?;
            let value = http::HeaderValue::try_from(value).map_err(|error| self.invalid(&error))?;
            headers.insert(name, value);
        }
        headers.insert(http::header::CONTENT_LENGTH, length.into());
        Ok(request)
    }

    fn nonce(&self) -> Result<String, ProviderError> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|error| self.invalid(&error))?;
        Ok(wire::digest::hex_lower(&bytes))
    }

    fn invalid(&self, why: &dyn std::fmt::Display) -> ProviderError {
        ProviderError::new(ErrorKind::Invalid, self.action, why.to_string())
    }
}

fn pairs(list: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| format!("{}={}", strict(name), strict(value));
    list.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// `yyyy-mm-ddThh:mm:ssZ`.
fn extended_time(now: SystemTime) -> String {
    let timestamp = jiff::Timestamp::try_from(now).unwrap_or_default();
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_with_temporary_keys_is_signed_whole() {
        let target = Target {
            account_id: None,
            region: "cn-hangzhou".into(),
            key_id: "AKID".into(),
            key_secret: "SECRET".into(),
            security_token: Some("TOKEN".into()),
            endpoint: None,
        };
        let ours = Call::new("RefreshObjectCaches")
            .param("a", "b c")
            .field("ObjectPath", "http://a.com/x y");
        let signed = ours.signed(&target, SystemTime::now(), "n");
        assert_eq!(signed.url, "https://cdn.aliyuncs.com/?a=b%20c");
        let digest = wire::acs3::body_sha256(signed.body.as_bytes());
        let call = wire::acs3::Call {
            method: "POST",
            path: "/",
            query: &ours.query,
            headers: &signed.headers,
            body_sha256: &digest,
        };
        assert_eq!(wire::acs3::verify(&call, "SECRET"), Ok(()));
        let (_, authorization) = signed.headers.last().unwrap();
        for name in ["content-type", "host", "x-acs-date", "x-acs-security-token"] {
            assert!(authorization.contains(name), "{authorization}");
        }
    }
}
