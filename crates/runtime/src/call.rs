//! A call of a function and what comes of it.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body that is streamed.
pub type CallBody = UnsyncBoxBody<Bytes, BoxError>;

/// One call.
pub struct Call {
    /// The id that goes through logs, headers and nested calls.
    pub request_id: String,
    /// `traceparent` for a web server to pass on. Handlers find it among the headers of an HTTP event. Both are told it in the
    /// vendor's form too, when the function has [`crate::Spec::tracing`].
    pub trace: Option<String>,
    /// How many times this was tried before.
    pub retries: u32,
    /// What is asked.
    pub request: Request,
}

/// What a function is asked.
#[expect(
    clippy::large_enum_variant,
    reason = "web requests are the common case and are moved once"
)]
pub enum Request {
    /// An event: any bytes.
    Event(Bytes),
    /// A web request for a custom runtime or container: method, path with query and headers as the visitor sent them.
    Web {
        /// The request; its body is streamed through.
        request: http::Request<CallBody>,
        /// The part of the path that led to the function (`x-fc-base-path`).
        base_path: String,
    },
}

/// What came of a call.
pub enum Reply {
    /// To an event.
    Answer(Answer),
    /// To a web request. An upgraded connection (WebSocket) is in the response's extensions as `hyper::upgrade::OnUpgrade`;
    /// whoever uses it takes [`crate::Busy`] out of them too and keeps it as long, since it holds the place in the instance.
    Web {
        /// The response; its body is streamed through.
        response: http::Response<CallBody>,
        /// The instance that answers.
        instance: String,
    },
}

/// What a function answered to an event.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The result; with `error` set the vendor's JSON of the error.
    pub payload: Bytes,
    /// Set when the function failed.
    pub error: Option<FunctionError>,
    /// Figures of the call.
    pub ended: Ended,
}

/// How the user's code failed, as the vendor names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionError {
    /// The code reported it (`callback(error)` in Node).
    Handled,
    /// The code raised it, exited, or took too long.
    Unhandled,
}

/// Figures of a call that has ended.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// The instance that did it.
    pub instance: String,
    /// How long the code ran.
    pub duration: Duration,
    /// The most megabytes that the instance has used so far.
    pub memory_mb: u32,
    /// The last bytes (4 KB at most) that it wrote during the call.
    pub log_tail: Bytes,
}

/// Why a call did not reach the user's code, or what became of it there when there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// Every instance is busy and no other may be started: HTTP 429.
    #[error("{0}")]
    Throttled(String),
    /// The function or version was removed.
    #[error("the function was removed")]
    Removed,
    /// No instance could be started: the interpreter is missing, the program exits or never listens.
    #[error("{0}")]
    Start(String),
    /// The user's code cannot be loaded, or its initializer fails. To an event this is an answer, as it is with the vendor.
    #[error("{}", in_words(.payload))]
    Code {
        /// The vendor's JSON of the error.
        payload: Bytes,
        /// What was written until then, and what the platform has to say of it; nothing while that is not known.
        log: Bytes,
    },
    /// The instance did not answer in time.
    #[error("the function timed out after {} s", .0.as_secs())]
    Timeout(Duration),
    /// Whoever asked wants no answer any more.
    #[error("the call was stopped")]
    Stopped,
    /// The instance ended before it answered.
    #[error("{0}")]
    Exited(String),
    /// The caller's web request broke off or is too large. The instance is well.
    #[error("the request's body cannot be read: {0}")]
    Request(String),
    /// The instance answered what is no answer.
    #[error("{0}")]
    Protocol(String),
    /// This machine cannot run it: what to install or start.
    #[error("{0}")]
    Unable(String),
}

impl Fault {
    /// [`Fault::Code`] by the vendor's JSON of the error.
    pub(crate) fn code(payload: Bytes) -> Self {
        let log = Bytes::new();
        Self::Code { payload, log }
    }

    /// [`Fault::Code`] of an initializer, whatever the runtime: that it failed, in words. The vendor's type of this error is not
    /// known, so it has none.
    pub(crate) fn initializer(why: &str) -> Self {
        let error = serde_json::json!({ "errorMessage": why });
        Self::code(error.to_string().into())
    }
}

/// The vendor's JSON of an error as a person reads it.
fn in_words(payload: &[u8]) -> String {
    let error: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    match (error["errorType"].as_str(), error["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (None, Some(message)) => message.to_owned(),
        _ => String::from_utf8_lossy(payload).into_owned(),
    }
}
