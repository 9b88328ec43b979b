//! What shall be started, and how it travels to the launcher.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What the process gets as standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// One end of a socket pair; the other is [`super::Process::take_socket`].
    Socket,
    /// Nothing to read.
    Null,
}

/// A file or folder of this machine that a caged process sees too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What it is on this machine.
    pub what: PathBuf,
    /// Where the process sees it.
    pub at: PathBuf,
    /// Whether the process may change it.
    pub writable: bool,
}

/// A process that shall be started.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    /// The program and its arguments.
    pub program: Vec<String>,
    /// All its variables; nothing is inherited.
    pub environment: BTreeMap<String, String>,
    /// Its working folder, as the process sees it.
    pub folder: PathBuf,
    /// What it sees at `/code`; nothing: the slot's folder `code`.
    pub code: Option<PathBuf>,
    /// What it sees merged at `/opt`, earlier ones win; none: the slot's folder `opt`.
    pub layers: Vec<PathBuf>,
    /// What else it sees beside the system.
    pub shown: Vec<Shown>,
    /// Megabytes that all its processes together may use.
    pub memory_mb: u32,
    /// Megabytes that fit below `/tmp`.
    pub disk_mb: u32,
    /// Its standard input.
    pub input: Input,
    /// Whether it runs outside of any cage, with all that this user may do: a program of this machine's owner, not of a function.
    pub is_free: bool,
    /// The folder on this machine that belongs to this instance alone.
    pub slot: PathBuf,
}

/// An order on its way to the launcher.
#[derive(Serialize, Deserialize)]
pub(super) struct Parcel {
    pub(super) order: Order,
    pub(super) caged: bool,
    /// The process that asks; when it is gone, nothing is started.
    pub(super) parent: i32,
    /// Whom the program runs as: who asks for it.
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Parcel {
    /// Writes it where only this user reads; variables may be secret, so they are not in the arguments.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        Ok(serde_json::to_writer(file, self)?)
    }

    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }
}
