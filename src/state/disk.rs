//! A state on the disk: a file that is replaced, a journal beside it, a lock of the kernel.

use async_trait::async_trait;

use super::store::Store;
use super::{Entry, Journal, Place, State, StateError, lock};
use crate::resource::ResourceId;
use crate::sys::fs;

/// A held folder.
#[derive(Debug)]
pub(super) struct Disk {
    place: Place,
    journal: Journal,
    _lock: fs::FileLock,
}

impl Disk {
    /// Takes the lock of a place, then reads it.
    pub(super) fn take(place: &Place, operation: &str) -> Result<(State, Self), StateError> {
        let lock = lock::take(&place.lock(), operation)?;
        let (mut state, replayed) = place.read_and_replay()?;
        let mut disk = Self {
            place: place.clone(),
            journal: Journal::at(place.journal()),
            _lock: lock,
        };
        if replayed {
            // What a crash left is settled before anything new is appended to a line that it may have torn.
            state.serial += 1;
            disk.write(&state)?;
            disk.journal.clear()?;
        }
        Ok((state, disk))
    }

    fn write(&self, state: &State) -> Result<(), StateError> {
        let mut bytes = serde_json::to_vec_pretty(state).map_err(|e| StateError::Format {
            place: self.place.file().display().to_string(),
            why: e.to_string(),
        })?;
        bytes.push(b'\n');
        fs::write_atomic(&self.place.file(), &bytes, fs::Readers::Default)?;
        Ok(())
    }
}

#[async_trait]
impl Store for Disk {
    async fn note(&mut self, entry: &Entry) -> Result<(), StateError> {
        Ok(self.journal.append(entry)?)
    }

    async fn save(&mut self, state: &State, ended: Option<&ResourceId>) -> Result<(), StateError> {
        self.write(state)?;
        if let Some(id) = ended {
            self.journal.append(&Entry::End { id: id.clone() })?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), StateError> {
        Ok(self.journal.clear()?)
    }

    async fn vacate(&mut self) -> Result<(), StateError> {
        self.place.put_away()
    }

    /// The kernel frees the lock when this is dropped.
    async fn release(&mut self, _: &State) -> Result<(), StateError> {
        Ok(())
    }
}
