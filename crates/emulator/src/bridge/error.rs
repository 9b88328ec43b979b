//! What the API answers when it does not do what was asked.

use std::borrow::Cow;

use http::StatusCode;

use crate::store::StoreError;

/// A refusal. Codes are those that the vendor's clients branch on where they are known (`EventBusNotExist`,
/// `EventRuleNotExisted`), and formed in their manner where not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct BridgeError {
    /// What HTTP says: the vendor's API answers its own refusals 200 and says in the body that it did not succeed.
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

pub(crate) type Outcome<T> = Result<T, BridgeError>;

impl BridgeError {
    fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            code: code.into(),
            message: message.into(),
        }
    }

    /// Something in the request that is wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::refused("InvalidArgument", message)
    }

    /// A parameter that is not there.
    pub(super) fn missing(name: &str) -> Self {
        Self::refused(
            "MissingParameter",
            format!("The parameter {name} is missing."),
        )
    }

    pub(super) fn no_bus(name: &str) -> Self {
        let message = format!("The event bus [{name}] not existed!");
        Self::refused("EventBusNotExist", message)
    }

    pub(super) fn bus_taken(name: &str) -> Self {
        let message = format!("The event bus [{name}] already existed!");
        Self::refused("EventBusAlreadyExist", message)
    }

    pub(super) fn no_rule(name: &str) -> Self {
        let message = format!("The event rule [{name}] not existed!");
        Self::refused("EventRuleNotExisted", message)
    }

    pub(super) fn rule_taken(name: &str) -> Self {
        let message = format!("The event rule [{name}] already existed!");
        Self::refused("EventRuleAlreadyExist", message)
    }

    /// What this cloud does not serve.
    pub(super) fn unserved(what: &str) -> Self {
        Self {
            status: StatusCode::NOT_IMPLEMENTED,
            code: "NotImplemented".into(),
            message: format!("The local cloud does not serve {what}."),
        }
    }

    /// Something else failed, for these reasons.
    pub(super) fn failed(message: String) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalError".into(),
            message,
        }
    }

    /// A failure that was asked for.
    pub(super) fn injected(code: String) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: code.into(),
            message: "this call fails, as was asked for by a fault".to_owned(),
        }
    }

    /// The same, of a call that is one too many.
    pub(super) fn throttled() -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "Throttling".into(),
            message: "too many calls, as was asked for by a fault".to_owned(),
        }
    }

    /// Whether it says nothing about the request: trying again may help.
    pub(crate) fn is_failure(&self) -> bool {
        self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED
    }
}

impl From<StoreError> for BridgeError {
    fn from(error: StoreError) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalError".into(),
            message: format!("The local cloud failed: {error}"),
        }
    }
}

impl From<rusqlite::Error> for BridgeError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}
