//! Function Compute 3.0: functions, what starts them, and their code.
//!
//! `service` reads an API call and `api` answers it: `model` decides (pure), `table` keeps rows, `code` keeps packages.
//! `resolve` turns rows into what runs; `run` is the contract with whatever runs it.
//! `scale` carries out what rules say of kept
//! instances. `trace` says which calls were made for which. `fc2` is what is served of the older API.

mod api;
mod attach;
mod call;
mod choose;
mod code;
mod error;
mod fc2;
mod gateway;
mod log;
mod model;
mod queue;
mod resolve;
mod run;
mod scale;
mod service;
mod table;
mod trace;
mod trigger;

pub(crate) use code::ARCHIVES;
pub(crate) use error::FcError;
pub(crate) use fc2::TOKEN_PATH;
pub(crate) use log::{Entry, Logs, Query, Record};
pub(crate) use queue::table::SCHEMA as QUEUE_SCHEMA;
pub(crate) use queue::tasks::SCHEMA as TASK_SCHEMA;
pub(crate) use run::Run;
pub(crate) use service::Functions;
pub(crate) use table::SCHEMA;
pub(crate) use trigger::CdnEvent;
