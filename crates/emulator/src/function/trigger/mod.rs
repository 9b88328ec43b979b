//! What starts functions by itself: timers, and changed objects of buckets.

mod bucket;
mod schedule;
mod timer;

pub(super) use bucket::Buckets;
pub(crate) use schedule::Schedule;
pub(super) use timer::{Timers, tick};
