//! Replies: documents, nothing, refusals.

use http::{HeaderName, HeaderValue, StatusCode};
use wire::mns::{NAMESPACE, VERSION};
use wire::xml::Document;

use super::call::Call;
use super::error::MnsError;
use crate::body::{Reply, ReplyBody};

/// A document of this API.
pub(super) fn document(root: &'static str) -> Document {
    Document::within(NAMESPACE, root)
}

/// A reply with a document.
pub(super) fn xml(status: StatusCode, document: Document) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(document.finish()));
    *reply.status_mut() = status;
    set(&mut reply, "content-type", "text/xml;charset=utf-8");
    reply
}

/// A reply without a body.
pub(super) fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::new(ReplyBody::empty());
    *reply.status_mut() = status;
    reply
}

/// What answers the making of something: 201, or 204 when it was there just so.
pub(super) fn made(is_new: bool, url: &str) -> Reply {
    let mut reply = empty(if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::NO_CONTENT
    });
    set(&mut reply, "location", url);
    reply
}

/// The reply for a refusal.
pub(super) fn error(call: &Call, error: &MnsError) -> Reply {
    let body = document("Error")
        .leaf("Code", &error.code)
        .leaf("Message", &error.message)
        .leaf("RequestId", &call.request_id)
        .leaf("HostId", &format!("http://{}", call.host));
    xml(error.status, body)
}

/// Adds what every reply carries.
pub(super) fn finish(reply: &mut Reply, request_id: &str) {
    set(reply, "x-mns-request-id", request_id);
    set(reply, "x-mns-version", VERSION);
}

fn set(reply: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        let name = HeaderName::from_static(name);
        reply.headers_mut().insert(name, value);
    }
}
