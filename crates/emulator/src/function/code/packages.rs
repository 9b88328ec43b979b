//! The folder of packages: `zip/SHA256.zip` and, unpacked, `code/SHA256/`. Nothing here is ever changed, only added and swept;
//! what is swept is in `trash` until it is deleted.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Notify, RwLock, RwLockReadGuard};
use tokio_util::sync::CancellationToken;

use super::trash;
use super::unpack::{UnpackError, unpack};
use crate::function::error::{FcError, Outcome};
use crate::function::model::Package;
use crate::identity::random_hex;
use crate::store::{StoreError, sync_folder};

/// What `trash` holds is deleted.
const TRASH: &str = "trash";

/// All packages of a cloud; clones share it.
#[derive(Clone)]
pub(in crate::function) struct Packages(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    /// Read by who brings a package that nothing names yet.
    arriving: RwLock<()>,
    changed: Notify,
    closing: CancellationToken,
}

/// Packages that are added stay while this lives, whether something names them or not.
pub(in crate::function) struct Arrival<'p> {
    packages: &'p Packages,
    _alone: RwLockReadGuard<'p, ()>,
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        // It may have come to nothing.
        self.packages.change();
    }
}

impl Packages {
    /// Opens the folder, and puts away what a crash left half done.
    pub(in crate::function) fn open(folder: PathBuf) -> io::Result<Self> {
        let (draft, trash) = (folder.join("draft"), folder.join(TRASH));
        fs::create_dir_all(&trash)?;
        if draft.exists() {
            fs::rename(&draft, trash.join(random_hex::<8>()))?;
        }
        for part in ["zip", "code", "draft"] {
            fs::create_dir_all(folder.join(part))?;
        }
        sync_folder(&folder)?;
        Ok(Self(Arc::new(Shared {
            folder,
            arriving: RwLock::default(),
            changed: Notify::new(),
            closing: CancellationToken::new(),
        })))
    }

    /// To be held from before a package is added until something names it.
    pub(in crate::function) async fn arrival(&self) -> Arrival<'_> {
        Arrival {
            packages: self,
            _alone: self.0.arriving.read().await,
        }
    }

    /// Takes an archive. It is durable and unpacked when this returns. Blocks.
    pub(in crate::function) fn add(&self, archive: &[u8]) -> Outcome<Package> {
        let package = Package {
            sha256: wire::digest::sha256_hex(archive),
            crc64: wire::crc64::crc64(archive),
            size: archive.len() as u64,
        };
        if !self.folder(&package.sha256).exists() {
            let draft = self.0.folder.join("draft").join(random_hex::<8>());
            let added = self.add_new(archive, &package.sha256, &draft);
            // What is left of a draft is of no use, and swept after the next start at the latest.
            let _ = fs::remove_dir_all(&draft);
            added.map_err(|error| match error {
                UnpackError::Disk(error) => StoreError::Disk(error).into(),
                refusal @ UnpackError::Refused(_) => FcError::invalid(refusal.to_string()),
            })?;
        }
        Ok(package)
    }

    fn add_new(&self, archive: &[u8], sha256: &str, draft: &Path) -> Result<(), UnpackError> {
        let unpacked = draft.join("code");
        fs::create_dir_all(&unpacked)?;
        unpack(io::Cursor::new(archive), &unpacked)?;
        let mut file = File::create(draft.join("zip"))?;
        file.write_all(archive)?;
        file.sync_all()?;
        fs::rename(draft.join("zip"), self.archive(sha256))?;
        match fs::rename(&unpacked, self.folder(sha256)) {
            // Another call brought the same package meanwhile.
            Err(_) if self.folder(sha256).exists() => {}
            done => done?,
        }
        sync_folder(&self.0.folder.join("zip"))?;
        Ok(sync_folder(&self.0.folder.join("code"))?)
    }

    /// Where a package is unpacked.
    pub(in crate::function) fn folder(&self, sha256: &str) -> PathBuf {
        self.0.folder.join("code").join(sha256)
    }

    /// Where a package's archive is.
    pub(in crate::function) fn archive(&self, sha256: &str) -> PathBuf {
        self.0.folder.join("zip").join(format!("{sha256}.zip"))
    }

    /// Puts away every package whose digest is not `named` and whose folder is not `used`, in a moment; whether there may be more
    /// to put away, as some are used, or about to be named. Blocks.
    pub(super) fn put_away(
        &self,
        named: impl FnOnce() -> Result<HashSet<String>, StoreError>,
        used: &HashSet<PathBuf>,
    ) -> Result<bool, StoreError> {
        let Ok(_alone) = self.0.arriving.try_write() else {
            return Ok(true);
        };
        let (named, mut left) = (named()?, false);
        // The folder goes first: a package that has one has its archive.
        for part in ["code", "zip"] {
            for entry in fs::read_dir(self.0.folder.join(part))? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let sha256 = name.trim_end_matches(".zip");
                if named.contains(sha256) {
                    continue;
                }
                if used.contains(&self.folder(sha256)) {
                    left = true;
                    continue;
                }
                let trash = self.0.folder.join(TRASH).join(random_hex::<8>());
                fs::rename(entry.path(), trash)?;
            }
        }
        Ok(left)
    }

    /// Deletes what was put away, until the end or [`Packages::close`]: the next start goes on. Blocks.
    pub(super) fn empty_trash(&self) -> io::Result<()> {
        trash::empty(&self.0.folder.join(TRASH), &self.0.closing)
    }

    /// Something may not be needed any more.
    pub(in crate::function) fn change(&self) {
        self.0.changed.notify_one();
    }

    /// Waits for a change that was not waited for yet.
    pub(super) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Ends the sweeping.
    pub(in crate::function) fn close(&self) {
        self.0.closing.cancel();
    }

    /// Waits for the end of the sweeping.
    pub(super) async fn closed(&self) {
        self.0.closing.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of no entries.
    const EMPTY: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    fn put_away(packages: &Packages, named: &[&str], used: &[PathBuf]) -> bool {
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        let used = used.iter().cloned().collect();
        packages.put_away(|| Ok(named), &used).unwrap()
    }

    fn count(packages: &Packages, part: &str) -> usize {
        fs::read_dir(packages.0.folder.join(part)).unwrap().count()
    }

    #[tokio::test]
    async fn a_package_is_kept_once_and_swept_when_nobody_needs_it() {
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::open(folder.path().to_owned()).unwrap();
        let arrival = packages.arrival().await;
        let package = packages.add(EMPTY).unwrap();
        assert_eq!(packages.add(EMPTY).unwrap(), package);
        let (archive, code) = (
            packages.archive(&package.sha256),
            packages.folder(&package.sha256),
        );
        assert!(put_away(&packages, &[], &[]), "it is about to be named");
        assert!(code.is_dir() && archive.exists());
        drop(arrival);
        packages.changed().await;
        assert!(!put_away(&packages, &[&package.sha256], &[]));
        assert!(put_away(&packages, &[], std::slice::from_ref(&code)));
        assert!(code.is_dir() && archive.exists());
        assert!(!put_away(&packages, &[], &[]));
        assert!(!archive.exists() && !code.exists());
        assert_eq!(count(&packages, TRASH), 2);
        assert_eq!(packages.add(EMPTY).unwrap(), package);
        packages.empty_trash().unwrap();
        assert_eq!(count(&packages, TRASH), 0);
        assert!(code.is_dir() && archive.exists());
    }

    #[test]
    fn what_a_crash_left_is_deleted_after_the_start_and_not_in_its_way() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("draft/1/code/deep")).unwrap();
        fs::write(folder.path().join("draft/1/code/deep/file"), "").unwrap();
        fs::create_dir_all(folder.path().join("trash/2")).unwrap();
        let packages = Packages::open(folder.path().to_owned()).unwrap();
        assert_eq!((count(&packages, "draft"), count(&packages, TRASH)), (0, 2));
        packages.close();
        assert!(packages.empty_trash().is_err());
        assert_eq!(count(&packages, TRASH), 2);
        let packages = Packages::open(folder.path().to_owned()).unwrap();
        packages.empty_trash().unwrap();
        assert_eq!(count(&packages, TRASH), 0);
    }

    #[test]
    fn a_refused_archive_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::open(folder.path().to_owned()).unwrap();
        assert_eq!(
            packages.add(b"nonsense").unwrap_err().code,
            "InvalidArgument"
        );
        for part in ["zip", "code", "draft"] {
            assert_eq!(count(&packages, part), 0);
        }
    }
}
