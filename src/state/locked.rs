//! The only writer: a state that is held.

use serde_json::Value as Json;

use super::journal::set_item;
use super::store::Store;
use super::{Entry, Record, State, StateError};
use crate::resource::{RemoteId, ResourceId};

/// One item that is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The items attribute.
    pub attr: String,
    /// The item's key.
    pub key: String,
    /// What is there now; `None`: nothing.
    pub value: Option<Json>,
}

/// The state, held for writing. Dropping it frees the lock, if not at once then when the process ends.
#[derive(Debug)]
pub struct LockedState {
    state: State,
    store: Box<dyn Store>,
    pub(super) notice: Option<String>,
}

impl LockedState {
    pub(super) fn new(state: State, store: Box<dyn Store>) -> Self {
        Self {
            state,
            store,
            notice: None,
        }
    }

    /// What it holds.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What whoever took it should be told.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Journals that a change begins; `record` is what stands meanwhile. Only then may the provider be called.
    pub async fn begin(
        &mut self,
        id: &ResourceId,
        record: Record,
        deposed: Option<Record>,
    ) -> Result<(), StateError> {
        let entry = Entry::Begin {
            id: id.clone(),
            record: record.clone(),
            deposed: deposed.clone(),
        };
        self.store.note(&entry).await?;
        self.state.records.insert(id.clone(), record);
        self.state
            .deposed
            .extend(deposed.map(|old| (id.clone(), old)));
        Ok(())
    }

    /// Journals that one item is done: of the resource's current thing, or of a predecessor.
    pub async fn item(
        &mut self,
        id: &ResourceId,
        of: Option<&RemoteId>,
        item: Item,
    ) -> Result<(), StateError> {
        let Item { attr, key, value } = item;
        let entry = Entry::Item {
            id: id.clone(),
            attr: attr.clone(),
            key: key.clone(),
            value: value.clone(),
            of: of.cloned(),
        };
        self.store.note(&entry).await?;
        if let Some(record) = self.state.thing_mut(id, of) {
            set_item(&mut record.attrs, &attr, key, value);
        }
        Ok(())
    }

    /// Records the outcome of a change of `id`: `change` edits the state, which is then written.
    pub async fn end(
        &mut self,
        id: &ResourceId,
        change: impl FnOnce(&mut State),
    ) -> Result<(), StateError> {
        change(&mut self.state);
        self.state.serial += 1;
        self.store.save(&self.state, Some(id)).await
    }

    /// Edits the state outside any change and writes it.
    pub async fn edit(&mut self, change: impl FnOnce(&mut State)) -> Result<(), StateError> {
        change(&mut self.state);
        self.state.serial += 1;
        self.store.save(&self.state, None).await
    }

    /// Writes the state and forgets the journal, which it now contains.
    pub async fn close(&mut self) -> Result<(), StateError> {
        self.edit(|_| ()).await?;
        self.store.settle().await
    }

    /// Puts the state away, which lies elsewhere by now, and frees the lock.
    pub async fn vacate(mut self) -> Result<(), StateError> {
        self.store.vacate().await
    }

    /// Frees the lock.
    pub async fn release(mut self) -> Result<(), StateError> {
        self.store.release(&self.state).await
    }
}
