//! The folder of packages: `zip/SHA256.zip` and, unpacked, `code/SHA256/`. Nothing here is ever changed, only added and swept.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::unpack::{UnpackError, unpack};
use crate::function::error::{FcError, Outcome};
use crate::function::model::Package;
use crate::identity::random_hex;
use crate::store::{StoreError, sync_folder};

/// All packages of a cloud; clones share it.
#[derive(Clone)]
pub(in crate::function) struct Packages(Arc<PathBuf>);

impl Packages {
    /// Opens the folder, and throws away what a crash left half done.
    pub(in crate::function) fn open(folder: PathBuf) -> io::Result<Self> {
        let draft = folder.join("draft");
        if draft.exists() {
            fs::remove_dir_all(&draft)?;
        }
        for part in ["zip", "code", "draft"] {
            fs::create_dir_all(folder.join(part))?;
        }
        sync_folder(&folder)?;
        Ok(Self(Arc::new(folder)))
    }

    /// Takes an archive. It is durable and unpacked when this returns. Blocks.
    pub(in crate::function) fn add(&self, archive: &[u8]) -> Outcome<Package> {
        let package = Package {
            sha256: wire::digest::sha256_hex(archive),
            crc64: wire::crc64::crc64(archive),
            size: archive.len() as u64,
        };
        if !self.folder(&package.sha256).exists() {
            let draft = self.0.join("draft").join(random_hex::<8>());
            let added = self.add_new(archive, &package.sha256, &draft);
            // What is left of a draft is of no use, and swept at the next start at the latest.
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
        sync_folder(&self.0.join("zip"))?;
        Ok(sync_folder(&self.0.join("code"))?)
    }

    /// Where a package is unpacked.
    pub(in crate::function) fn folder(&self, sha256: &str) -> PathBuf {
        self.0.join("code").join(sha256)
    }

    /// Where a package's archive is.
    pub(in crate::function) fn archive(&self, sha256: &str) -> PathBuf {
        self.0.join("zip").join(format!("{sha256}.zip"))
    }

    /// Removes every package that is not in `named`. Only at the start, before any call.
    pub(in crate::function) fn sweep(&self, named: &HashSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(self.0.join("zip"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !named.contains(name.trim_end_matches(".zip")) {
                fs::remove_file(entry.path())?;
            }
        }
        for entry in fs::read_dir(self.0.join("code"))? {
            let entry = entry?;
            if !named.contains(entry.file_name().to_string_lossy().as_ref()) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of no entries.
    const EMPTY: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    #[test]
    fn a_package_is_kept_once_and_swept_when_nobody_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::open(folder.path().to_owned()).unwrap();
        let package = packages.add(EMPTY).unwrap();
        assert_eq!(packages.add(EMPTY).unwrap(), package);
        assert!(packages.folder(&package.sha256).is_dir());
        packages
            .sweep(&HashSet::from([package.sha256.clone()]))
            .unwrap();
        assert!(packages.archive(&package.sha256).exists());
        packages.sweep(&HashSet::new()).unwrap();
        assert!(!packages.archive(&package.sha256).exists());
        assert!(!packages.folder(&package.sha256).exists());
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
            assert_eq!(fs::read_dir(folder.path().join(part)).unwrap().count(), 0);
        }
    }
}
