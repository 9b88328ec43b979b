//! Why an API call fails, with the vendor's status and code for it.

use http::StatusCode;

use crate::store::StoreError;

use super::domain::SourceError;
use super::rule::RuleError;

/// A failed API call. Codes are the vendor's where it documents them for this API; `UnknownAction`,
/// `InvalidDomain`, `Unserved` and `TooMany` have codes of this cloud's choice.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error(
        "The input parameter {0:?} that is mandatory for processing this request is not supplied."
    )]
    MissingParameter(&'static str),
    #[error("The specified parameter {name:?} is not valid: {why}.")]
    InvalidParameter { name: &'static str, why: String },
    #[error("The specified API {0:?} is not found.")]
    UnknownAction(String),
    #[error("The local cloud does not serve {0}.")]
    Unserved(String),
    #[error("The name {0:?} cannot be accelerated.")]
    InvalidDomain(String),
    #[error("The domain {0:?} does not exist, or it does not belong to you.")]
    NoDomain(String),
    #[error("The specified domain {0:?} already exists.")]
    DomainExists(String),
    #[error("{0}")]
    Source(#[from] SourceError),
    #[error("The specified configuration {0} does not exist.")]
    NoConfig(i64),
    #[error("The specified ArgValue is invalid: {0}.")]
    Rule(#[from] RuleError),
    #[error("The specified ObjectPath {0:?} is invalid.")]
    InvalidObjectPath(String),
    #[error("The specified ObjectType {0:?} is invalid.")]
    InvalidObjectType(String),
    #[error("A maximum of {0} are supported for each request.")]
    TooMany(&'static str),
    #[error("The local cloud failed: {0}")]
    Store(#[from] StoreError),
}

impl ApiError {
    /// HTTP status and `Code` of the reply.
    pub(super) fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::MissingParameter(_) => (StatusCode::BAD_REQUEST, "MissingParameter"),
            Self::InvalidParameter { .. } => (StatusCode::BAD_REQUEST, "InvalidParameter"),
            Self::UnknownAction(_) => (StatusCode::NOT_FOUND, "InvalidAction.NotFound"),
            Self::Unserved(_)
            | Self::Source(SourceError::Unserved(_))
            | Self::Rule(RuleError::Unserved { .. } | RuleError::UnservedArgument { .. }) => {
                (StatusCode::NOT_IMPLEMENTED, "NotImplemented")
            }
            Self::InvalidDomain(_) => (StatusCode::BAD_REQUEST, "InvalidDomainName.Malformed"),
            Self::NoDomain(_) => (StatusCode::NOT_FOUND, "InvalidDomain.NotFound"),
            Self::DomainExists(_) => (StatusCode::BAD_REQUEST, "DomainAlreadyExist"),
            Self::Source(SourceError::Malformed(_)) => {
                (StatusCode::BAD_REQUEST, "InvalidSources.Malformed")
            }
            Self::NoConfig(_) => (StatusCode::NOT_FOUND, "ConfigNotFound"),
            Self::Rule(RuleError::Missing { .. } | RuleError::Invalid { .. }) => {
                (StatusCode::BAD_REQUEST, "InvalidArgValue.Malformed")
            }
            Self::InvalidObjectPath(_) => (StatusCode::BAD_REQUEST, "InvalidObjectPath.Malformed"),
            Self::InvalidObjectType(_) => (StatusCode::BAD_REQUEST, "InvalidObjectType.Malformed"),
            Self::TooMany(_) => (StatusCode::BAD_REQUEST, "SingleRequest.OverLimit"),
            Self::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        }
    }
}
