//! What tasks call: functions, flows, queues and topics, event buses, web addresses. Everything else is refused by name.

mod amazon;
mod event;
mod flow;
mod function;
mod http;
mod message;

pub(super) use http::Web;

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Header};
use workflow::{Pattern, Target};

use super::Runner;
use crate::flow::token::Telling;
use crate::injection::StepFault;

/// What came of a call.
pub(super) enum Came {
    /// It is done, with this result.
    Done(Value),
    /// It was begun, and replied so; whoever was called reports how it ends.
    Begun(Value),
}

type Called = Result<Came, Fault>;

impl Runner {
    /// Makes a call.
    pub(super) async fn call(self: &Arc<Self>, header: &Header, call: &Call) -> Called {
        let asked = self.faults.of_step(&header.flow, &call.step);
        if let Some(StepFault::Error(name)) = asked {
            let words = "this step fails, as was asked for by a fault";
            return Err(Fault::new(name, words));
        }
        let came = self.reach(header, call).await;
        if asked == Some(StepFault::Kill) {
            let killed = self.faults.kill();
            killed.map_err(|error| Fault::new("FnF.RuntimeError", error.to_string()))?;
        }
        came
    }

    async fn reach(self: &Arc<Self>, header: &Header, call: &Call) -> Called {
        match &call.target {
            Target::Function { name, qualifier } => {
                let event = call.parameters.as_ref().unwrap_or(&call.input);
                function::invoke(self, (header, call), (name, qualifier.as_deref()), event).await
            }
            Target::Flow(name) => flow::start(self, (header, call), name).await,
            Target::Action { product, operation } => {
                self.act(header, call, (product, operation)).await
            }
            Target::Queue(path) => message::send(self, (header, call), path).await,
            Target::Other(name) => Err(unserved("FnF", name)),
        }
    }

    async fn act(self: &Arc<Self>, header: &Header, call: &Call, action: (&str, &str)) -> Called {
        let (product, operation) = (action.0.to_ascii_lowercase(), action.1);
        match (product.as_str(), operation) {
            ("fc", "InvokeFunction") => function::act(self, header, call).await,
            ("fnf", "StartExecution" | "StartSyncExecution") => flow::act(self, header, call).await,
            ("http", "Request") => http::request(self, header, call).await,
            ("eventbridge", "PutEvents") => event::act(self, header, call).await,
            ("mns", "SendMessage") => message::act(self, header, call).await,
            ("lambda", "invoke") => amazon::lambda::invoke(self, header, call).await,
            ("states", "startExecution") => {
                amazon::states::start(self, (header, call), Telling::Texts).await
            }
            ("states", "startExecution:2") => {
                amazon::states::start(self, (header, call), Telling::Values).await
            }
            ("sqs", "sendMessage") => amazon::message::send(self, header, call).await,
            ("sns", "publish") => amazon::message::publish(self, header, call).await,
            ("events", "putEvents") => amazon::event::put(self, header, call).await,
            _ => Err(unserved(action.0, operation)),
        }
    }
}

/// Other products are not served here: an error that a flow can catch, as `PRODUCT.NotImplemented`.
fn unserved(product: &str, what: &str) -> Fault {
    Fault::new(
        format!("{product}.NotImplemented"),
        format!("the local cloud does not serve {what}"),
    )
}

/// A call that was answered: done, unless a report is waited for.
fn answered(call: &Call, output: Value) -> Came {
    match call.pattern {
        Pattern::Callback => Came::Begun(output),
        Pattern::Response | Pattern::Completion => Came::Done(output),
    }
}

/// A text as it is; everything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A parameter in either case: `FlowName` or `flowName`.
fn parameter<'c>(call: &'c Call, name: &str) -> Option<&'c Value> {
    let parameters = call.parameters.as_ref()?;
    let mut small = name.to_owned();
    if let Some(first) = small.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    parameters
        .get(name)
        .or_else(|| parameters.get(&small))
        .filter(|value| !value.is_null())
}

/// A result as the languages take it: nothing is an empty map.
fn result(bytes: &[u8]) -> Option<Value> {
    if bytes.is_empty() {
        return Some(json!({}));
    }
    serde_json::from_slice(bytes).ok()
}
