//! A client of the object storage (OSS): requests signed with V4, replies read from XML.
//!
//! Operations and their shapes are those of the vendor's API reference
//! (<https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function>).

mod bucket;
mod client;
mod document;
mod listing;
mod multipart;
mod object;
mod place;
#[cfg(test)]
mod recorded;
mod request;
mod source;

pub(super) use bucket::{BucketInfo, Website};
pub(super) use client::Oss;
pub(super) use document::Aged;
pub(super) use listing::Listed;
pub(super) use object::{Put, Upload};
