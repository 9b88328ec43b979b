//! The shape of a kind.

use async_trait::async_trait;
use serde_json::Value as Json;

use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

/// The tag that says which application a resource belongs to.
pub(super) const OWNER_TAG: &str = "sdev-owner";

/// One kind: its rules, and how it is read and changed. The promises are those of
/// [`Provider`](crate::provider::Provider).
#[async_trait]
pub(in crate::provider::alibaba) trait Driver: Send + Sync {
    /// Its name, `service.thing`.
    fn name(&self) -> &'static str;

    fn spec(&self) -> KindSpec;

    fn identity(&self, attrs: &Object) -> Option<RemoteId>;

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError>;

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError>;

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError>;

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError>;

    async fn act(&self, action: &str, _on: &Record, _args: &Json) -> Result<Json, ProviderError> {
        let message = format!("`{}` knows no action `{action}`", self.name());
        Err(ProviderError::new(ErrorKind::Unsupported, action, message))
    }
}
