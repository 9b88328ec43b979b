//! Message Service (MNS): queues, topics and subscriptions by the vendor's HTTP API of version 2015-06-06.
//!
//! `call` takes a request apart, `auth` says who signed it, `service` finds its operation in `api/`, which decides with
//! `model/` (pure) and keeps rows with `table/`. `bell` wakes those who wait for messages, `post` is how messages come in
//! (also from other rooms), `source` how other rooms take them, `tick` does what time brings: deliveries of topics, and letters that
//! are dead. `watch` is for who hears of published messages.

mod api;
mod auth;
mod bell;
mod call;
mod error;
mod model;
mod post;
mod push;
mod reply;
mod service;
mod source;
mod table;
mod tick;
mod watch;

pub(crate) use error::MnsError;
pub(crate) use model::{Address, Letter, Strategy};
pub(crate) use post::{Posted, Publication};
pub(crate) use service::Mns;
pub(crate) use source::{Ear, Held, Hold, Ready};
pub(crate) use table::SCHEMA;
pub(crate) use watch::Watch;
