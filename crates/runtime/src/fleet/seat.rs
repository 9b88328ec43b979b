//! The words in which a roster speaks: seats, what may be, what is to be done.

use std::time::{Duration, SystemTime};

/// The number of a seat or of a waiting call.
pub(super) type Id = u64;

/// Now, by the machine's steady clock (for waits) and by the given one (for being idle).
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) tick: Duration,
    pub(super) clock: SystemTime,
}

/// How many instances more there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// By what is reserved for the function.
    pub(super) reserved: u32,
    /// By the memory of the machine.
    pub(super) machine: u32,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The waiting call has a place in the seat.
    Serve { ticket: Id, seat: Id },
    /// Another instance is to be started. It counts as starting already.
    Start,
    /// The instance is not needed any more. It is taken out already.
    End(Id),
}

/// An instance and how it is used.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) id: Id,
    pub(super) busy: u32,
    pub(super) calls: u64,
    pub(super) used: SystemTime,
    pub(super) started: SystemTime,
    /// Whether it takes calls. One of an older revision, or in which a call was stopped, finishes what it does.
    pub(super) is_current: bool,
}
