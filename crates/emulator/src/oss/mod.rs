//! Object storage (OSS): buckets, objects and website hosting.
//!
//! A request becomes a `Call` (`call`), is authenticated (`auth`) and dispatched (`service`) to one of the families in
//! `operation`. Those decide with `model`, keep rows with `table` and large contents with `blob`. `watch` tells
//! others of changed objects. `room` is what other rooms of the cloud do with objects. `staging` is the bucket of uploaded code, and lends keys for it.

mod auth;
mod blob;
mod call;
mod content;
mod error;
mod intake;
mod model;
mod operation;
mod reply;
mod room;
mod service;
mod staging;
mod table;
mod watch;

pub(crate) use service::{Oss, OssHost, WebRequest, has_subresource};
pub(crate) use table::SCHEMA;
pub(crate) use watch::{Change, Watch};
