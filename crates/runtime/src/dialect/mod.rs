//! How a started process is spoken with: `builtin` by frames with our bootstraps, `custom` by HTTP with the user's server, whose requests are
//! `watched`.

mod builtin;
mod custom;
mod frame;
mod watched;

use async_trait::async_trait;
use bytes::Bytes;

use crate::call::{Call, CallBody, Fault, FunctionError};

pub(crate) use builtin::{Builtin, bootstrap};
pub(crate) use custom::Custom;

/// Speaks with one process. Time-outs are the caller's: it drops the future and ends the process.
#[async_trait]
pub(crate) trait Dialect: Send + Sync {
    /// Waits until the process can take calls.
    async fn ready(&self) -> Result<(), Fault>;

    /// Runs the initializer, once.
    async fn initialize(&self, request_id: &str) -> Result<(), Fault>;

    /// Hands a call over and waits for what comes of it.
    async fn call(&self, call: Call) -> Result<Outcome, Fault>;

    /// Tells that the process is going to be stopped, and waits until it has heard that.
    async fn pre_stop(&self, request_id: &str) -> Result<(), Fault>;
}

/// What a process answered.
pub(crate) enum Outcome {
    /// To an event.
    Answer {
        /// The result, or the vendor's JSON of an error.
        payload: Bytes,
        /// How it failed, if it did.
        error: Option<FunctionError>,
    },
    /// To a web request.
    Web(http::Response<CallBody>),
}
