//! Code in each language, run by real interpreters and programs, against what the vendor promises it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench;
mod cage;
mod java;
mod node;
mod php;
mod program;
mod python;
mod runtime_api;
mod server;
mod share;
mod stop;
