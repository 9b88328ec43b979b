//! Streams: what comes into a queue goes to a function as events, one by one or in batches.
//!
//! `model` says what a stream is and decides (pure), `message` makes events of messages (pure). `sources` remembers when each
//! stream must be looked at, so that those whose queues are quiet cost nothing. `gather` takes messages: in the transaction
//! that keeps the delivery they are held in their queue, or deleted when they go one by one; then they are deliveries like
//! all others, which `tick` makes. `batch` is what becomes of a batch that was delivered, or was not.

mod batch;
mod gather;
mod message;
mod model;
mod sources;

pub(super) use batch::{After, finish};
pub(super) use gather::flow;
pub(crate) use model::{Batches, Flow, Stream, Terms};
pub(super) use sources::Sources;
