//! Functions as targets of tasks.

use std::sync::Arc;

use runtime::{Answer, Request};
use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Header};
use workflow::{Pattern, Target};

use super::{Called, Came, Runner, answered, parameter, result, text};
use crate::flow::run::effect::{request_id, trace};
use crate::function::FcError;

/// Calls a function with an event; its result, or its error under the name that its code gave it.
pub(super) async fn invoke(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    (name, qualifier): (&str, Option<&str>),
    event: &Value,
) -> Called {
    let answer = ask(runner, (header, call), (name, qualifier), bytes(event)).await?;
    match (result(&answer.payload), call.pattern) {
        (Some(value), Pattern::Response | Pattern::Completion) => Ok(Came::Done(value)),
        // Whoever waits for a report does not mind what the call replied.
        (value, Pattern::Callback) => Ok(Came::Begun(value.unwrap_or_default())),
        (None, _) => Err(Fault::new(
            "FnF.InvalidLocal",
            "the function's result is not JSON",
        )),
    }
}

/// `FC:InvokeFunction` of the second language: the function by `resourceArn`, its event in `body`. What the function
/// gives is under `Body`, a map too: the vendor's flows read `$Output.Body` (<https://help.aliyun.com/document_detail/2872417>).
pub(super) async fn act(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let resource = parameter(call, "ResourceArn").and_then(Value::as_str);
    let Some(resource) = resource else {
        return Err(Fault::new(
            "FC.InvalidArgument",
            "the parameter resourceArn is missing",
        ));
    };
    let Target::Function { name, qualifier } = Target::of_resource(resource) else {
        return Err(Fault::new(
            "FC.InvalidArgument",
            format!("{resource} is no function"),
        ));
    };
    let nothing = json!({});
    let event = parameter(call, "Body").unwrap_or(&nothing);
    let kind = parameter(call, "InvocationType")
        .and_then(Value::as_str)
        .unwrap_or("Sync");
    if kind.eq_ignore_ascii_case("async") && call.pattern != Pattern::Completion {
        let id = request_id(header, (call.scheduled, call.since));
        let enqueued = runner
            .functions
            .enqueue_event(
                (&name, qualifier.as_deref()),
                (&id, Some(&trace(header, call.scheduled))),
                bytes(event),
            )
            .await;
        return enqueued
            .map(|()| Came::Begun(json!({})))
            .map_err(|error| service_fault(&error));
    }
    let answer = ask(
        runner,
        (header, call),
        (&name, qualifier.as_deref()),
        bytes(event),
    )
    .await?;
    let told = result(&answer.payload);
    let body = told.unwrap_or_else(|| String::from_utf8_lossy(&answer.payload).into());
    Ok(answered(call, json!({"Body": body})))
}

/// Calls a function and waits for its result; its error, and the service's, under their names.
pub(super) async fn ask(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    (name, qualifier): (&str, Option<&str>),
    event: Vec<u8>,
) -> Result<Answer, Fault> {
    let asked = runtime::Call {
        request_id: request_id(header, (call.scheduled, call.since)),
        trace: Some(trace(header, call.scheduled)),
        retries: 0,
        request: Request::Event(event.into()),
    };
    let answer = runner
        .functions
        .call_event(name, qualifier.unwrap_or("LATEST"), asked)
        .await;
    let answer = answer.map_err(|error| service_fault(&error))?;
    match answer.error {
        None => Ok(answer),
        Some(_) => Err(function_fault(&answer.payload)),
    }
}

/// A text is the event as it is; everything else is JSON.
fn bytes(event: &Value) -> Vec<u8> {
    text(event).into_bytes()
}

/// The code's own error: its name is `errorType`.
fn function_fault(payload: &[u8]) -> Fault {
    let told: Value = serde_json::from_slice(payload).unwrap_or_default();
    let name = told["errorType"]
        .as_str()
        .filter(|name| !name.is_empty())
        .unwrap_or("FC.Unknown");
    Fault::new(name, String::from_utf8_lossy(payload))
}

/// An error of the service. Too much to do is `FC.ResourceExhausted`, a failure of its own `FC.Unknown`; both are among
/// those that flows try again.
pub(super) fn service_fault(error: &FcError) -> Fault {
    let name = match error.status.as_u16() {
        429 => "FC.ResourceExhausted".to_owned(),
        500.. => "FC.Unknown".to_owned(),
        _ => format!("FC.{}", error.code),
    };
    Fault::new(name, error.message.clone())
}
