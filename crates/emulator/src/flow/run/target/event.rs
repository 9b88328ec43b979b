//! Event buses as targets of tasks.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Header};

use super::{Called, Runner, answered, parameter};
use crate::bridge::{BridgeError, Event};
use crate::flow::run::effect::request_id;

/// `EventBridge:PutEvents` ("Integrate `CloudFlow` with `EventBridge`" of the vendor's docs): one event by its attributes. A call
/// that is made again after a crash puts an event with the same id.
pub(super) async fn act(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let request = request_id(header, (call.scheduled, call.since));
    let mut document = json!({"id": request});
    for name in [
        "Id",
        "Source",
        "Type",
        "Subject",
        "Data",
        "Time",
        "DataContentType",
    ] {
        if let Some(value) = parameter(call, name) {
            document[name.to_ascii_lowercase()] = value.clone();
        }
    }
    let bus = parameter(call, "EventBusName").and_then(Value::as_str);
    let bus = bus.ok_or_else(|| {
        let words = "the parameter eventBusName is missing";
        Fault::new("EventBridge.InvalidArgument", words)
    })?;
    let event = Event::read(&document).map_err(|error| fault(&error))?;
    let trace = runner.bridge.send(bus.to_owned(), event).await;
    let trace = trace.map_err(|error| fault(&error))?;
    let output = json!({
        "FailedEntryCount": 0,
        "EntryList": [{"EventId": document["id"], "TraceId": trace}],
        "RequestId": request,
    });
    Ok(answered(call, output))
}

fn fault(error: &BridgeError) -> Fault {
    let name = format!("EventBridge.{}", error.code);
    Fault::new(name, error.message.clone())
}
