//! Object storage: buckets, objects and website hosting.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use hyper::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::body::{Reply, ReplyBody};
use crate::clock::Clock;
use crate::settings::Settings;
use crate::store::{Store, StoreError};

/// Tables of this room.
pub(crate) const SCHEMA: &str = "";

/// The object storage of a cloud; clones share it.
#[derive(Clone)]
pub(crate) struct Oss(Arc<Shared>);

struct Shared {}

/// How a request names its bucket outside its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OssHost {
    /// The host is an endpoint: the path starts with the bucket, if any.
    Endpoint,
    /// The host names the bucket; empty for the service itself.
    Bucket(String),
}

/// A visitor's request to a bucket's website.
pub(crate) struct WebRequest {
    pub(crate) method: Method,
    /// Decoded, starting with `/`.
    pub(crate) path: String,
    /// As sent, without the `?`.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
}

impl Oss {
    /// Opens what the data folder holds.
    pub(crate) fn open(
        _settings: &Settings,
        _clock: Clock,
        _store: Store,
    ) -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Shared {})))
    }

    /// Answers an API call, signed or not.
    pub(crate) async fn answer(&self, _host: OssHost, _request: Request<Incoming>) -> Reply {
        not_yet()
    }

    /// Answers an anonymous visitor as the bucket's website would: index and error documents, access as the acl allows.
    pub(crate) async fn web(&self, _bucket: &str, _request: WebRequest) -> Reply {
        not_yet()
    }

    /// Whether a bucket of this name exists.
    pub(crate) async fn has_bucket(&self, _name: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// What the status says about this room.
    pub(crate) async fn counts(&self) -> Result<Value, StoreError> {
        Ok(json!({}))
    }

    /// Deletes every bucket and object.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn not_yet() -> Reply {
    let mut reply = Reply::new(ReplyBody::empty());
    *reply.status_mut() = StatusCode::NOT_IMPLEMENTED;
    reply
}

/// Whether a query asks for something of a bucket or object other than its content.
pub(crate) fn has_subresource(query: &str) -> bool {
    const NAMES: [&str; 9] = [
        "acl",
        "list-type",
        "uploads",
        "uploadId",
        "bucketInfo",
        "location",
        "website",
        "tagging",
        "objectMeta",
    ];
    query
        .split('&')
        .any(|pair| NAMES.contains(&pair.split('=').next().unwrap_or_default()))
}
