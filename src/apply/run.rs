//! One step's call to the provider.

use serde_json::Value as Json;
use tokio::sync::mpsc::UnboundedSender;

use super::Stop;
use crate::plan::{Change, Step};
use crate::provider::{ErrorKind, Made, Progress, ProviderError, Providers, Task, Tell};
use crate::resource::{Object, RemoteId};
use crate::state::Record;

/// What a call needs, all of it decided before.
pub(super) struct Call<'a> {
    pub(super) number: usize,
    pub(super) step: &'a Step,
    /// What it shall be like, as the state may hold it.
    pub(super) attrs: Object,
    /// The same with the texts of its secrets, when it has any: for the provider alone.
    pub(super) revealed: Option<Object>,
    pub(super) record: Option<Record>,
    pub(super) owner: &'a str,
    pub(super) token: String,
}

/// What a call came to.
pub(super) enum Outcome {
    /// It is there.
    Made(Made),
    /// It is gone.
    Gone,
    /// Something was done to it.
    Acted,
}

/// Where a running call tells its progress.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) sender: UnboundedSender<(usize, Progress)>,
    pub(super) stop: Stop,
}

impl Tell for Line {
    fn progress(&self, progress: Progress) {
        // The receiver lives as long as the apply; without it nobody wants to know.
        let _ = self.sender.send((self.number, progress));
    }

    fn stopped(&self) -> bool {
        self.stop.is_asked()
    }
}

impl Call<'_> {
    /// Makes the call.
    pub(super) async fn run(
        &self,
        providers: &Providers,
        line: &Line,
    ) -> Result<Outcome, ProviderError> {
        let provider = providers.of(&self.step.kind)?;
        // What makes way is another thing: nothing of it is there under the new name.
        let is_successor =
            matches!(&self.step.change, Change::Create { replaces, .. } if !replaces.is_empty());
        let task = Task {
            kind: &self.step.kind,
            attrs: self.revealed.as_ref().unwrap_or(&self.attrs),
            record: self.record.as_ref().filter(|_| !is_successor),
            diff: self.step.change.diff(),
            owner: self.owner,
            token: &self.token,
            tell: line,
        };
        match &self.step.change {
            Change::Create { .. } => provider.create(&task).await.map(Outcome::Made),
            Change::Update { .. } | Change::Adopt { .. } => {
                provider.update(&task).await.map(Outcome::Made)
            }
            Change::Delete { .. } => provider.delete(&task).await.map(|()| Outcome::Gone),
            Change::Forget { .. } => Ok(Outcome::Gone),
            Change::Act { act, args } => self.act(provider, act, args).await,
        }
    }

    async fn act(
        &self,
        provider: &dyn crate::provider::Provider,
        act: &str,
        args: &Json,
    ) -> Result<Outcome, ProviderError> {
        let Some(record) = &self.record else {
            return Err(ProviderError::new(
                ErrorKind::NotFound,
                act,
                "the state does not know the resource",
            ));
        };
        provider
            .act(act, record, args)
            .await
            .map(|_| Outcome::Acted)
    }
}

/// The name that the provider gives or will give.
pub(super) fn remote(providers: &Providers, record: &Record) -> Option<RemoteId> {
    record.remote.clone().or_else(|| {
        providers
            .of(&record.kind)
            .ok()?
            .identity(&record.kind, &record.attrs)
    })
}
