//! Messages as requests to addresses on this machine (`HttpEndpoint` of the vendor's docs).

use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use jiff::Timestamp;
use wire::mns::VERSION;

use super::model::{Format, Notification};
use crate::identity::random_hex;

/// The request that carries a message. It is not signed: the vendor signs with a key that only it has.
pub(super) fn request(
    to: &Uri,
    message: &Notification<'_>,
    format: Format,
    now: Timestamp,
) -> Request<Full<Bytes>> {
    let text = message.text(format);
    let kind = match format {
        Format::Xml => "text/xml;charset=utf-8",
        Format::Json => "application/json;charset=utf-8",
        Format::Simplified => "text/plain;charset=utf-8",
    };
    let (digest, published) = (
        wire::digest::md5_hex_upper(text.as_bytes()),
        message.published_ms.to_string(),
    );
    let (date, id) = (
        httpdate::fmt_http_date(SystemTime::from(now)),
        random_hex::<12>(),
    );
    let mut headers = vec![
        ("content-type", kind),
        ("content-md5", &digest),
        ("date", &date),
        ("x-mns-version", VERSION),
        ("x-mns-request-id", &id),
    ];
    if format == Format::Simplified {
        headers.extend([
            ("x-mns-message-id", message.message_id),
            ("x-mns-message-tag", message.tag),
            ("x-mns-publish-time", &published),
            ("x-mns-subscriber", message.owner),
            ("x-mns-subscription-name", message.subscription),
            ("x-mns-topic-name", message.topic),
            ("x-mns-topic-owner", message.owner),
        ]);
    }
    let headers: Vec<(&'static str, HeaderValue)> = headers
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?)))
        .collect();
    let mut request = Request::new(Full::new(Bytes::from(text)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = to.clone();
    let agent = HeaderValue::from_static("Aliyun Notification Service Agent");
    request.headers_mut().insert(header::USER_AGENT, agent);
    for (name, value) in headers {
        let name = HeaderName::from_static(name);
        request.headers_mut().insert(name, value);
    }
    request
}
