//! The client itself: sends a request, retries included.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::request::OssRequest;
use crate::provider::alibaba::target::Target;
use crate::provider::alibaba::transport::{Reply, Transport};
use crate::provider::{ErrorKind, ProviderError};

/// A client of the object storage; clones share its connections.
#[derive(Clone)]
pub(in crate::provider::alibaba) struct Oss {
    transport: Arc<Transport>,
    /// Taken by each object that is sent in parts, because parts are held in memory.
    pub(super) large: Arc<Semaphore>,
}

/// Objects sent in parts at once.
const LARGE_AT_ONCE: usize = 2;

impl Oss {
    pub(in crate::provider::alibaba) fn new(transport: Arc<Transport>) -> Self {
        Self {
            transport,
            large: Arc::new(Semaphore::new(LARGE_AT_ONCE)),
        }
    }

    /// Whom it talks to.
    pub(in crate::provider::alibaba) fn target(&self) -> &Target {
        self.transport.target()
    }

    pub(super) async fn send(&self, request: &OssRequest<'_>) -> Result<Reply, ProviderError> {
        check_bucket(request)?;
        let target = self.target();
        let build = |now| request.build(target, now);
        self.transport.send(request.operation, &build).await
    }
}

/// Refuses names that the service would refuse, before they become part of a host or a path.
fn check_bucket(request: &OssRequest<'_>) -> Result<(), ProviderError> {
    let name = request.bucket;
    let Some(rule) = wire::oss::broken_bucket_rule(name) else {
        return Ok(());
    };
    let message = format!("`{name}` is not a legal bucket name");
    Err(ProviderError::new(ErrorKind::Invalid, request.operation, message).with_hint(rule))
}

/// A reply that is a success but not what the operation answers.
pub(super) fn unreadable(operation: &str) -> ProviderError {
    let message = "the reply cannot be read; is this address an object storage?";
    ProviderError::new(ErrorKind::Unexpected, operation, message)
}
