//! All integration tests, one binary.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod cli;
mod fault;
mod layers;
mod support;
