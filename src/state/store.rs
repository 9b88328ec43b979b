//! The state on disk: `.sdev/<app>/<env>/`, read by anyone, written only through `LockedState`.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::journal::set_item;
use super::{Entry, Journal, Record, State, StateError, lock};
use crate::resource::{RemoteId, ResourceId};
use crate::sys::{fs, random};

const VERSION: u32 = 1;

/// Bytes of a folder's name at most; file systems take 255.
const LONGEST: usize = 120;

/// Where the state of one application in one environment lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
}

impl Place {
    /// The place below a project folder. Characters that a file name may not hold become `_`.
    pub fn new(project: &Path, app: &str, environment: &str) -> Self {
        Self::below(&project.join(".sdev"), app, environment)
    }

    /// The place below `folder`, in which states are kept.
    pub fn below(folder: &Path, app: &str, environment: &str) -> Self {
        Self {
            folder: folder.join(file_name(app)).join(file_name(environment)),
        }
    }

    /// The place below `states`, a folder outside the project. Projects of one name are told apart by the digest of
    /// where they are.
    pub fn apart(states: &Path, project: &Path, app: &str, environment: &str) -> Self {
        let digest = Sha256::digest(fs::absolute(project).as_os_str().as_bytes());
        let digest: [u8; 4] = std::array::from_fn(|at| digest[at]);
        let states = states.join(format!("{:08x}", u32::from_be_bytes(digest)));
        Self::below(&states, app, environment)
    }

    /// The state file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    fn journal(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    /// The state as it stands, a crashed apply's journal included. Reads only.
    pub fn read(&self) -> Result<State, StateError> {
        Ok(self.read_and_replay()?.0)
    }

    /// The state, and whether a journal lay beside it.
    fn read_and_replay(&self) -> Result<(State, bool), StateError> {
        let mut state = match fs::read_text(&self.file())? {
            Some(text) => parse(&self.file(), &text)?,
            None => State {
                version: VERSION,
                lineage: random::hex(8),
                serial: 0,
                account: None,
                records: std::collections::BTreeMap::new(),
                deposed: Vec::new(),
                origins: std::collections::BTreeMap::new(),
            },
        };
        let replayed = Journal::replay(&self.journal(), &mut state)?;
        Ok((state, replayed))
    }

    /// Takes the lock, then reads. `operation` is what others see of us meanwhile.
    pub fn lock_for(&self, operation: &str) -> Result<LockedState, StateError> {
        let lock = lock::take(&self.lock(), operation)?;
        let (state, replayed) = self.read_and_replay()?;
        let journal = Journal::at(self.journal());
        let mut locked = LockedState {
            state,
            file: self.file(),
            journal,
            _lock: lock,
        };
        if replayed {
            // What a crash left is settled before anything new is appended to a line that it may have torn.
            locked.close()?;
        }
        Ok(locked)
    }
}

/// A name as a folder's: as it is where it can be, else with a digest, so that no two names share a folder.
fn file_name(name: &str) -> String {
    let legal = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.len() <= LONGEST && name.chars().all(legal) && name.chars().any(|c| c != '.') {
        return name.to_owned();
    }
    let start = name
        .chars()
        .filter(|&c| legal(c) && c != '.')
        .take(LONGEST / 8);
    let digest = wire::digest::sha256_hex(name.as_bytes());
    format!("{}-{}", start.collect::<String>(), &digest[..8])
}

fn parse(path: &Path, text: &str) -> Result<State, StateError> {
    let wrong = |why: String| StateError::Format {
        path: path.to_owned(),
        why,
    };
    let json: Json = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    match json.get("version").and_then(Json::as_u64) {
        Some(1) => serde_json::from_value(json).map_err(|e| wrong(e.to_string())),
        Some(other) => Err(wrong(format!(
            "it has format version {other}; this sdev knows version {VERSION}"
        ))),
        None => Err(wrong("it has no format version".to_owned())),
    }
}

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

/// The state, held for writing. Dropping it frees the lock.
#[derive(Debug)]
pub struct LockedState {
    state: State,
    file: PathBuf,
    journal: Journal,
    _lock: fs::FileLock,
}

impl LockedState {
    /// What it holds.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Journals that a change begins; `record` is what stands meanwhile. Only then may the provider be called.
    pub fn begin(
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
        self.journal.append(&entry)?;
        self.state.records.insert(id.clone(), record);
        self.state
            .deposed
            .extend(deposed.map(|old| (id.clone(), old)));
        Ok(())
    }

    /// Journals that one item is done: of the resource's current thing, or of a predecessor.
    pub fn item(
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
        self.journal.append(&entry)?;
        if let Some(record) = self.state.thing_mut(id, of) {
            set_item(&mut record.attrs, &attr, key, value);
        }
        Ok(())
    }

    /// Records the outcome of a change of `id`: `change` edits the state, which is then written.
    pub fn end(
        &mut self,
        id: &ResourceId,
        change: impl FnOnce(&mut State),
    ) -> Result<(), StateError> {
        change(&mut self.state);
        self.save()?;
        self.journal.append(&Entry::End { id: id.clone() })?;
        Ok(())
    }

    /// Edits the state outside any change and writes it.
    pub fn edit(&mut self, change: impl FnOnce(&mut State)) -> Result<(), StateError> {
        change(&mut self.state);
        self.save()
    }

    /// Writes the state and forgets the journal, which it now contains.
    pub fn close(&mut self) -> Result<(), StateError> {
        self.save()?;
        self.journal.clear()?;
        Ok(())
    }

    fn save(&mut self) -> Result<(), StateError> {
        self.state.serial += 1;
        let mut bytes = serde_json::to_vec_pretty(&self.state).map_err(|e| StateError::Format {
            path: self.file.clone(),
            why: e.to_string(),
        })?;
        bytes.push(b'\n');
        fs::write_atomic(&self.file, &bytes, fs::Readers::Default)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_become_folders_of_their_own() {
        assert_eq!(file_name("my-site_1.2"), "my-site_1.2");
        let odd = [
            "my site",
            "my_site",
            "..",
            ".",
            "",
            "a/b",
            "日本/語",
            &"x".repeat(300),
            &"x".repeat(301),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for name in odd {
            let folder = file_name(name);
            assert!(
                folder.len() <= 255 && !folder.contains('/') && !folder.starts_with('.'),
                "{folder}"
            );
            assert!(seen.insert(folder), "{name}");
        }
    }
}
