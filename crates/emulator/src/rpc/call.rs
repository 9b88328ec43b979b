//! One call in the RPC style (an action at `/`), read from HTTP; and the shape of its answers.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use hyper::body::Incoming;
use serde_json::json;

use crate::body::{Reply, ReplyBody};
use crate::identity::request_uuid;

/// Bytes of an RPC call's body at most.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// One RPC call, whole, with its signature not yet verified.
pub(crate) struct RpcCall {
    pub(crate) method: Method,
    /// As sent, still encoded; nearly always `/`.
    pub(crate) path: String,
    /// As sent, without the `?`, still encoded.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Parameters of the query, then of a form body, decoded.
    pub(crate) params: Vec<(String, String)>,
    /// API version, such as `2018-05-10`; empty when none was given.
    pub(crate) version: String,
    /// Action, such as `AddCdnDomain`; empty when none was given.
    pub(crate) action: String,
    /// What the reply says as `RequestId`.
    pub(crate) request_id: String,
}

impl RpcCall {
    /// A parameter by name; an empty one counts as absent.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// Reads the whole call; a body that is too long or breaks off is answered at once.
    pub(crate) async fn read(request: Request<Incoming>) -> Result<Self, Reply> {
        Self::read_within(request, BODY_LIMIT).await
    }

    /// The same with another limit of bytes.
    pub(crate) async fn read_within(
        request: Request<Incoming>,
        limit: usize,
    ) -> Result<Self, Reply> {
        let request_id = request_uuid();
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, limit).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                let (status, code) = (StatusCode::BAD_REQUEST, "InvalidParameter.Body");
                return Err(error_reply(status, code, &error.to_string(), &request_id));
            }
        };
        let query = head.uri.query().unwrap_or_default().to_owned();
        let mut params = wire::escape::parse_form(&query);
        if is_form(&head.headers) {
            params.extend(wire::escape::parse_form(&String::from_utf8_lossy(&body)));
        }
        let find = |header: &str, param: &str| {
            let header = head
                .headers
                .get(header)
                .and_then(|value| value.to_str().ok());
            let param = || params.iter().find(|(name, _)| name == param);
            header
                .or_else(|| param().map(|(_, value)| value.as_str()))
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Self {
            version: find("x-acs-version", "Version"),
            action: find("x-acs-action", "Action"),
            method: head.method,
            path: head.uri.path().to_owned(),
            query,
            headers: head.headers,
            body,
            params,
            request_id,
        })
    }
}

/// Whether a body is a form, so that it may hold the action and its parameters.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .starts_with("application/x-www-form-urlencoded")
        })
}

/// The error reply that RPC clients expect.
pub(crate) fn error_reply(
    status: StatusCode,
    code: &str,
    message: &str,
    request_id: &str,
) -> Reply {
    let body = json!({
        "RequestId": request_id,
        "HostId": "127.0.0.1",
        "Code": code,
        "Message": message,
    });
    json_reply(status, &body)
}

/// A JSON reply of any shape.
pub(crate) fn json_reply(status: StatusCode, body: &serde_json::Value) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(body.to_string()));
    *reply.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json;charset=utf-8");
    reply.headers_mut().insert(http::header::CONTENT_TYPE, json);
    reply
}
