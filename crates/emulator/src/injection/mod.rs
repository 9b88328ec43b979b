//! Failures on purpose: which calls of functions, of queues, topics and event buses, and which steps of workflows fail, and how. Kept in memory, but for a
//! death that was asked for: the next start goes on with the same rules and counts.
//!
//! `rule` says what fails; `faults` counts calls and finds the rule of each; `prone` is what runs functions, with the
//! rules applied, so that every caller (the API, the gateway, queues, triggers, workflows) meets them.

mod faults;
mod prone;
mod rule;

pub(crate) use faults::{ApiFault, Faults, StepFault};
pub(crate) use prone::Prone;
