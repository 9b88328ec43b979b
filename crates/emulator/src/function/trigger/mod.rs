//! What starts functions by itself: timers, changed objects of buckets, and messages of topics.

mod bucket;
mod schedule;
mod timer;
mod topic;

pub(super) use bucket::Buckets;
pub(crate) use schedule::Schedule;
pub(super) use timer::{Timers, tick};
pub(super) use topic::Topics;
