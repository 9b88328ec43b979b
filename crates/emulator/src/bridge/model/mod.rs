//! What buses, rules, targets and events are, by the vendor's rules. Pure.

mod bus;
mod event;
mod rule;
mod target;

pub(crate) use bus::bus_of_arn;
pub(super) use bus::{Bus, DEFAULT, check_name};
pub(crate) use event::Event;
pub(super) use event::Origin;
pub(super) use rule::Rule;
pub(super) use target::{Goal, Target};
