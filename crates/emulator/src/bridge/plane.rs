//! The API that programs put events with (`/openapi/putEvents`), as the vendor's clients for event buses speak it.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use wire::{event_bridge, header};

use super::api::put_all;
use super::error::BridgeError;
use super::model::DEFAULT;
use super::service::Shared;
use crate::body::Reply;
use crate::rpc::{RpcCall, json_reply};

/// Why a call is not accepted: status, code and words.
type Refusal = (StatusCode, String, String);

/// Answers a call. Replies are written with capital letters and errors with small ones, as the clients read them.
pub(super) async fn answer(shared: &Arc<Shared>, call: &RpcCall) -> Reply {
    match run(shared, call).await {
        Ok(mut body) => {
            body["RequestId"] = json!(call.request_id);
            body["ResourceOwnerAccountId"] = json!(shared.account.id);
            json_reply(StatusCode::OK, &body)
        }
        Err((status, code, message)) => {
            let id = &call.request_id;
            json_reply(
                status,
                &json!({"code": code, "message": message, "requestId": id}),
            )
        }
    }
}

async fn run(shared: &Arc<Shared>, call: &RpcCall) -> Result<Value, Refusal> {
    authenticate(shared, call)?;
    if call.method != http::Method::POST || call.path != "/openapi/putEvents" {
        let what = format!("{} {} of EventBridge", call.method, call.path);
        return Err(refusal(BridgeError::unserved(&what)));
    }
    let events: Vec<Value> = serde_json::from_slice(&call.body).map_err(|_| {
        refused(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "The body is not a list of events in JSON.",
        )
    })?;
    // A fault of the bus that the first event names is one of the call.
    let bus = events.first().map(|event| &event["aliyuneventbusname"]);
    let bus = bus.and_then(Value::as_str).unwrap_or(DEFAULT);
    let put = shared.prone(bus, put_all(shared, None, &events));
    let entries = put.await.map_err(refusal)?;
    let failed = entries.iter().filter(|entry| entry.1.is_err()).count();
    let show = |(id, put): (String, Result<String, BridgeError>)| match put {
        Ok(trace) => json!({"EventId": id, "TraceId": trace}),
        Err(error) => {
            json!({"EventId": id, "ErrorCode": error.code, "ErrorMessage": error.message})
        }
    };
    let entries: Vec<Value> = entries.into_iter().map(show).collect();
    Ok(json!({"FailedEntryCount": failed, "EntryList": entries}))
}

fn authenticate(shared: &Shared, call: &RpcCall) -> Result<(), Refusal> {
    let headers: Vec<(String, String)> = call
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        })
        .collect();
    let query = wire::escape::parse_form(&call.query);
    let resource = event_bridge::resource(&call.path, &query);
    let signed = header::Call {
        scheme: &header::EVENT_BRIDGE,
        method: call.method.as_str(),
        resource: &resource,
        headers: &headers,
    };
    let claim = signed.claim().ok_or_else(|| {
        let words = "The Authorization header is missing or malformed.";
        refused(StatusCode::BAD_REQUEST, "InvalidAuthorization", words)
    })?;
    check_time(shared, signed.header("date"))?;
    if claim.key_id != shared.account.access_key_id {
        let words = "Specified access key is not found.";
        return Err(refused(
            StatusCode::FORBIDDEN,
            "InvalidAccessKeyId.NotFound",
            words,
        ));
    }
    if signed.bears_out(&claim, &shared.account.access_key_secret) {
        return Ok(());
    }
    let words = "Specified signature is not matched with our calculation.";
    Err(refused(
        StatusCode::FORBIDDEN,
        "SignatureDoesNotMatch",
        words,
    ))
}

fn check_time(shared: &Shared, date: &str) -> Result<(), Refusal> {
    let signed = httpdate::parse_http_date(date)
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
        .ok_or_else(|| {
            let words = "The Date header is missing or malformed.";
            refused(StatusCode::BAD_REQUEST, "InvalidTimeStamp.Format", words)
        })?;
    if shared.clock.believes(signed) {
        return Ok(());
    }
    let words = "Specified time stamp or date value is expired.";
    Err(refused(
        StatusCode::BAD_REQUEST,
        "InvalidTimeStamp.Expired",
        words,
    ))
}

fn refused(status: StatusCode, code: &str, words: &str) -> Refusal {
    (status, code.to_owned(), words.to_owned())
}

/// This API says by its status what the other says in its body.
fn refusal(error: BridgeError) -> Refusal {
    let status = match error.status {
        StatusCode::OK => StatusCode::BAD_REQUEST,
        other => other,
    };
    (status, error.code.into_owned(), error.message)
}
