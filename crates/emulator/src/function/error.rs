//! What the API answers when it does not do what was asked.

use http::StatusCode;
use runtime::Fault;

use crate::body::Reply;
use crate::rpc::error_reply;
use crate::store::StoreError;

/// A refusal: status, code and words. Codes are those that the vendor's component branches on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct FcError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// The result of an operation.
pub(crate) type Outcome<T> = Result<T, FcError>;

impl FcError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// A field that cannot be what it is.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidArgument", message)
    }

    /// The same, said of a rule by its name.
    pub(crate) fn of(self, rule: &str) -> Self {
        let message = format!("rule {rule:?}: {}", self.message);
        Self { message, ..self }
    }

    /// A thing that is not there, such as `FunctionNotFound`.
    pub(crate) fn missing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// A thing that is there already, such as `FunctionAlreadyExists`.
    pub(crate) fn taken(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// An operation of the API that this cloud does not serve.
    pub(crate) fn unserved(what: &str) -> Self {
        let message = format!("The local cloud does not serve {what}.");
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    pub(crate) fn reply(&self, request_id: &str) -> Reply {
        error_reply(self.status, self.code, &self.message, request_id)
    }
}

impl From<StoreError> for FcError {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            message,
        )
    }
}

impl From<rusqlite::Error> for FcError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// How a call that reached no code is answered. That a function cannot start or run is the caller's matter (4xx), as the
/// vendor has it; only what this machine lacks is a server's error.
impl From<Fault> for FcError {
    fn from(fault: Fault) -> Self {
        let (status, code) = match &fault {
            Fault::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "ResourceExhausted"),
            Fault::Start(_) | Fault::Code { .. } => {
                (StatusCode::PRECONDITION_FAILED, "FunctionNotStarted")
            }
            Fault::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, "FunctionTimeout"),
            Fault::Removed => (StatusCode::NOT_FOUND, "FunctionNotFound"),
            Fault::Stopped => (StatusCode::PRECONDITION_FAILED, "AsyncInvocationStopped"),
            Fault::Exited(_) => (StatusCode::BAD_GATEWAY, "ProcessExited"),
            Fault::Request(_) => (StatusCode::BAD_REQUEST, "InvalidArgument"),
            Fault::Protocol(_) => (StatusCode::BAD_GATEWAY, "BadResponse"),
            Fault::Unable(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        };
        Self::new(status, code, fault.to_string())
    }
}
