//! Bytes too many for the database: immutable files with random names, durable before any row names them.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::identity::random_hex;
use crate::store::sync_folder;

/// The folder of blobs; clones share it.
#[derive(Clone)]
pub(super) struct Blobs(Arc<PathBuf>);

/// A blob being written. Dropped without [`Draft::keep`], it leaves no file behind.
pub(super) struct Draft {
    file: File,
    path: PathBuf,
    name: String,
    kept: bool,
}

impl Blobs {
    /// Opens the folder and makes its sub-folders.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        for shard in 0..16 {
            std::fs::create_dir_all(folder.join(format!("{shard:X}")))?;
        }
        sync_folder(&folder)?;
        folder.parent().map_or(Ok(()), sync_folder)?;
        Ok(Self(Arc::new(folder)))
    }

    /// Removes every file that is not in `named`: what a crash left behind. Only at the start, before any draft.
    pub(super) fn sweep(&self, named: &HashSet<String>) -> io::Result<()> {
        for shard in std::fs::read_dir(&*self.0)? {
            let shard = shard?.path();
            if !shard.is_dir() {
                continue;
            }
            for file in std::fs::read_dir(shard)? {
                let file = file?;
                if !named.contains(file.file_name().to_string_lossy().as_ref()) {
                    std::fs::remove_file(file.path())?;
                }
            }
        }
        Ok(())
    }

    /// Starts a blob. Blocks.
    pub(super) fn draft(&self) -> io::Result<Draft> {
        let name = random_hex::<16>();
        let path = self.path(&name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        Ok(Draft {
            file,
            path,
            name,
            kept: false,
        })
    }

    /// A second name for a blob's bytes, durable at once. Blocks.
    pub(super) fn link(&self, name: &str) -> io::Result<Draft> {
        let fresh = random_hex::<16>();
        let path = self.path(&fresh);
        std::fs::hard_link(self.path(name), &path)?;
        let draft = Draft {
            file: File::open(&path)?,
            path,
            name: fresh,
            kept: false,
        };
        draft.sync_name()?;
        Ok(draft)
    }

    /// Opens a blob for reading.
    pub(super) async fn read(&self, name: &str) -> io::Result<tokio::fs::File> {
        tokio::fs::File::open(self.path(name)).await
    }

    /// Removes blobs that no row names any more. One that cannot be removed now is swept at the next start.
    pub(super) async fn remove(&self, names: Vec<String>) {
        if names.is_empty() {
            return;
        }
        let blobs = self.clone();
        let remove = move || {
            for name in names {
                let _ = std::fs::remove_file(blobs.path(&name));
            }
        };
        drop(tokio::task::spawn_blocking(remove).await);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name.get(..1).unwrap_or("0")).join(name)
    }
}

impl Draft {
    /// Appends bytes. Blocks.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Makes the bytes and the name durable. Blocks.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()?;
        self.sync_name()
    }

    /// The blob's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Leaves the file in place, because a row is about to name it.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }

    fn sync_name(&self) -> io::Result<()> {
        self.path
            .parent()
            .map_or(Ok(()), |folder: &Path| sync_folder(folder))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> usize {
        let shards = std::fs::read_dir(folder).unwrap();
        shards
            .map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap().count())
            .sum()
    }

    #[test]
    fn a_draft_that_is_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path().to_owned()).unwrap();
        let mut draft = blobs.draft().unwrap();
        draft.write(b"half").unwrap();
        assert_eq!(files(folder.path()), 1);
        drop(draft);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn sweeping_spares_only_what_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path().to_owned()).unwrap();
        let kept = blobs.draft().unwrap();
        let name = kept.name().to_owned();
        kept.keep();
        blobs.draft().unwrap().keep();
        blobs.sweep(&HashSet::from([name])).unwrap();
        assert_eq!(files(folder.path()), 1);
    }
}
