//! Web addresses as targets of tasks: `HTTP:Request`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};
use workflow::Pattern;
use workflow::engine::{Call, Fault};

use super::{Called, Came, Runner, parameter};

/// Bytes of a reply at most.
const LARGEST: usize = 1024 * 1024;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_mins(10);

/// Sends a request: `url`, `method`, `headers`, `body`. A status of 400 and above is the error `HTTP.STATUS`. Addresses
/// with TLS are not reached from here.
pub(super) async fn request(_: &Arc<Runner>, call: &Call) -> Called {
    let request = made(call)?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let sent = tokio::time::timeout(TIMEOUT, client.request(request)).await;
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
    let body = Limited::new(body, LARGEST).collect().await;
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
        .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))))
        .collect();
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body)));
    let output = json!({"StatusCode": head.status.as_u16(), "Headers": headers, "Body": body});
    Ok(match call.pattern {
        Pattern::Callback => Came::Begun(output),
        Pattern::Response | Pattern::Completion => Came::Done(output),
    })
}

fn made(call: &Call) -> Result<Request<Full<Bytes>>, Fault> {
    let invalid = |words: String| Fault::new("HTTP.InvalidArgument", words);
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
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    if is_json {
        let json = HeaderValue::from_static("application/json");
        request
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
    }
    for (name, value) in parameter(call, "Headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(request.headers_mut().insert(name, value)),
            _ => return Err(invalid(format!("{name} cannot be a header"))),
        }
    }
    Ok(request)
}
