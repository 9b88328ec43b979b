//! Calling a function: `act("invoke")` of `fc.function`.
//!
//! Arguments: `payload` in base64, and if wanted `type` (`Sync`, `Async`), `qualifier`, `task`, `seconds` to wait. The
//! answer: `payload` in base64, `headers` by their lower-case names.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;

const ACTION: &str = "InvokeFunction";
/// What is added to a function's own limit before a call is given up.
const MARGIN: Duration = Duration::from_secs(5);
const LONGEST: u64 = 86_400;

/// Calls the function `name`.
pub(super) async fn invoke(fc: &Fc, name: &str, args: &Json) -> Result<Json, ProviderError> {
    let text = |name: &str| args.get(name).and_then(Json::as_str);
    let invalid = |why: String| ProviderError::new(ErrorKind::Invalid, ACTION, why);
    let payload = STANDARD
        .decode(text("payload").unwrap_or_default())
        .map_err(|error| invalid(format!("the payload is not base64: {error}")))?;
    let mut call = Call::post(ACTION, &["functions", name, "invocations"], Json::Null)
        .with_bytes(payload)
        .header("x-fc-invocation-type", text("type").unwrap_or("Sync"))
        .header("x-fc-log-type", "Tail");
    if let Some(qualifier) = text("qualifier") {
        call = call.param("qualifier", qualifier);
    }
    if let Some(task) = text("task") {
        call = call.header("x-fc-async-task-id", task);
    }
    let seconds = args.get("seconds").and_then(Json::as_u64);
    let patience = Duration::from_secs(seconds.unwrap_or(LONGEST)) + MARGIN;
    let reply = fc.once(&call, patience).await?;
    let mut headers = Object::new();
    for (name, value) in &reply.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers.insert(name.as_str().to_owned(), value.into());
    }
    Ok(json!({ "payload": STANDARD.encode(&reply.body), "headers": headers }))
}
