//! What the API answers when it does not do what was asked.

use http::StatusCode;

use crate::function::FcError;
use crate::store::StoreError;

/// A refusal. Codes are those that the vendor's clients branch on where they are known (`FlowNotExists`,
/// `ExecutionNotExists`, `ExecutionAlreadyExists`, `ScheduleNotExists`), and formed in their manner where not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct FlowError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

pub(super) type Outcome<T> = Result<T, FlowError>;

impl FlowError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// A parameter that is not there.
    pub(super) fn missing(name: &str) -> Self {
        let message =
            format!("The parameter {name} is mandatory for this request and is not supplied.");
        Self::new(StatusCode::BAD_REQUEST, "MissingParameter", message)
    }

    /// A parameter that cannot be what it is.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidArgument", message)
    }

    /// Something that is not there, such as `FlowNotExists`.
    pub(super) fn absent(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// Something that is there already, such as `FlowAlreadyExists`.
    pub(super) fn taken(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// Something that does not fit the state of things.
    pub(super) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// An operation that this cloud does not serve.
    pub(super) fn unserved(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!("The local cloud does not serve {what}."),
        )
    }

    pub(super) fn no_flow(name: &str) -> Self {
        Self::absent("FlowNotExists", format!("Flow {name} does not exist."))
    }

    pub(super) fn no_execution(flow: &str, name: &str) -> Self {
        Self::absent(
            "ExecutionNotExists",
            format!("Execution {name} of flow {flow} does not exist."),
        )
    }
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            format!("The local cloud failed: {error}"),
        )
    }
}

impl From<rusqlite::Error> for FlowError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<FcError> for FlowError {
    fn from(error: FcError) -> Self {
        Self {
            status: error.status,
            code: error.code,
            message: error.message,
        }
    }
}
