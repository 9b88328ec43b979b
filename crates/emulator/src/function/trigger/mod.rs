//! What starts functions by itself: timers, changed objects of buckets, messages of topics, and events of the CDN.

mod bucket;
mod cdn;
mod schedule;
mod timer;
mod topic;

pub(super) use bucket::Buckets;
pub(crate) use cdn::CdnEvent;
pub(crate) use schedule::Schedule;
pub(super) use timer::{Timers, tick};
pub(super) use topic::Topics;
