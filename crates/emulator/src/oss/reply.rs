//! Replies of the object storage: their headers, their times, errors with and without a body.

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use wire::oss::error::{ERROR_HEADER, ErrorBody};

use super::call::Call;
use super::error::OssError;
use crate::body::{Reply, ReplyBody};

/// An empty reply.
pub(super) fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::new(ReplyBody::empty());
    *reply.status_mut() = status;
    reply
}

/// A reply with an XML document.
pub(super) fn xml(document: String) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(document));
    set(&mut reply, "content-type", "application/xml");
    reply
}

/// Sets a header; a value that HTTP cannot carry is left out.
pub(super) fn set(reply: &mut Reply, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
        reply.headers_mut().insert(name, value);
    }
}

/// Adds what every reply carries.
pub(super) fn finish(reply: &mut Reply, request_id: &str, now: Timestamp) {
    set(reply, "x-oss-request-id", request_id);
    set(reply, "date", &http_date(now.as_millisecond()));
    let headers = reply.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static("AliyunOSS"));
    headers.insert("x-oss-server-time", HeaderValue::from_static("1"));
}

/// The reply for an error; without a body for `HEAD` and 304, then with the document in a header.
pub(super) fn error(call: &Call, error: &OssError) -> Reply {
    let (status, code) = error.status();
    let body = ErrorBody {
        code: code.to_owned(),
        message: error.to_string(),
        request_id: call.request_id.clone(),
        host_id: call.host.clone(),
        details: error.details(),
    };
    let mut reply = if call.method == Method::HEAD {
        let mut reply = empty(status);
        set(&mut reply, ERROR_HEADER, &body.render_header());
        reply
    } else if status == StatusCode::NOT_MODIFIED {
        empty(status)
    } else {
        let mut reply = xml(body.render());
        *reply.status_mut() = status;
        reply
    };
    match error {
        OssError::PositionNotEqualToLength { length } => {
            set(
                &mut reply,
                "x-oss-next-append-position",
                &length.to_string(),
            );
        }
        OssError::NotModified { etag, modified } => {
            set(&mut reply, "etag", &format!("\"{etag}\""));
            set(&mut reply, "last-modified", &http_date(*modified));
        }
        OssError::InvalidRange { size } => {
            set(&mut reply, "content-range", &format!("bytes */{size}"));
        }
        _ => {}
    }
    reply
}

/// Milliseconds of Unix time as an HTTP date.
pub(super) fn http_date(milliseconds: i64) -> String {
    let since = Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default());
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since)
}

/// Milliseconds of Unix time as documents show them: `2026-11-22T08:28:00.000Z`. The fraction is always zero, as the
/// vendor's is: its Python client takes nothing else.
pub(super) fn iso_date(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_clients_parse_them() {
        assert_eq!(iso_date(1_763_800_080_007), "2025-11-22T08:28:00.000Z");
        assert_eq!(
            http_date(1_763_800_080_007),
            "Sat, 22 Nov 2025 08:28:00 GMT"
        );
    }
}
