//! Web requests among the events: their heads as they are kept, and which response is a failure. Pure.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use serde::{Deserialize, Serialize};

/// The head of a web request that waits; its body is the event's payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WebHead {
    pub(crate) method: String,
    /// Path and query as the function shall see them.
    pub(crate) target: String,
    /// What of the path led to the function.
    pub(crate) base_path: String,
    /// The host that was asked.
    pub(crate) host: String,
    /// Where the visitor was.
    pub(crate) source_ip: String,
    /// Names and values. A value need not be UTF-8: each of its bytes is a character here.
    pub(crate) headers: Vec<(String, String)>,
}

impl WebHead {
    /// Keeps method and headers; the rest is to be filled in.
    pub(crate) fn of(parts: &Parts) -> Self {
        let kept = |(name, value): (&HeaderName, &HeaderValue)| {
            let value = value.as_bytes().iter().copied().map(char::from);
            (name.as_str().to_owned(), value.collect())
        };
        Self {
            method: parts.method.to_string(),
            target: String::new(),
            base_path: String::new(),
            host: String::new(),
            source_ip: String::new(),
            headers: parts.headers.iter().map(kept).collect(),
        }
    }

    /// The head as it came, its address being the target. Nothing if what was kept is none.
    pub(crate) fn parts(&self) -> Option<Parts> {
        let request = Request::builder()
            .method(self.method.as_str())
            .uri(self.target.as_str());
        let (mut parts, ()) = request.body(()).ok()?.into_parts();
        for (name, value) in &self.headers {
            let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(c).ok()).collect();
            let value = HeaderValue::from_bytes(&bytes?).ok()?;
            parts
                .headers
                .append(HeaderName::try_from(name).ok()?, value);
        }
        Some(parts)
    }
}

/// Whether a web server failed at a request whose sender did not wait: by a status of 500 or more, or by `x-fc-status: 404`,
/// with which servers report failures to the vendor ("Web functions"). That a status counts is a choice: the vendor is silent.
pub(super) fn has_failed(status: StatusCode, headers: &HeaderMap) -> bool {
    let reported = headers.get("x-fc-status");
    status.is_server_error() || reported.is_some_and(|reported| reported.as_bytes() == b"404")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_kept_whole() {
        let sent = Request::put("/a%20b?c=d")
            .header("x-two", "1")
            .header("x-two", "2")
            .header("x-bytes", HeaderValue::from_bytes(b"\xff\xc3\xa9").unwrap());
        let (parts, ()) = sent.body(()).unwrap().into_parts();
        let mut head = WebHead::of(&parts);
        head.target = "/b?e=f".to_owned();
        let text = serde_json::to_string(&head).unwrap();
        let read: WebHead = serde_json::from_str(&text).unwrap();
        let back = read.parts().unwrap();
        assert_eq!((back.method, back.headers), (parts.method, parts.headers));
        assert_eq!(back.uri, "/b?e=f");
    }

    #[test]
    fn servers_fail_by_status_or_by_report() {
        let report = |word: &'static str| {
            HeaderMap::from_iter([(
                HeaderName::from_static("x-fc-status"),
                HeaderValue::from_static(word),
            )])
        };
        for (status, headers, failed) in [
            (200, HeaderMap::new(), false),
            (404, HeaderMap::new(), false),
            (500, HeaderMap::new(), true),
            (503, report("200"), true),
            (200, report("200"), false),
            (200, report("404"), true),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(has_failed(status, &headers), failed, "{status} {headers:?}");
        }
    }
}
