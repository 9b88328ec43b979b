//! The contract with whatever runs functions, so that the room can be tested without processes.

use std::sync::Arc;

use async_trait::async_trait;
use runtime::{Call, Fault, Fleet, Reply, Spec};

/// Runs functions.
#[async_trait]
pub(crate) trait Run: Send + Sync {
    /// Calls an instance of the spec, starting one when there is none.
    async fn call(&self, spec: &Arc<Spec>, call: Call) -> Result<Reply, Fault>;

    /// Stops all instances of a function, or of one version of it.
    async fn retire(&self, function: &str, version: Option<&str>);

    /// Stops everything.
    async fn close(&self);
}

#[async_trait]
impl Run for Fleet {
    async fn call(&self, spec: &Arc<Spec>, call: Call) -> Result<Reply, Fault> {
        Self::call(self, spec, call).await
    }

    async fn retire(&self, function: &str, version: Option<&str>) {
        Self::retire(self, function, version).await;
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}
