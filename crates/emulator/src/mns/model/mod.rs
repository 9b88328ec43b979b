//! What queues, topics, subscriptions and messages are, by the vendor's rules. Pure.

mod address;
mod handle;
mod letter;
mod name;
mod notification;
mod queue;
mod setting;
mod strategy;
mod subscription;
mod topic;

pub(crate) use address::Address;
pub(super) use handle::Handle;
pub(crate) use letter::Letter;
pub(super) use letter::{Extra, Property, PropertyKind};
pub(super) use name::{Named, check_name, mark, unmark};
pub(super) use notification::Notification;
pub(super) use queue::{Attributes, Counts, Queue, VISIBILITY};
pub(crate) use strategy::Strategy;
pub(super) use subscription::{Endpoint, Format, Subscription, Terms};
pub(super) use topic::{Attributes as TopicAttributes, RETENTION_MS, Topic};

/// Seconds of Unix time, as attributes show moments.
pub(super) fn seconds(milliseconds: i64) -> String {
    (milliseconds / 1000).to_string()
}
