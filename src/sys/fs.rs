//! Files: every write is atomic, every error names its path.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use zeroize::Zeroizing;

/// A failed operation on a path.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct FsError {
    /// The path.
    pub path: PathBuf,
    /// What the machine said.
    pub source: io::Error,
}

impl FsError {
    /// An error at `path`.
    pub fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            source,
        }
    }
}

impl From<FsError> for crate::diagnostic::Diagnostic {
    fn from(error: FsError) -> Self {
        Self::error(crate::diagnostic::code::MACHINE, error.to_string())
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the machine's settings allow.
    Default,
    /// The owner alone (mode 0600).
    Owner,
}

/// The text of a file, or `None` if there is none.
pub fn read_text(path: &Path) -> Result<Option<String>, FsError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FsError::new(path, error)),
    }
}

/// A file that is kept with care, such as one with keys.
pub struct Guarded {
    /// Its text, wiped from memory when it is dropped.
    pub text: Zeroizing<String>,
    /// Its permissions (`0600`).
    pub mode: u32,
}

/// Why a guarded file was not read.
#[derive(Debug)]
pub enum Unguarded {
    /// It is something that such a file never is.
    Odd(&'static str),
    /// The machine refused.
    Machine(FsError),
}

/// A guarded file is small.
const GUARDED_SIZE: u64 = 8 * 1024 * 1024;

/// Reads a file that nobody may have put something else in the place of: a symbolic link or a device is refused. `None` if
/// there is none.
pub fn read_guarded(path: &Path) -> Result<Option<Guarded>, Unguarded> {
    let machine = |error| Unguarded::Machine(FsError::new(path, error));
    // A pipe would wait for a writer.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) if path.is_symlink() => {
            return Err(Unguarded::Odd(
                "it is a symbolic link, and must be the file itself",
            ));
        }
        Err(error) => return Err(machine(error)),
    };
    let facts = file.metadata().map_err(machine)?;
    if !facts.is_file() {
        return Err(Unguarded::Odd("it is no ordinary file"));
    }
    if facts.len() > GUARDED_SIZE {
        return Err(Unguarded::Odd("it is too large"));
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(GUARDED_SIZE).read_to_string(&mut text) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Unguarded::Odd("it is no text"))
        }
        read => {
            read.map_err(machine)?;
            let mode = facts.permissions().mode() & 0o7777;
            Ok(Some(Guarded { text, mode }))
        }
    }
}

/// Writes a file so that a kill at any instant leaves the old content or the new: a temporary file beside it, synced,
/// renamed, the folder synced.
pub fn write_atomic(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FsError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let temporary = folder.join(format!(".{name}.{}", super::random::hex(4)));
    let written =
        write_synced(&temporary, bytes, readers).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(FsError::new(path, error));
    }
    sync_folder(folder)
}

/// Writes a file that is there anew, as [`write_atomic`] does. Its mode is kept, and a symbolic link is followed.
pub fn replace_atomic(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let failed = |error| FsError::new(path, error);
    let real = fs::canonicalize(path).map_err(failed)?;
    let mode = fs::metadata(&real).map_err(failed)?.permissions();
    let folder = real.parent().unwrap_or(Path::new("/"));
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", super::random::hex(4)));
    let written = write_synced(&temporary, bytes, Readers::Owner)
        .and_then(|()| fs::set_permissions(&temporary, mode))
        .and_then(|()| fs::rename(&temporary, &real));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(failed(error));
    }
    sync_folder(folder)
}

fn write_synced(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if readers == Readers::Owner {
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> Result<(), FsError> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(|e| FsError::new(folder, e))
}

/// A path in full, symbolic links resolved where it exists.
pub fn absolute(path: &Path) -> PathBuf {
    let here = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    fs::canonicalize(here)
        .or_else(|_| std::path::absolute(here))
        .unwrap_or_else(|_| here.to_owned())
}

/// Makes a folder and its parents.
pub fn create_folder(path: &Path) -> Result<(), FsError> {
    fs::create_dir_all(path).map_err(|e| FsError::new(path, e))
}

/// Makes a folder that nobody else may look into (mode 0700); it must not be there yet.
pub fn create_private_folder(path: &Path) -> Result<(), FsError> {
    let made = fs::DirBuilder::new().mode(0o700).create(path);
    made.map_err(|e| FsError::new(path, e))
}

/// Gives a file another name in its folder; one of that name is replaced. Missing already is success.
pub fn rename(path: &Path, to: &Path) -> Result<(), FsError> {
    missing_is_fine(path, fs::rename(path, to))?;
    sync_folder(path.parent().unwrap_or(Path::new("")))
}

/// Removes a file; missing already is success.
pub fn remove_file(path: &Path) -> Result<(), FsError> {
    missing_is_fine(path, fs::remove_file(path))
}

/// Removes a folder and all in it; missing already is success.
pub fn remove_folder(path: &Path) -> Result<(), FsError> {
    missing_is_fine(path, fs::remove_dir_all(path))
}

fn missing_is_fine(path: &Path, result: io::Result<()>) -> Result<(), FsError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FsError::new(path, error)),
        _ => Ok(()),
    }
}

/// A file opened for appending, made if missing.
pub fn open_append(path: &Path) -> Result<File, FsError> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|e| FsError::new(path, e))
}

/// A lock that the kernel drops when the process ends, however it ends.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes the lock, or `None` when a living process holds it.
    pub fn try_take(path: &Path) -> Result<Option<Self>, FsError> {
        let file = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(FsError::new(path, error)),
        }
    }

    /// Takes the lock, however long a living process holds it.
    pub fn take(path: &Path) -> Result<Self, FsError> {
        let file = Self::open(path)?;
        file.lock().map_err(|e| FsError::new(path, e))?;
        Ok(Self { file })
    }

    fn open(path: &Path) -> Result<File, FsError> {
        if let Some(folder) = path.parent() {
            create_folder(folder)?;
        }
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|e| FsError::new(path, e))
    }

    /// Writes who holds it into the lock file.
    pub fn describe(&mut self, text: &str) -> io::Result<()> {
        use std::io::Seek;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.flush()
    }
}

/// Whether a living process holds the lock. Nothing is made, and nothing is held afterwards.
pub fn is_locked(path: &Path) -> Result<bool, FsError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened.map_err(|e| FsError::new(path, e))?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(fs::TryLockError::WouldBlock) => Ok(true),
        Err(fs::TryLockError::Error(error)) => Err(FsError::new(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atomic_write_replaces_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/state.json");
        write_atomic(&path, b"one", Readers::Default).unwrap();
        write_atomic(&path, b"two", Readers::Owner).unwrap();
        assert_eq!(read_text(&path).unwrap().as_deref(), Some("two"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_replaced_file_keeps_its_mode_and_its_link() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "one").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        replace_atomic(&link, b"two").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "two");
        assert_eq!(
            fs::metadata(&real).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(replace_atomic(&folder.path().join("none"), b"").is_err());
    }

    #[test]
    fn a_lock_is_held_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_locked(&path).unwrap());
        let held = FileLock::try_take(&path).unwrap();
        assert!(held.is_some());
        assert!(is_locked(&path).unwrap());
        assert!(FileLock::try_take(&path).unwrap().is_none());
        drop(held);
        assert!(!is_locked(&path).unwrap());
        assert!(FileLock::try_take(&path).unwrap().is_some());
    }
}
