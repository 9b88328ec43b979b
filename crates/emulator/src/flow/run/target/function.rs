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
    let asked = call.options.as_ref();
    let option = |name: &str| asked.and_then(|asked| asked[name].as_str());
    if waits_not(option("InvocationType"), call.pattern) {
        let task = option("StatefulAsyncInvocationID");
        return enqueue(runner, (header, call), (name, qualifier, task), event).await;
    }
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
    let kind = parameter(call, "InvocationType").and_then(Value::as_str);
    if waits_not(kind, call.pattern) {
        let function = (name.as_str(), qualifier.as_deref(), None);
        return enqueue(runner, (header, call), function, event).await;
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

/// Whether an asynchronous call is asked for, whose result nobody waits for.
fn waits_not(kind: Option<&str>, pattern: Pattern) -> bool {
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("async")) && pattern != Pattern::Completion
}

/// Has a function called later, by name, qualifier and the id of its asynchronous task; the reply says nothing.
async fn enqueue(
    runner: &Arc<Runner>,
    (header, call): (&Header, &Call),
    (name, qualifier, task): (&str, Option<&str>, Option<&str>),
    event: &Value,
) -> Called {
    let id = request_id(header, (call.scheduled, call.since));
    let trace = trace(header, call.scheduled);
    let ids = (id.as_str(), Some(trace.as_str()), task);
    let functions = &runner.functions;
    let enqueued = functions.enqueue_event((name, qualifier), ids, bytes(event));
    match enqueued.await {
        Ok(()) => Ok(Came::Begun(json!({}))),
        Err(error) => Err(service_fault(&error)),
    }
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
