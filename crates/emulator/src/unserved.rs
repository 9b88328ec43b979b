//! Products that are recognised but not served: each is refused in its own error shape.

use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::body::{Reply, ReplyBody};
use crate::identity::{random_hex, request_uuid};
use crate::rpc::{RpcCall, error_reply, json_reply};

const MESSAGE: &str = "This local cloud does not serve this product.";

/// A product by the dialect that its clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    TableStore,
    S3,
    OldFunctions,
    Applications,
}

/// Refuses a call of a product: 501 `NotImplemented` in the shape that its clients parse.
pub(crate) fn answer(product: Product) -> Reply {
    let status = StatusCode::NOT_IMPLEMENTED;
    let id = request_uuid();
    match product {
        Product::TableStore => table_store(),
        Product::S3 => xml(&format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NotImplemented</Code><Message>{MESSAGE}</Message>\
             <RequestId>{}</RequestId><HostId>127.0.0.1</HostId></Error>",
            random_hex::<12>(),
        )),
        Product::OldFunctions => json_reply(
            status,
            &json!({"ErrorCode": "NotImplemented", "ErrorMessage": MESSAGE}),
        ),
        Product::Applications => error_reply(status, "NotImplemented", MESSAGE, &id),
    }
}

/// Refuses an RPC call of a product or version that is not served.
pub(crate) fn answer_rpc(call: &RpcCall) -> Reply {
    let message = format!(
        "This local cloud does not serve API version {:?}.",
        call.version
    );
    error_reply(
        StatusCode::NOT_IMPLEMENTED,
        "NotImplemented",
        &message,
        &call.request_id,
    )
}

fn xml(text: &str) -> Reply {
    typed(text.as_bytes().to_vec(), "application/xml")
}

/// The protobuf message `Error { 1: code, 2: message }`; a reply without signature headers is allowed for errors.
fn table_store() -> Reply {
    let mut body = Vec::new();
    for (field, text) in [(1_u8, "OTSUnsupportOperation"), (2, MESSAGE)] {
        body.extend([field << 3 | 2, u8::try_from(text.len()).unwrap_or(u8::MAX)]);
        body.extend(text.as_bytes());
    }
    typed(body, "application/x-protobuf")
}

fn typed(body: Vec<u8>, kind: &'static str) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(body));
    *reply.status_mut() = StatusCode::NOT_IMPLEMENTED;
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}
