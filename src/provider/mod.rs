//! The contract between the engine and whatever holds the resources.

pub mod alibaba;
mod error;
mod planned;
mod registry;

use async_trait::async_trait;
use serde_json::Value as Json;

pub use error::{ErrorKind, ProviderError};
pub use planned::Planned;
pub use registry::{Means, Providers};

use crate::plan::FieldDiff;
use crate::resource::{Kind, Object, RemoteId, Specs};
use crate::state::Record;

/// What a provider found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// The attributes that the cloud shows, in the kind's own names. What it does not show is absent.
    pub attrs: Object,
    /// The ownership mark it carries, when the kind can carry one.
    pub owner: Option<String>,
}

/// What a provider made or changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What the cloud calls it.
    pub id: RemoteId,
    /// Its outputs.
    pub outputs: Object,
}

/// One piece of progress inside a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Words for whoever waits.
    Note(String),
    /// Bytes sent since the last word.
    Bytes(u64),
    /// One item (a file) is done in the cloud. `entry` is what the state shall hold of it; `None`: it is gone.
    Item {
        /// The items attribute it belongs to.
        attr: String,
        /// The item's key.
        key: String,
        /// What the cloud now has.
        entry: Option<Json>,
    },
}

/// Where a provider tells its progress, and learns that the user wants to stop.
pub trait Tell: Send + Sync {
    /// Takes note of a piece of progress.
    fn progress(&self, progress: Progress);
    /// Whether to stop at the next safe point.
    fn stopped(&self) -> bool;
}

/// A change to carry out. All choices were made by the plan.
pub struct Task<'a> {
    /// What it is.
    pub kind: &'a Kind,
    /// What it shall be like: all references filled in, secrets as their texts. They belong into requests alone: not into
    /// outputs, items or messages.
    pub attrs: &'a Object,
    /// What is there, for update and delete (attributes as last seen, secrets sealed).
    pub record: Option<&'a Record>,
    /// What differs, for update; secrets sealed.
    pub diff: &'a [FieldDiff],
    /// The ownership mark to leave on it.
    pub owner: &'a str,
    /// The same token always makes the same thing.
    pub token: &'a str,
    /// Where to tell progress.
    pub tell: &'a dyn Tell,
}

/// Something that holds resources.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The rules of the kinds it serves.
    fn specs(&self) -> Specs;

    /// What the cloud will call a resource with these attributes, when that is known beforehand.
    fn identity(&self, kind: &Kind, attrs: &Object) -> Option<RemoteId>;

    /// What is there. `Ok(None)` means: certainly not there. `known` is what the state remembers.
    async fn read(
        &self,
        kind: &Kind,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError>;

    /// Makes it. Repeating the call with the same token yields the same thing.
    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError>;

    /// Brings what differs to what is wanted.
    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError>;

    /// Removes it. Missing already is success.
    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError>;

    /// Does something to it that is not a change of attributes, such as `refresh`.
    async fn act(&self, action: &str, on: &Record, args: &Json) -> Result<Json, ProviderError>;
}
