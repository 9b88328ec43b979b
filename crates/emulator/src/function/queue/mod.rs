//! Asynchronous invocation: events are kept first and answered then, called later, tried again, and passed on.
//!
//! `table` keeps the rows, `setting` says what a function wants, `policy` decides (pure), `worker` calls, `hearer` is who is told of the end. `task` is the recorded way of an
//! event whose function wants that, `tasks` its rows. `accept` answers callers who do not wait, `web` keeps the heads of web
//! requests among the events. An event's row goes in the transaction that records what came of it: a killed cloud calls again what it had under way, so that every event is
//! called at least once.

mod accept;
mod hearer;
mod policy;
mod setting;
pub(super) mod table;
mod task;
pub(super) mod tasks;
mod web;
mod worker;

pub(super) use accept::{Asked, LARGEST, TASK_ID};
use setting::Setting;
pub(super) use table::Event;
pub(super) use task::Task;
pub(super) use tasks::Wanted;
pub(super) use web::WebHead;
pub(super) use worker::{Bell, agenda, work};
