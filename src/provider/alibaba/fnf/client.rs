//! The client itself: sends a call, retries included, and reads its JSON.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::provider::alibaba::fault::is_absent;
use crate::provider::alibaba::rpc::Call;
use crate::provider::alibaba::target::Target;
use crate::provider::alibaba::transport::Transport;
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;

const VERSION: &str = "2019-03-15";

/// A call that reads: its parameters go into the query.
pub(in crate::provider::alibaba) fn read(action: &'static str) -> Call {
    Call::get(VERSION, action)
}

/// A call that writes: its parameters go into a form.
pub(in crate::provider::alibaba) fn write(action: &'static str) -> Call {
    Call::new(VERSION, action)
}

/// A client of the flows; clones share its connections.
#[derive(Clone)]
pub(in crate::provider::alibaba) struct Fnf {
    transport: Arc<Transport>,
}

impl Fnf {
    pub(in crate::provider::alibaba) fn new(transport: Arc<Transport>) -> Self {
        Self { transport }
    }

    /// Whom it talks to.
    pub(in crate::provider::alibaba) fn target(&self) -> &Target {
        self.transport.target()
    }

    /// Makes the call and reads the object that it answers.
    pub(in crate::provider::alibaba) async fn send(
        &self,
        call: &Call,
    ) -> Result<Object, ProviderError> {
        let target = self.target();
        let base = target.fnf_base();
        let build = |now| call.build((target, &base), now);
        let reply = self.transport.send(call.action, &build).await?;
        let unreadable = |why: String| ProviderError {
            request_id: reply.header("x-acs-request-id").map(str::to_owned),
            ..ProviderError::new(
                ErrorKind::Unexpected,
                call.action,
                format!("the reply cannot be read: {why}"),
            )
        };
        match serde_json::from_slice(&reply.body) {
            Ok(Json::Object(object)) => Ok(object),
            Ok(_) => Err(unreadable("it is no JSON object".to_owned())),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    /// The same as [`Fnf::send`]; `None` when what the call names is certainly not there.
    pub(in crate::provider::alibaba) async fn find(
        &self,
        call: &Call,
    ) -> Result<Option<Object>, ProviderError> {
        match self.send(call).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
