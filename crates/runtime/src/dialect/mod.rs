//! How a started process is spoken with: `builtin` by frames with our bootstraps, `custom` by HTTP with the user's server, whose requests are
//! `watched`, `runtime_api` by HTTP with a program that fetches its calls. `tracing` is what all of them tell of a call's trace.

mod builtin;
mod custom;
mod desk;
mod frame;
mod runtime_api;
mod tracing;
mod watched;

use async_trait::async_trait;
use bytes::Bytes;

use crate::call::{Call, CallBody, Fault, FunctionError};

pub(crate) use builtin::{Builtin, JAVA_SOURCES, bootstrap};
pub(crate) use custom::Custom;
pub(crate) use runtime_api::RuntimeApi;

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

    /// Whether the process has said that it takes no more calls, or says what nobody understands.
    fn is_over(&self) -> bool {
        false
    }
}

/// What is said to a web request that a runtime of events is given.
const EVENTS_ONLY: &str = "this runtime takes events, and was sent a web request";
/// What is said of a process that ended before its answer.
const GONE: &str = "Process exited unexpectedly before completing request";

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
