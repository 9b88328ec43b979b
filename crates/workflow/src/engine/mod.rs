//! The engine: what an execution is, and what happens to it.
//!
//! [`apply`] takes a command and yields events and effects. Events are facts: an execution is what its events add up
//! to, in their order, and nothing else. Effects are what is to be done outside, once the events are kept. Whoever runs
//! the engine keeps events, carries out effects, and comes back with commands. Effects that were lost to a crash are found
//! again by [`Execution::open_calls`].

mod apply;
mod call;
mod context;
mod event;
mod execution;
mod fan;
mod fault;
mod finish;
mod fold;
mod frames;
mod limits;
mod map_run;
mod perform;
mod size;
mod start;
mod task;
mod timer;

pub use apply::{Command, Effect, Turned, apply};
pub use call::{Attempt, Call, Tokens};
pub use event::{Again, Event, EventKind, Header};
pub use execution::{Execution, Frame, FrameId, Run, State, Status};
pub use fault::Fault;
pub use limits::{EVENTS, INPUT, ITEMS, Mode, WIDTH};
pub use map_run::{
    Change, Child, Counts, ItemId, ItemState, MapRun, Opening, Policy, Progress, Shown, Unopened,
    Writing,
};

/// Milliseconds since 1970.
pub type Millis = i64;
