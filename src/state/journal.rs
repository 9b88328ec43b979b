//! The journal of intents: written before each call to the provider, replayed over the state after a crash.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::points::Points;
use super::{Record, State, Status};
use crate::resource::{Object, RemoteId, ResourceId};
use crate::sys::fs::{self, FsError};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
#[expect(
    clippy::large_enum_variant,
    reason = "entries are written one by one, never kept in numbers"
)]
pub enum Entry {
    /// A change is about to be asked of the provider: the record as it stands meanwhile.
    Begin {
        /// The resource.
        id: ResourceId,
        /// Its record while the change runs, with the status that says so.
        record: Record,
        /// The record that this one takes the place of and that waits for deletion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deposed: Option<Record>,
    },
    /// One item (a file) is done.
    Item {
        /// The resource.
        id: ResourceId,
        /// The items attribute.
        attr: String,
        /// The item's key.
        key: String,
        /// What is there now; absent: nothing.
        #[serde(default)]
        value: Option<Json>,
        /// The predecessor that it belongs to, when it is not the resource's current thing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<RemoteId>,
    },
    /// The change ended and its outcome is in the state file.
    End {
        /// The resource.
        id: ResourceId,
    },
}

impl Entry {
    fn id(&self) -> &ResourceId {
        match self {
            Self::Begin { id, .. } | Self::Item { id, .. } | Self::End { id } => id,
        }
    }
}

/// The open journal of one apply.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Option<File>,
    points: Points,
}

impl Journal {
    /// The journal kept at `path`. Nothing is written yet.
    pub fn at(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            points: Points::from_environment(),
        }
    }

    /// Appends an entry. An intent is on the disk when this returns; an item may be lost with the machine, but not
    /// with the process.
    pub fn append(&mut self, entry: &Entry) -> Result<(), FsError> {
        let mut line = serde_json::to_vec(entry).map_err(|e| FsError::new(&self.path, e.into()))?;
        line.push(b'\n');
        if self.file.is_none() {
            self.file = Some(fs::open_append(&self.path)?);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = file.write_all(&line).and_then(|()| match entry {
            Entry::Begin { .. } => file.sync_data(),
            Entry::Item { .. } | Entry::End { .. } => Ok(()),
        });
        written.map_err(|e| FsError::new(&self.path, e))?;
        self.points.pass();
        Ok(())
    }

    /// Forgets all entries: the state holds them now.
    pub fn clear(&mut self) -> Result<(), FsError> {
        self.file = None;
        fs::remove_file(&self.path)
    }

    /// Applies the entries found at `path` to `state`; whether there was a journal. A torn last line is ignored:
    /// what it announced had not begun.
    pub fn replay(path: &Path, state: &mut State) -> Result<bool, FsError> {
        let Some(text) = fs::read_text(path)? else {
            return Ok(false);
        };
        let entries: Vec<Entry> = text
            .lines()
            .map_while(|line| serde_json::from_str(line).ok())
            .collect();
        redo_all(state, entries);
        Ok(true)
    }
}

/// Applies entries to the state that was written before them.
pub(super) fn redo_all(state: &mut State, entries: Vec<Entry>) {
    for entry in without_ended(entries) {
        redo(state, entry);
    }
}

/// The entries of changes that were not seen to end.
fn without_ended(entries: Vec<Entry>) -> impl Iterator<Item = Entry> {
    let mut ended: BTreeMap<ResourceId, usize> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if matches!(entry, Entry::End { .. }) {
            ended.insert(entry.id().clone(), index);
        }
    }
    let open =
        move |(index, entry): &(usize, Entry)| ended.get(entry.id()).is_none_or(|end| index > end);
    entries
        .into_iter()
        .enumerate()
        .filter(open)
        .map(|(_, entry)| entry)
}

fn redo(state: &mut State, entry: Entry) {
    match entry {
        Entry::Begin {
            id,
            record,
            deposed,
        } => {
            if let Some(old) = deposed.filter(|old| {
                !state
                    .deposed
                    .iter()
                    .any(|(i, r)| *i == id && r.remote == old.remote)
            }) {
                state.deposed.push((id.clone(), old));
            }
            state.records.insert(id, record);
        }
        Entry::Item {
            id,
            attr,
            key,
            value,
            of,
        } => {
            if let Some(record) = state.thing_mut(&id, of.as_ref()) {
                set_item(&mut record.attrs, &attr, key, value);
            }
        }
        Entry::End { .. } => {}
    }
}

/// Sets or removes one item of an items attribute.
pub(super) fn set_item(attrs: &mut Object, attr: &str, key: String, value: Option<Json>) {
    let items = attrs
        .entry(attr)
        .or_insert_with(|| Json::Object(Object::new()));
    let Json::Object(items) = items else { return };
    match value {
        Some(value) => items.insert(key, value),
        None => items.shift_remove(&key),
    };
}

impl Record {
    /// Whether a change of it was begun and not seen to end.
    pub fn is_unsettled(&self) -> bool {
        self.status != Status::Ready
    }
}
