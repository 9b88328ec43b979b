//! `EventBridge`: buses, rules and their targets by the vendor's API of version 2020-04-01, and events by either of its ways.
//!
//! `service` is the door; `api/` reads calls and answers them over `table/`, `plane` is the API that programs put events
//! with. `pattern` and `transform` are pure, `model/` too. `put` is how events come in, also from other rooms: an event is
//! kept with one delivery for each target. `deliver` makes a delivery, `tick` when it is due. `stream/`
//! takes messages of queues as events. `watch` is for who hears of events beside rules.

mod api;
mod deliver;
mod error;
mod model;
mod pattern;
mod plane;
mod put;
mod service;
mod stream;
mod table;
mod tick;
mod transform;
mod watch;

pub(crate) use error::BridgeError;
pub(crate) use model::{Event, bus_of_arn};
pub(crate) use service::Bridge;
pub(crate) use stream::{Batches, Flow, Stream, Terms};
pub(crate) use table::SCHEMA;
pub(crate) use watch::{Listener, Watch};

/// A stream runs again if it had stopped after an error, in a transaction of another room; then [`Bridge::changed`] must be told.
pub(crate) fn start_stream(db: &rusqlite::Connection, name: &str) -> rusqlite::Result<()> {
    table::batch::start(db, name)
}

/// Whether a text is an event pattern; why not.
pub(crate) fn check_pattern(text: &str) -> Result<(), String> {
    pattern::Pattern::read(text)
        .map(drop)
        .map_err(|refusal| refusal.to_string())
}
