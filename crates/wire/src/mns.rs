//! What all documents and calls of Message Service (MNS) bear. How they are signed: [`crate::header::MNS`].

/// The version of the API, as `x-mns-version` names it.
pub const VERSION: &str = "2015-06-06";
/// The namespace of all documents.
pub const NAMESPACE: &str = "http://mns.aliyuncs.com/doc/v1/";
