//! The client itself: sends a call, retries included, and reads its JSON.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::provider::alibaba::rpc::Call;
use crate::provider::alibaba::target::Target;
use crate::provider::alibaba::transport::Transport;
use crate::provider::{ErrorKind, ProviderError};

const VERSION: &str = "2018-05-10";

/// A call of this API.
pub(super) fn call(action: &'static str) -> Call {
    Call::new(VERSION, action)
}

/// A client of the CDN; clones share its connections.
#[derive(Clone)]
pub(in crate::provider::alibaba) struct Cdn {
    transport: Arc<Transport>,
}

impl Cdn {
    pub(in crate::provider::alibaba) fn new(transport: Arc<Transport>) -> Self {
        Self { transport }
    }

    /// Whom it talks to.
    pub(in crate::provider::alibaba) fn target(&self) -> &Target {
        self.transport.target()
    }

    /// Makes the call and reads what it answers.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ProviderError> {
        let target = self.target();
        let build = |now| call.build((target, target.cdn_base()), now);
        let reply = self.transport.send(call.action, &build).await?;
        serde_json::from_slice(&reply.body).map_err(|error| {
            let message = format!("the reply cannot be read: {error}");
            ProviderError {
                request_id: reply.header("x-acs-request-id").map(str::to_owned),
                ..ProviderError::new(ErrorKind::Unexpected, call.action, message)
            }
        })
    }
}
