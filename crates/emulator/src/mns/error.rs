//! What the API answers when it does not do what was asked.

use std::borrow::Cow;

use http::StatusCode;

use crate::store::StoreError;

/// A refusal: status, code and words ("Error codes" of the vendor's docs).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct MnsError {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

/// The result of an operation.
pub(crate) type Outcome<T> = Result<T, MnsError>;

impl MnsError {
    pub(super) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    /// Something in the request that is wrong.
    pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A value that cannot be what it is.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::bad("InvalidArgument", message)
    }

    /// A number out of its bounds.
    pub(super) fn range(name: &str, (least, most): (i64, i64), unit: &str) -> Self {
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!(" {unit}")
        };
        Self::invalid(format!(
            "The value of {name} should between {least} and {most}{unit}."
        ))
    }

    /// An element that is not known, or not where it is.
    pub(super) fn schema(element: &str) -> Self {
        Self::invalid(format!(
            "The XML you provided did not validate against our published schema, cause by {element}."
        ))
    }

    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    fn absent(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(super) fn taken(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// There is nothing to receive, or a handle leads to nothing any more.
    pub(super) fn no_message() -> Self {
        Self::absent("MessageNotExist", "Message not exist.")
    }

    pub(super) fn no_queue(name: &str) -> Self {
        Self::absent(
            "QueueNotExist",
            format!("The queue name you provided is not exist: {name}."),
        )
    }

    pub(super) fn no_topic(name: &str) -> Self {
        Self::absent(
            "TopicNotExist",
            format!("The topic name you provided is not exist: {name}."),
        )
    }

    pub(super) fn no_subscription(name: &str) -> Self {
        Self::absent(
            "SubscriptionNotExist",
            format!("The subscription name you provided is not exist: {name}."),
        )
    }

    /// What is no receipt handle at all.
    pub(super) fn bad_handle() -> Self {
        Self::bad(
            "ReceiptHandleError",
            "The receipt handle you provide is not valid.",
        )
    }

    /// A failure that was asked for.
    pub(super) fn injected(code: String) -> Self {
        let words = "this call fails, as was asked for by a fault";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, words)
    }

    /// The same, of a call that is one too many.
    pub(super) fn throttled() -> Self {
        let words = "The qps limit is exceeded, as was asked for by a fault.";
        Self::bad("QpsLimitExceeded", words)
    }

    /// What this cloud does not serve.
    pub(super) fn unserved(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!("The local cloud does not serve {what}."),
        )
    }
}

impl From<StoreError> for MnsError {
    fn from(error: StoreError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            format!("The local cloud failed: {error}"),
        )
    }
}

impl From<rusqlite::Error> for MnsError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}
