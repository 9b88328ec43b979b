//! `CloudFlow`: flows, their executions, and what they call. API version 2019-03-15.
//!
//! `service` is the door; `api` reads calls and answers them over `table`. `run` drives executions: the crate `workflow`
//! decides, `run` keeps what it decided in the `ledger` and then does it.

mod api;
mod call;
mod error;
mod history;
mod ledger;
mod model;
mod run;
mod service;
mod table;
mod token;

pub(crate) use service::Flows;
pub(crate) use table::SCHEMA;
