//! Where a state lies on the disk: `.sdev/APPLICATION/ENVIRONMENT/`, read by anyone.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::disk::Disk;
use super::{Journal, LockedState, State, StateError, format};
use crate::sys::fs;

/// Bytes of a folder's name at most; file systems take 255.
const LONGEST: usize = 120;

/// Where the state of one application in one environment lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
}

impl Place {
    /// The place below a project folder.
    pub fn new(project: &Path, app: &str, environment: &str) -> Self {
        Self::below(&project.join(".sdev"), app, environment)
    }

    /// The place below `folder`, in which states are kept.
    pub fn below(folder: &Path, app: &str, environment: &str) -> Self {
        Self {
            folder: folder.join(Self::names(app, environment).join("/")),
        }
    }

    /// The names of the folders that a state lies in, one in the other. Characters that a file name may not hold are left
    /// out, and a digest makes up for them.
    pub fn names(app: &str, environment: &str) -> [String; 2] {
        [file_name(app), file_name(environment)]
    }

    /// The place below `states`, a folder outside the project. Projects of one name are told apart by the digest of
    /// where they are.
    pub fn apart(states: &Path, project: &Path, app: &str, environment: &str) -> Self {
        let digest = Sha256::digest(fs::absolute(project).as_os_str().as_bytes());
        let digest: [u8; 4] = std::array::from_fn(|at| digest[at]);
        let states = states.join(format!("{:08x}", u32::from_be_bytes(digest)));
        Self::below(&states, app, environment)
    }

    /// The folder of this one state.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The state file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    /// The state as it stands, a crashed apply's journal included. Reads only.
    pub fn read(&self) -> Result<State, StateError> {
        Ok(self.read_and_replay()?.0)
    }

    /// The state, and whether a journal lay beside it.
    pub(super) fn read_and_replay(&self) -> Result<(State, bool), StateError> {
        let mut state = match fs::read_text(&self.file())? {
            Some(text) => format::parse(text.as_bytes()).map_err(|why| StateError::Format {
                place: self.file().display().to_string(),
                why,
            })?,
            None => format::fresh(),
        };
        let replayed = Journal::replay(&self.journal(), &mut state)?;
        Ok((state, replayed))
    }

    /// Puts the state file away, because the state lies elsewhere by now.
    pub fn put_away(&self) -> Result<(), StateError> {
        Ok(fs::rename(
            &self.file(),
            &self.file().with_extension("moved.json"),
        )?)
    }

    /// Takes the lock, then reads. `operation` is what others see of us meanwhile.
    pub fn lock_for(&self, operation: &str) -> Result<LockedState, StateError> {
        let (state, disk) = Disk::take(self, operation)?;
        Ok(LockedState::new(state, Box::new(disk)))
    }
}

/// A name as a folder's: as it is where it can be, else with a digest, so that no two names share a folder.
pub(super) fn file_name(name: &str) -> String {
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
