//! A site folder → its files with size and digest.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use globset::GlobSet;
use md5::{Digest, Md5};
use walkdir::WalkDir;

use crate::diagnostic::{Diagnostic, code};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its size in bytes.
    pub size: u64,
    /// MD5 of its content, lower-case hex: the digest that object storage shows as a plain object's ETag,
    /// so local and remote compare without a download.
    pub md5: String,
}

/// What cannot be read in a folder.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The folder is not there, or not a folder.
    #[error("{} is not a folder", .0.display())]
    Missing(PathBuf),
    /// A symbolic link leads back above itself.
    #[error("{} leads back to {}", link.display(), target.display())]
    Loop {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the machine said.
        why: String,
    },
    /// A file's name is not UTF-8, which object storage demands.
    #[error("{}: the name is not UTF-8", .0.display())]
    Name(PathBuf),
}

impl From<ScanError> for Diagnostic {
    fn from(error: ScanError) -> Self {
        let text = error.to_string();
        match error {
            ScanError::Missing(_) => Self::error(code::SOURCE_MISSING, text)
                .hint("`source` is relative to the manifest; build the site first if a tool makes this folder"),
            ScanError::Loop { .. } => Self::error(code::SYMLINK_LOOP, text).hint("remove the link, or add it to `ignore`"),
            ScanError::Unreadable { .. } | ScanError::Name(_) => {
                Self::error(code::SOURCE_UNREADABLE, text).hint("fix the file's permissions or name, or add it to `ignore`")
            }
        }
    }
}

/// All files below `root` by their path with `/`, except those that `ignore` matches. Links are followed.
/// All that cannot be read is reported at once.
pub fn scan(root: &Path, ignore: &GlobSet) -> Result<BTreeMap<String, FileEntry>, Vec<ScanError>> {
    if !root.is_dir() {
        return Err(vec![ScanError::Missing(root.to_owned())]);
    }
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    let wanted = |entry: &walkdir::DirEntry| {
        relative(root, entry.path()).is_none_or(|key| key.is_empty() || !ignore.is_match(&key))
    };
    for entry in WalkDir::new(root).follow_links(true).into_iter().filter_entry(wanted) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => match relative(root, entry.path()) {
                Some(key) => files.push((key, entry.into_path())),
                None => errors.push(ScanError::Name(entry.into_path())),
            },
            Ok(_) => {}
            Err(error) => errors.push(walk_error(root, &error)),
        }
    }
    let mut entries = BTreeMap::new();
    for (key, result) in digest_all(files) {
        match result {
            Ok(entry) => drop(entries.insert(key, entry)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(entries) } else { Err(errors) }
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.components().map(|c| c.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

fn walk_error(root: &Path, error: &walkdir::Error) -> ScanError {
    let path = error.path().unwrap_or(root).to_owned();
    match error.loop_ancestor() {
        Some(target) => ScanError::Loop { link: path, target: target.to_owned() },
        None => {
            let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
            // A link that leads to itself shows as "too many levels" rather than as a loop.
            let is_link = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
            match error.io_error().and_then(std::io::Error::raw_os_error) {
                Some(code) if is_link && code == nix::errno::Errno::ELOOP as i32 => {
                    ScanError::Loop { target: path.clone(), link: path }
                }
                _ => ScanError::Unreadable { path, why },
            }
        }
    }
}

type Digested = (String, Result<FileEntry, ScanError>);

/// Digests on all cores: reading many small files is bound by system calls, not by the disk.
fn digest_all(files: Vec<(String, PathBuf)>) -> Vec<Digested> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        let mut buffer = vec![0; 256 * 1024];
        while let Some((key, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let digest = digest(path, &mut buffer).map_err(|e| ScanError::Unreadable { path: path.clone(), why: e.to_string() });
            done.push((key.clone(), digest));
        }
        done
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
    })
}

fn digest(path: &Path, buffer: &mut [u8]) -> std::io::Result<FileEntry> {
    let mut file = File::open(path)?;
    let (mut md5, mut size) = (Md5::new(), 0);
    loop {
        let read = file.read(buffer)?;
        if read == 0 {
            return Ok(FileEntry { size, md5: hex(&md5.finalize()) });
        }
        md5.update(&buffer[..read]);
        size += read as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn ignoring(globs: &[&str]) -> GlobSet {
        let mut set = globset::GlobSetBuilder::new();
        globs.iter().for_each(|g| drop(set.add(globset::Glob::new(g).unwrap())));
        set.build().unwrap()
    }

    #[test]
    fn files_are_found_by_path_and_digest() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c.txt"), "hello").unwrap();
        std::fs::write(folder.path().join("skip.map"), "x").unwrap();
        let found = scan(folder.path(), &ignoring(&["*.map"])).unwrap();
        let wanted = FileEntry { size: 5, md5: "5d41402abc4b2a76b9719d911017c592".into() };
        assert_eq!(found, BTreeMap::from([("a/b/c.txt".to_owned(), wanted)]));
    }

    #[test]
    fn a_link_loop_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        symlink(folder.path(), folder.path().join("a/up")).unwrap();
        symlink("self", folder.path().join("self")).unwrap();
        let errors = scan(folder.path(), &ignoring(&[])).unwrap_err();
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors.iter().all(|e| matches!(e, ScanError::Loop { .. })), "{errors:?}");
    }

    #[test]
    fn a_missing_folder_is_said() {
        let errors = scan(Path::new("/nonexistent-folder"), &ignoring(&[])).unwrap_err();
        assert!(matches!(errors.as_slice(), [ScanError::Missing(_)]));
    }
}
