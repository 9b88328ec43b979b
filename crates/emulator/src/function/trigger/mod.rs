//! What starts functions by itself: so far, timers.

mod schedule;
mod timer;

pub(super) use schedule::Schedule;
pub(super) use timer::{Timers, tick};
