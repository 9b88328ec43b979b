//! Kinds that are planned and not made: whoever asks learns that nothing of them is there, and that nothing can be.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{ErrorKind, Made, Provider, ProviderError, Seen, Task};
use crate::resource::{Kind, KindSpec, Object, RemoteId, Specs};
use crate::state::Record;

/// A provider that shows plans of these kinds and carries out none.
#[derive(Debug)]
pub struct Planned(Specs);

impl Planned {
    /// Serves these kinds.
    pub fn new(kinds: impl IntoIterator<Item = Kind>) -> Self {
        let kinds = kinds.into_iter();
        Self(kinds.map(|kind| (kind, KindSpec::default())).collect())
    }
}

fn refused<T>(operation: &str, kind: &Kind) -> Result<T, ProviderError> {
    let message = format!("`{kind}` can be planned, and not deployed yet");
    Err(ProviderError::new(
        ErrorKind::Unsupported,
        operation,
        message,
    ))
}

#[async_trait]
impl Provider for Planned {
    fn specs(&self) -> Specs {
        self.0.clone()
    }

    fn identity(&self, _: &Kind, _: &Object) -> Option<RemoteId> {
        None
    }

    async fn read(
        &self,
        _: &Kind,
        _: &RemoteId,
        _: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        Ok(None)
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        refused("create", task.kind)
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        refused("update", task.kind)
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        refused("delete", task.kind)
    }

    async fn act(&self, action: &str, on: &Record, _: &Json) -> Result<Json, ProviderError> {
        refused(action, &on.kind)
    }
}
