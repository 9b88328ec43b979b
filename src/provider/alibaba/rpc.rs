//! One call of an RPC product: its parameters, and its signed HTTP form.

use std::time::SystemTime;

use http::Method;

use super::acs3;
use super::target::Target;
use crate::provider::ProviderError;

/// One call, not signed yet.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) action: &'static str,
    version: &'static str,
    method: Method,
    /// Parameters in the query, decoded.
    pub(super) query: Vec<(String, String)>,
    /// Parameters in a form body, decoded.
    pub(super) form: Vec<(String, String)>,
}

impl Call {
    /// A call of an action of the API of this date.
    pub(super) fn new(version: &'static str, action: &'static str) -> Self {
        Self {
            action,
            version,
            method: Method::POST,
            query: Vec::new(),
            form: Vec::new(),
        }
    }

    /// A call that reads, with all its parameters in the query.
    pub(super) fn get(version: &'static str, action: &'static str) -> Self {
        Self {
            method: Method::GET,
            ..Self::new(version, action)
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

    /// The call signed for this time and nonce.
    #[cfg(test)]
    pub(super) fn signed(
        &self,
        (target, base): (&Target, &str),
        now: SystemTime,
        nonce: &str,
    ) -> acs3::Signed {
        self.request(base).signed(target, now, nonce)
    }

    /// The HTTP request for one try; `base` is the product's address, without a slash at the end.
    pub(super) fn build(
        &self,
        (target, base): (&Target, &str),
        now: SystemTime,
    ) -> Result<reqwest::Request, ProviderError> {
        self.request(base).build(target, now)
    }

    fn request<'a>(&'a self, base: &'a str) -> acs3::Request<'a> {
        acs3::Request {
            action: self.action,
            version: self.version,
            method: self.method.clone(),
            base,
            path: "/",
            query: &self.query,
            body: acs3::pairs(&self.form).into_bytes(),
            content_type: "application/x-www-form-urlencoded",
            headers: &[],
        }
    }
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
        let ours = Call::new("2018-05-10", "RefreshObjectCaches")
            .param("a", "b c")
            .field("ObjectPath", "http://a.com/x y");
        let signed = ours.signed((&target, target.cdn_base()), SystemTime::now(), "n");
        assert_eq!(signed.url, "https://cdn.aliyuncs.com/?a=b%20c");
        let digest = wire::acs3::body_sha256(&signed.body);
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
