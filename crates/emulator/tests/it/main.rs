//! The local cloud from outside: over its port, with faults.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod advance;
mod bearer;
mod bridge;
mod cdn_events;
mod client;
mod cpu;
mod crash;
mod faults;
mod flow;
mod flow_faults;
mod flow_limits;
mod flow_states;
mod flow_tasks;
mod full;
mod function;
mod later;
mod layer;
mod leap;
mod map_run;
mod mns;
mod old_http;
mod queue;
mod scale;
mod staging;
mod start;
mod strain;
mod sweep;
mod task;
mod version;
mod web;
mod website;
