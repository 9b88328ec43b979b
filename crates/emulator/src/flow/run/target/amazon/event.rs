//! `events:putEvents`.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Header};

use super::super::{Called, Runner, answered, parameter};
use crate::bridge::{BridgeError, Event};
use crate::flow::run::effect::request_id;

/// How many events one call puts at most ("`PutEvents`" of the vendor's API reference).
const MOST: usize = 10;
/// The bus of entries that name none.
const DEFAULT: &str = "default";

/// Puts `Entries`, each by itself. When some cannot be put the task fails with `EventBridge.FailedEntry`, and the cause
/// tells which ("Add `EventBridge` events with Step Functions").
pub(in super::super) async fn put(runner: &Arc<Runner>, header: &Header, call: &Call) -> Called {
    let entries = parameter(call, "Entries").and_then(Value::as_array);
    let entries = entries.filter(|entries| (1..=MOST).contains(&entries.len()));
    let entries = entries.ok_or_else(|| {
        let words = format!("Entries must be a list of 1 to {MOST} events");
        Fault::new("EventBridge.InvalidArgument", words)
    })?;
    let request = request_id(header, (call.scheduled, call.since));
    let mut failed = 0;
    let mut put = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        // A call that is made again after a crash puts events with the same ids.
        let id = format!("{request}-{number}");
        put.push(match put_one(runner, entry, &id).await {
            Ok(()) => json!({"EventId": id}),
            Err((code, words)) => {
                failed += 1;
                json!({"ErrorCode": code, "ErrorMessage": words})
            }
        });
    }
    let output = json!({"Entries": put, "FailedEntryCount": failed});
    if failed > 0 {
        return Err(Fault::new("EventBridge.FailedEntry", output.to_string()));
    }
    Ok(answered(call, output))
}

/// An entry that is put; otherwise the code and the words of why it is not.
async fn put_one(runner: &Arc<Runner>, entry: &Value, id: &str) -> Result<(), (String, String)> {
    let detail = match &entry["Detail"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    if !detail.is_object() {
        let words = "Detail is malformed.".to_owned();
        return Err(("MalformedDetail".to_owned(), words));
    }
    let document = json!({
        "id": id, "source": entry["Source"], "type": entry["DetailType"], "data": detail,
        "time": entry["Time"], "datacontenttype": "application/json",
    });
    let told = |error: BridgeError| (error.code.into_owned(), error.message);
    let event = Event::read(&document).map_err(told)?;
    let bus = entry["EventBusName"].as_str().unwrap_or(DEFAULT);
    let bus = bus.rsplit('/').next().unwrap_or(bus);
    let sent = runner.bridge.send(bus.to_owned(), event).await;
    sent.map(|_| ()).map_err(told)
}
