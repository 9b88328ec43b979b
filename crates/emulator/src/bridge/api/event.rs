//! Events: put, and tried against a pattern.

use std::sync::Arc;

use serde_json::{Value, json};

use super::call::Call;
use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::model::{DEFAULT, Event};
use crate::bridge::pattern::Pattern;
use crate::bridge::service::Shared;

/// What came of an event: its id and that of its way, or why there is none.
pub(in crate::bridge) type Entry = (String, Outcome<String>);

pub(super) fn test(call: &Call<'_>) -> Outcome<Value> {
    let pattern = Pattern::read(call.need("EventPattern")?)?;
    let event: Value = serde_json::from_str(call.need("Event")?)
        .map_err(|_| BridgeError::invalid("Event is not JSON."))?;
    let event = Event::read(&event)?;
    Ok(json!({"Result": pattern.fits(event.attributes())}))
}

pub(super) async fn put(shared: &Arc<Shared>, call: &Call<'_>) -> Outcome<Value> {
    let events = call.list("EventList")?;
    if events.is_empty() {
        return Err(BridgeError::missing("EventList"));
    }
    let entries = put_all(shared, Some(call.need("EventBusName")?), &events).await?;
    let failed = entries.iter().filter(|entry| entry.1.is_err()).count();
    let entries: Vec<Value> = entries.into_iter().map(show).collect();
    Ok(json!({"FailedEntryCount": failed, "EntryList": entries}))
}

fn show((id, put): Entry) -> Value {
    match put {
        Ok(trace) => json!({"EventId": id, "TraceId": trace}),
        Err(error) => {
            json!({"EventId": id, "ErrorCode": error.code, "ErrorMessage": error.message})
        }
    }
}

/// Puts events into a bus, or each into the one that it names, in one transaction: each that is right is kept.
pub(in crate::bridge) async fn put_all(
    shared: &Arc<Shared>,
    bus: Option<&str>,
    events: &[Value],
) -> Outcome<Vec<Entry>> {
    let events: Vec<Outcome<Event>> = events.iter().map(Event::read).collect();
    let (room, bus) = (Arc::clone(shared), bus.map(str::to_owned));
    let write = shared.store.write(move |db| {
        let put = |event: Outcome<Event>| {
            let event = match event {
                Ok(event) => event,
                Err(error) => return Ok((String::new(), Err(error))),
            };
            let id = event.id().to_owned();
            let bus = bus.as_deref().or(event.bus()).unwrap_or(DEFAULT).to_owned();
            match room.put(db, &bus, event) {
                Err(error) if error.is_failure() => Err(error),
                put => Ok((id, put)),
            }
        };
        events.into_iter().map(put).collect::<Outcome<Vec<_>>>()
    });
    let entries = write.await?;
    shared.bell.notify_one();
    Ok(entries)
}
