//! Web addresses as targets of tasks: `HTTP:Request`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use runtime::{BoxError, CallBody, Upstream};
use serde_json::{Map, Value, json};
use workflow::Pattern;
use workflow::engine::{Call, Fault, Header};

use super::super::effect::request_id;
use super::{Called, Runner, answered, parameter};

/// Bytes of a reply at most.
const LARGEST: usize = 1024 * 1024;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_mins(10);

/// Servers that are remembered with their connections at most.
const SERVERS: usize = 256;

/// Servers by `host:port`.
#[derive(Default)]
pub(in crate::flow::run) struct Web(Mutex<HashMap<String, Upstream>>);

impl Web {
    fn upstream(&self, uri: &Uri) -> Result<Upstream, BoxError> {
        let host = uri.host().unwrap_or_default();
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&authority) {
            return Ok(known.clone());
        }
        if all.len() >= SERVERS {
            all.clear();
        }
        let upstream = Upstream::new(&authority)?;
        all.insert(authority, upstream.clone());
        Ok(upstream)
    }

    async fn send(&self, request: Request<CallBody>) -> Result<http::Response<CallBody>, BoxError> {
        self.upstream(request.uri())?.send(request).await
    }
}

/// The header in which whoever is to report finds the token.
const TOKEN: HeaderName = HeaderName::from_static("x-fnf-http-callback-task-token");

/// The header by which a server knows that it is sent the same request again (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Sends a request: `url`, `method`, `headers`, `body`; the reply is `Header`, `Code` and `Body`, as the vendor has it
/// (<https://help.aliyun.com/document_detail/2593203>). A status of 400 and above is the error `HTTP.STATUS`. Addresses with
/// TLS are not reached from here.
pub(super) async fn request(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let request = made(header, call)?;
    let sent = tokio::time::timeout(TIMEOUT, runner.web.send(request)).await;
    let reply = match sent {
        Ok(Ok(reply)) => reply,
        Ok(Err(error)) => return Err(Fault::new("HTTP.Unreachable", error.to_string())),
        Err(_) => {
            return Err(Fault::new(
                "HTTP.Timeout",
                "there was no reply in ten minutes",
            ));
        }
    };
    let (head, body) = reply.into_parts();
    let body = CallBody::new(Limited::new(body, LARGEST)).collect().await;
    let body = body
        .map_err(|error| Fault::new("HTTP.BadReply", error.to_string()))?
        .to_bytes();
    if head.status.as_u16() >= 400 {
        let words = String::from_utf8_lossy(&body).into_owned();
        return Err(Fault::new(format!("HTTP.{}", head.status.as_u16()), words));
    }
    let headers: Map<String, Value> = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((shown(name), Value::from(value.to_str().ok()?))))
        .collect();
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body)));
    let output = json!({"Header": headers, "Code": head.status.as_u16(), "Body": body});
    Ok(answered(call, output))
}

/// A header's name as the vendor writes it: `Content-Type`.
fn shown(name: &HeaderName) -> String {
    let parts = name.as_str().split('-').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}

fn invalid(words: String) -> Fault {
    Fault::new("HTTP.InvalidArgument", words)
}

fn made(header: &Header, call: &Call) -> Result<Request<CallBody>, Fault> {
    let text = |name: &str| parameter(call, name).and_then(Value::as_str);
    let url = text("Url").ok_or_else(|| invalid("the parameter url is missing".to_owned()))?;
    let uri: Uri = url
        .parse()
        .map_err(|_| invalid(format!("{url} is no address")))?;
    if uri.scheme_str() != Some("http") {
        return Err(invalid(format!(
            "{url} does not begin with http://, and the local cloud reaches no others"
        )));
    }
    let method = text("Method").unwrap_or("GET").to_ascii_uppercase();
    let method: Method = method
        .parse()
        .map_err(|_| invalid(format!("{method} is no method")))?;
    let (body, is_json) = match parameter(call, "Body") {
        None => (String::new(), false),
        Some(Value::String(text)) => (text.clone(), false),
        Some(other) => (other.to_string(), true),
    };
    let body = Full::new(Bytes::from(body)).map_err(|never| -> BoxError { match never {} });
    let mut request = Request::new(CallBody::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    if is_json {
        let json = HeaderValue::from_static("application/json");
        request
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
    }
    put_headers(request.headers_mut(), header, call)?;
    Ok(request)
}

/// The headers that the definition asks for, then those that tell what the request belongs to.
fn put_headers(headers: &mut HeaderMap, header: &Header, call: &Call) -> Result<(), Fault> {
    for (name, value) in parameter(call, "Headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(headers.insert(name, value)),
            _ => return Err(invalid(format!("{name} cannot be a header"))),
        }
    }
    // A text in quotes, as the draft wants it.
    let key = format!("\"{}\"", request_id(header, (call.scheduled, call.since)));
    let key = HeaderValue::try_from(key)
        .map_err(|_| invalid("the idempotency key cannot be a header".to_owned()))?;
    headers.entry(IDEMPOTENCY_KEY).or_insert(key);
    let token = call
        .token
        .as_ref()
        .filter(|_| call.pattern == Pattern::Callback);
    if let Some(token) = token {
        let token = HeaderValue::try_from(token)
            .map_err(|_| invalid("the token cannot be a header".to_owned()))?;
        headers.insert(TOKEN, token);
    }
    Ok(())
}
