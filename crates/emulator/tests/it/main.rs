//! The local cloud from outside: over its port, with faults.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod client;
mod crash;
mod faults;
mod function;
mod layer;
mod queue;
mod scale;
mod staging;
mod start;
mod task;
mod version;
mod web;
mod website;
