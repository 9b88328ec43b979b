//! CDN: accelerated domains, their API and their data plane.

use http::StatusCode;
use hyper::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::body::Reply;
use crate::clock::Clock;
use crate::oss::Oss;
use crate::rpc::{RpcCall, error_reply};
use crate::settings::Settings;
use crate::store::{Store, StoreError};

/// Tables of this room.
pub(crate) const SCHEMA: &str = "";

/// The CDN of a cloud.
pub(crate) struct Cdn {}

impl Cdn {
    /// Opens what the data folder holds.
    pub(crate) fn open(
        _settings: &Settings,
        _clock: Clock,
        _store: Store,
        _oss: Oss,
    ) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Answers an API call.
    pub(crate) async fn rpc(&self, call: RpcCall) -> Reply {
        let message = "this local cloud does not serve the CDN yet";
        error_reply(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            message,
            &call.request_id,
        )
    }

    /// Answers a visitor of an accelerated domain.
    pub(crate) async fn serve(&self, _domain: &str, _request: Request<Incoming>) -> Reply {
        let message = "this local cloud does not serve the CDN yet";
        error_reply(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message, "")
    }

    /// Whether `host` is an accelerated domain of this cloud.
    pub(crate) fn knows(&self, _host: &str) -> bool {
        false
    }

    /// What the status says about this room.
    pub(crate) async fn counts(&self) -> Result<Value, StoreError> {
        Ok(json!({}))
    }

    /// Deletes every domain, setting, task and cached object.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
