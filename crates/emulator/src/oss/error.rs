//! What can go wrong in the object storage, with the status, code and words that its clients expect.

use http::StatusCode;

use crate::store::StoreError;

/// A request that was refused or failed. The status and code pairs are those that the vendor's clients map to classes.
#[derive(Debug, thiserror::Error)]
pub(super) enum OssError {
    #[error("The specified bucket does not exist.")]
    NoSuchBucket(String),
    #[error("The specified key does not exist.")]
    NoSuchKey(String),
    #[error("The specified upload does not exist. It may have been aborted or completed.")]
    NoSuchUpload(String),
    #[error("The specified bucket does not have a website configuration.")]
    NoSuchWebsite(String),
    #[error("The bucket you tried to delete is not empty.")]
    BucketNotEmpty(String),
    #[error("{0}")]
    AccessDenied(String),
    #[error("The OSS Access Key Id you provided does not exist in our records.")]
    InvalidAccessKeyId(String),
    #[error("The security token you provided is invalid.")]
    InvalidSecurityToken,
    #[error("The security token you provided has expired.")]
    SecurityTokenExpired,
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    )]
    SignatureDoesNotMatch {
        key_id: String,
        signature: String,
        string_to_sign: String,
    },
    #[error("The difference between the request time and the current time is too large.")]
    RequestTimeTooSkewed { request: String, server: String },
    #[error("The specified bucket is not valid.")]
    InvalidBucketName(String),
    #[error("The specified object is not valid.")]
    InvalidObjectName(String),
    #[error("{message}")]
    InvalidArgument {
        name: &'static str,
        value: String,
        message: &'static str,
    },
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("The Content-MD5 you specified was invalid.")]
    InvalidDigest(String),
    #[error("The Content-MD5 you specified did not match what was received.")]
    BadDigest { expected: String, received: String },
    #[error(
        "The XML you provided was not well-formed or did not validate against our published schema."
    )]
    MalformedXml,
    #[error("The request body broke off or is longer than announced.")]
    IncompleteBody,
    #[error("Your request body is larger than what is allowed here.")]
    EntityTooLarge,
    #[error("A part but the last one is smaller than 100 KB.")]
    EntityTooSmall,
    #[error("At least one of the pre-conditions you specified did not hold.")]
    PreconditionFailed(&'static str),
    #[error("Not Modified")]
    NotModified { etag: String, modified: i64 },
    #[error("The requested range cannot be satisfied.")]
    InvalidRange { size: u64 },
    #[error("The object is not appendable")]
    ObjectNotAppendable,
    #[error("Position is not equal to file length")]
    PositionNotEqualToLength { length: u64 },
    #[error(
        "One or more of the specified parts could not be found or the entity tag does not match."
    )]
    InvalidPart { number: u32 },
    #[error("The list of parts was not in ascending order.")]
    InvalidPartOrder,
    #[error("The object you specified already exists and can not be overwritten.")]
    FileAlreadyExists,
    #[error("The specified method is not allowed against this resource.")]
    MethodNotAllowed,
    #[error("This local cloud does not serve {0}.")]
    NotImplemented(String),
    #[error("The local cloud could not store or read its data: {0}")]
    Internal(String),
}

/// Result of an operation.
pub(super) type Outcome<T> = Result<T, OssError>;

impl OssError {
    /// The refusal of a stranger.
    pub(super) fn forbidden() -> Self {
        Self::AccessDenied(
            "You have no right to access this object because of bucket acl.".to_owned(),
        )
    }

    /// The HTTP status and the code.
    pub(super) fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchBucket(_) => (StatusCode::NOT_FOUND, "NoSuchBucket"),
            Self::NoSuchKey(_) => (StatusCode::NOT_FOUND, "NoSuchKey"),
            Self::NoSuchUpload(_) => (StatusCode::NOT_FOUND, "NoSuchUpload"),
            Self::NoSuchWebsite(_) => (StatusCode::NOT_FOUND, "NoSuchWebsiteConfiguration"),
            Self::BucketNotEmpty(_) => (StatusCode::CONFLICT, "BucketNotEmpty"),
            Self::AccessDenied(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
            Self::InvalidAccessKeyId(_) => (StatusCode::FORBIDDEN, "InvalidAccessKeyId"),
            Self::InvalidSecurityToken => (StatusCode::FORBIDDEN, "InvalidSecurityToken"),
            Self::SecurityTokenExpired => (StatusCode::FORBIDDEN, "SecurityTokenExpired"),
            Self::SignatureDoesNotMatch { .. } => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"),
            Self::RequestTimeTooSkewed { .. } => (StatusCode::FORBIDDEN, "RequestTimeTooSkewed"),
            Self::InvalidBucketName(_) => (StatusCode::BAD_REQUEST, "InvalidBucketName"),
            Self::InvalidObjectName(_) => (StatusCode::BAD_REQUEST, "InvalidObjectName"),
            Self::InvalidArgument { .. } => (StatusCode::BAD_REQUEST, "InvalidArgument"),
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "InvalidRequest"),
            Self::InvalidDigest(_) | Self::BadDigest { .. } => {
                (StatusCode::BAD_REQUEST, "InvalidDigest")
            }
            Self::MalformedXml => (StatusCode::BAD_REQUEST, "MalformedXML"),
            Self::IncompleteBody => (StatusCode::BAD_REQUEST, "IncompleteBody"),
            Self::EntityTooLarge => (StatusCode::BAD_REQUEST, "EntityTooLarge"),
            Self::EntityTooSmall => (StatusCode::BAD_REQUEST, "EntityTooSmall"),
            Self::PreconditionFailed(_) => (StatusCode::PRECONDITION_FAILED, "PreconditionFailed"),
            Self::NotModified { .. } => (StatusCode::NOT_MODIFIED, "NotModified"),
            Self::InvalidRange { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange"),
            Self::ObjectNotAppendable => (StatusCode::CONFLICT, "ObjectNotAppendable"),
            Self::PositionNotEqualToLength { .. } => {
                (StatusCode::CONFLICT, "PositionNotEqualToLength")
            }
            Self::InvalidPart { .. } => (StatusCode::BAD_REQUEST, "InvalidPart"),
            Self::InvalidPartOrder => (StatusCode::BAD_REQUEST, "InvalidPartOrder"),
            Self::FileAlreadyExists => (StatusCode::CONFLICT, "FileAlreadyExists"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
            Self::NotImplemented(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        }
    }

    /// Further elements of the error document.
    pub(super) fn details(&self) -> Vec<(String, String)> {
        let pairs: Vec<(&str, String)> = match self {
            Self::NoSuchBucket(name)
            | Self::BucketNotEmpty(name)
            | Self::NoSuchWebsite(name)
            | Self::InvalidBucketName(name) => {
                vec![("BucketName", name.clone())]
            }
            Self::NoSuchKey(key) => vec![("Key", key.clone())],
            Self::InvalidObjectName(key) => vec![("ObjectName", key.clone())],
            Self::NoSuchUpload(id) => vec![("UploadId", id.clone())],
            Self::InvalidAccessKeyId(id) => vec![("OSSAccessKeyId", id.clone())],
            Self::SignatureDoesNotMatch {
                key_id,
                signature,
                string_to_sign,
            } => vec![
                ("OSSAccessKeyId", key_id.clone()),
                ("SignatureProvided", signature.clone()),
                ("StringToSign", string_to_sign.clone()),
            ],
            Self::RequestTimeTooSkewed { request, server } => vec![
                ("MaxAllowedSkewMilliseconds", "900000".to_owned()),
                ("RequestTime", request.clone()),
                ("ServerTime", server.clone()),
            ],
            Self::InvalidArgument { name, value, .. } => {
                vec![
                    ("ArgumentName", (*name).to_owned()),
                    ("ArgumentValue", value.clone()),
                ]
            }
            Self::InvalidDigest(digest) => vec![("Content-MD5", digest.clone())],
            Self::BadDigest { expected, received } => {
                vec![
                    ("ClientComputedContentMD5", expected.clone()),
                    ("ServerComputedContentMD5", received.clone()),
                ]
            }
            Self::PreconditionFailed(condition) => vec![("Condition", (*condition).to_owned())],
            Self::InvalidRange { size } => vec![("ActualObjectSize", size.to_string())],
            Self::PositionNotEqualToLength { length } => vec![("Length", length.to_string())],
            Self::InvalidPart { number } => vec![("PartNumber", number.to_string())],
            _ => Vec::new(),
        };
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

impl From<StoreError> for OssError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<rusqlite::Error> for OssError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<std::io::Error> for OssError {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.to_string())
    }
}
