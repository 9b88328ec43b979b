//! One request to the object storage: what it asks, and its signed HTTP form.

use std::time::SystemTime;

use bytes::Bytes;
use http::Method;
use wire::escape::{path, strict};

use crate::provider::alibaba::target::Target;
use crate::provider::{ErrorKind, ProviderError};

/// One request, not signed yet.
pub(super) struct OssRequest<'a> {
    /// The operation's name in errors, such as `PutObject`.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) bucket: &'a str,
    pub(super) key: Option<&'a str>,
    /// Decoded; a sub-resource has no value.
    pub(super) query: Vec<(&'a str, Option<&'a str>)>,
    /// Beyond those that every request has; names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) payload: Payload<'a>,
}

/// What a request carries.
pub(super) enum Payload<'a> {
    /// Nothing.
    None,
    /// A document: `Content-MD5` goes with it, as the vendor's own client does even for an empty one.
    Document(Bytes),
    /// Bytes of an object.
    Bytes(Bytes),
    /// Bytes of an object, streamed: their number, and what starts the stream for one try.
    Stream(u64, &'a (dyn Fn() -> reqwest::Body + Sync)),
}

/// A request's parts with its signature.
pub(super) struct Signed {
    pub(super) url: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
}

impl<'a> OssRequest<'a> {
    /// A request for a bucket or something of it, without a body.
    pub(super) fn bucket(operation: &'static str, method: Method, bucket: &'a str) -> Self {
        Self {
            operation,
            method,
            bucket,
            key: None,
            query: Vec::new(),
            headers: Vec::new(),
            payload: Payload::Document(Bytes::new()),
        }
    }

    /// A request for an object, without a body.
    pub(super) fn object(
        operation: &'static str,
        method: Method,
        bucket: &'a str,
        key: &'a str,
    ) -> Self {
        Self {
            key: Some(key),
            payload: Payload::None,
            ..Self::bucket(operation, method, bucket)
        }
    }

    /// Asks for a sub-resource, such as `acl`.
    pub(super) fn about(mut self, name: &'a str) -> Self {
        self.query.push((name, None));
        self
    }

    /// Adds a query parameter.
    pub(super) fn param(mut self, name: &'a str, value: &'a str) -> Self {
        self.query.push((name, Some(value)));
        self
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Carries an XML document.
    pub(super) fn xml(mut self, document: String) -> Self {
        self.headers
            .push(("content-type", "application/xml".to_owned()));
        self.payload = Payload::Document(document.into());
        self
    }

    /// The URL and all headers but `Content-Length` and those of the connection.
    pub(super) fn signed(&self, target: &Target, now: SystemTime) -> Signed {
        let at = basic_time(now);
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        if let Payload::Document(document) = &self.payload {
            headers.push(("content-md5".into(), wire::digest::md5_base64(document)));
        }
        headers.push(("x-oss-date".into(), at.clone()));
        headers.push(("x-oss-content-sha256".into(), "UNSIGNED-PAYLOAD".into()));
        if let Some(token) = &target.security_token {
            headers.push(("x-oss-security-token".into(), token.clone()));
        }
        let owned = |value: Option<&str>| value.map(str::to_owned);
        let query = self.query.iter();
        let query: Vec<_> = query.map(|(n, v)| ((*n).to_owned(), owned(*v))).collect();
        let request = wire::oss::Request {
            method: self.method.as_str(),
            bucket: Some(self.bucket),
            key: self.key,
            query: &query,
            headers: &headers,
        };
        let key = wire::oss::Key {
            id: target.key_id.clone(),
            secret: target.key_secret.clone(),
            security_token: None,
        };
        let authorization = wire::oss::v4::sign(&request, &key, &target.region, &at);
        headers.push(("authorization".into(), authorization));
        Signed {
            url: self.url(target),
            headers,
        }
    }

    fn url(&self, target: &Target) -> String {
        let base = target.bucket_base(self.bucket);
        let mut url = format!("{base}/{}", path(self.key.unwrap_or_default()));
        for (index, (name, value)) in self.query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(&strict(name));
            if let Some(value) = value {
                url.push('=');
                url.push_str(&strict(value));
            }
        }
        url
    }

    /// The HTTP request for one try.
    pub(super) fn build(
        &self,
        target: &Target,
        now: SystemTime,
    ) -> Result<reqwest::Request, ProviderError> {
        self.check_key()?;
        let signed = self.signed(target, now);
        let url = reqwest::Url::parse(&signed.url).map_err(|error| self.invalid(&error))?;
        let mut request = reqwest::Request::new(self.method.clone(), url);
        let (length, body) = match &self.payload {
            Payload::None => (0, None),
            Payload::Document(bytes) | Payload::Bytes(bytes) => {
                (bytes.len() as u64, Some(bytes.clone().into()))
            }
            Payload::Stream(length, start) => (*length, Some(start())),
        };
        *request.body_mut() = body.filter(|_| length > 0);
        let headers = request.headers_mut();
        for (name, value) in signed.headers {
            let name = http::HeaderName::try_from(name).map_err(|error| self.invalid(&error))?;
            let value = http::HeaderValue::try_from(value).map_err(|error| self.invalid(&error))?;
            headers.insert(name, value);
        }
        headers.insert(http::header::CONTENT_LENGTH, length.into());
        Ok(request)
    }

    /// URL libraries resolve dot segments, so such a key would silently address another object.
    fn check_key(&self) -> Result<(), ProviderError> {
        let key = self.key.unwrap_or_default();
        if key.split('/').any(|segment| matches!(segment, "." | "..")) {
            Err(self.invalid(&format!("`{key}` cannot be an object's key")))
        } else {
            Ok(())
        }
    }

    fn invalid(&self, why: &dyn std::fmt::Display) -> ProviderError {
        ProviderError::new(ErrorKind::Invalid, self.operation, why.to_string())
    }
}

/// `yyyymmddThhmmssZ`.
fn basic_time(now: SystemTime) -> String {
    let timestamp = jiff::Timestamp::try_from(now).unwrap_or_default();
    timestamp.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A document's text as the vendor's own clients send it: no XML declaration, and quotes as they are, which text may
/// hold.
pub(super) fn bare(document: wire::xml::Document) -> String {
    let text = document.finish();
    let root = text
        .split_once("?>")
        .map_or(text.as_str(), |(_, rest)| rest);
    root.trim_start().replace("&quot;", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_temporary_keys_is_sent_and_signed() {
        let target = Target {
            account_id: None,
            region: "cn-hangzhou".into(),
            key_id: "AKID".into(),
            key_secret: "SECRET".into(),
            security_token: Some("TOKEN".into()),
            endpoint: None,
        };
        let ours = OssRequest::object("GetObject", Method::GET, "bkt", "a b");
        let signed = ours.signed(&target, SystemTime::now());
        let token = ("x-oss-security-token".to_owned(), "TOKEN".to_owned());
        assert!(signed.headers.contains(&token));
        assert_eq!(signed.url, "https://bkt.oss-cn-hangzhou.aliyuncs.com/a%20b");
        let (_, authorization) = signed.headers.last().unwrap();
        let verifies = |headers: &[(String, String)]| {
            let request = wire::oss::Request {
                method: "GET",
                bucket: Some("bkt"),
                key: Some("a b"),
                query: &[],
                headers,
            };
            let claim = wire::oss::v4::Claim::from_header(authorization, &request).unwrap();
            claim.verify(&request, "SECRET")
        };
        assert!(verifies(&signed.headers));
        let other = ("x-oss-security-token".to_owned(), "OTHER".to_owned());
        let mut changed = signed.headers.clone();
        changed.retain(|header| *header != token);
        changed.push(other);
        assert!(!verifies(&changed));
    }

    #[test]
    fn keys_that_url_libraries_would_rewrite_are_refused() {
        let target = Target {
            account_id: None,
            region: "cn-hangzhou".into(),
            key_id: "AKID".into(),
            key_secret: "SECRET".into(),
            security_token: None,
            endpoint: Some("http://127.0.0.1:1".into()),
        };
        let build = |key| {
            let ours = OssRequest::object("GetObject", Method::GET, "bkt", key);
            ours.build(&target, SystemTime::now())
        };
        for key in ["..", "a/../b", "./a"] {
            assert_eq!(build(key).unwrap_err().kind, ErrorKind::Invalid, "{key}");
        }
        let url = build("a..b/%2e%2e/c?d#e").unwrap().url().to_string();
        assert_eq!(url, "http://127.0.0.1:1/bkt/a..b/%252e%252e/c%3Fd%23e");
    }
}
