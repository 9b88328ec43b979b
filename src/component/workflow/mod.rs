//! Components `workflow`, `fnf` and `flow`: a workflow with its definition. They lower to `flow.flow`, and `workflow` to one
//! `flow.schedule` for each of its schedules, and with an alias to `flow.version` and `flow.alias`.
//!
//! A definition stands in the manifest or in a file. What is known of it before the deploy is read and checked here.

mod check;
mod definition;
mod extent;
mod inline;
mod lower;
mod pack;
mod part;
mod release;
mod schedule;
#[cfg(test)]
mod tests;

pub use pack::DefinitionPack;

pub(super) use lower::{lower, lower_flow, lower_fnf};
