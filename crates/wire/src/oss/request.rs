//! What a signature covers: a plain view of a request, and the key that signs it.

use std::fmt;

/// A request as the signature versions see it. Everything is decoded; header names are lower-case.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Upper-case method.
    pub method: &'a str,
    /// The bucket, however the request addresses it; `None` for the service.
    pub bucket: Option<&'a str>,
    /// The object's key, without a leading slash.
    pub key: Option<&'a str>,
    /// Query parameters; a name without `=` has no value.
    pub query: &'a [(String, Option<String>)],
    /// All headers that will be or were sent and matter: `content-*`, `date`, `x-oss-*`.
    pub headers: &'a [(String, String)],
}

/// An access key pair, with the token of a temporary one.
#[derive(Clone)]
pub struct Key {
    /// Access key id.
    pub id: String,
    /// Access key secret.
    pub secret: String,
    /// Token of temporary keys. Signers put it into presigned queries; in header signatures the caller sends it as
    /// the header `x-oss-security-token`, which is then signed like every `x-oss-*` header.
    pub security_token: Option<String>,
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.trim())
    }

    pub(super) fn query_value(&self, name: &str) -> Option<&'a str> {
        let found = self.query.iter().find(|(param, _)| param == name);
        found.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// `/`, `/bucket/` or `/bucket/key`, not encoded.
    pub(super) fn resource(&self) -> String {
        match (self.bucket, self.key) {
            (None, _) => "/".to_owned(),
            (Some(bucket), key) => format!("/{bucket}/{}", key.unwrap_or_default()),
        }
    }

    /// `name:value\n` of each header that `wanted` picks, sorted by name.
    pub(super) fn header_lines(&self, wanted: impl Fn(&str) -> bool) -> String {
        let picked = self.headers.iter().filter(|(name, _)| wanted(name));
        let mut lines: Vec<_> = picked
            .map(|(name, value)| (name.as_str(), value.trim()))
            .collect();
        lines.sort_unstable();
        lines
            .iter()
            .flat_map(|(name, value)| [*name, ":", *value, "\n"])
            .collect()
    }
}
