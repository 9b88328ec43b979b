//! The data folder: its lock, and files replaced whole or not at all.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long the lock of a process that was killed may linger: one that it was just starting holds it too, until it becomes its program.
const LINGERS: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(20);

/// A data folder that this process alone uses, until dropped.
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("another process uses it")]
    Locked,
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl DataFolder {
    /// Makes the folder when missing and locks it; the lock goes with the process, however it ends. Nobody but its owner
    /// can look into it: functions' variables are there as they were sent, secrets too.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        std::fs::create_dir_all(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
        path.parent().map_or(Ok(()), sync_folder)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => {
                    return Ok(Self {
                        path: path.to_owned(),
                        _lock: lock,
                    });
                }
                Err(TryLockError::WouldBlock) if begun.elapsed() < LINGERS => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(FolderError::Locked),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Replaces a file's content durably: readers see the old bytes or the new ones, also after a crash.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    // A relative name without a folder has an empty parent: the present one.
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let first = DataFolder::open(root.path()).unwrap();
        assert!(matches!(
            DataFolder::open(root.path()),
            Err(FolderError::Locked)
        ));
        let mode = std::fs::metadata(root.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(first);
        assert!(DataFolder::open(root.path()).is_ok());
    }
}
