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

/// The most bytes of an object's name.
const LONGEST_KEY: usize = 1023;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its size in bytes.
    pub size: u64,
    /// MD5 of its content, lower-case hex: the digest that object storage shows as a plain object's `ETag`,
    /// so local and remote compare without a download.
    pub md5: String,
}

/// What cannot be read in a folder.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The folder is not there.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// Something is there that is no folder.
    #[error("{} exists, but it is not a folder", .0.display())]
    NoFolder(PathBuf),
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
    /// A file's name cannot be an object's.
    #[error("{key:?}: {why}")]
    Key {
        /// The path below the folder.
        key: String,
        /// The rule that it breaks.
        why: &'static str,
    },
}

impl From<ScanError> for Diagnostic {
    fn from(error: ScanError) -> Self {
        let text = error.to_string();
        match error {
            ScanError::Missing(_) => Self::error(code::SOURCE_MISSING, text)
                .hint("`source` is relative to the manifest; build the site first if a tool makes this folder"),
            ScanError::NoFolder(_) => Self::error(code::SOURCE_MISSING, text)
                .hint("`source` names the folder that holds the site's files"),
            ScanError::Loop { .. } => Self::error(code::SYMLINK_LOOP, text).hint("remove the link, or add it to `ignore`"),
            ScanError::Unreadable { .. } | ScanError::Name(_) => {
                Self::error(code::SOURCE_UNREADABLE, text).hint("fix the file's permissions or name, or add it to `ignore`")
            }
            ScanError::Key { .. } => {
                Self::error(code::SOURCE_UNREADABLE, text).hint("rename the file, or add it to `ignore`")
            }
        }
    }
}

/// All files below `root` by their path with `/`, except those that `ignore` matches. Links are followed.
/// All that cannot be read is reported at once.
pub fn scan(root: &Path, ignore: &GlobSet) -> Result<BTreeMap<String, FileEntry>, Vec<ScanError>> {
    match root.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(vec![ScanError::NoFolder(root.to_owned())]),
        Err(_) => return Err(vec![ScanError::Missing(root.to_owned())]),
    }
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for entry in walk(root, ignore) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => match relative(root, entry.path()) {
                Some(key) => match broken_rule(&key) {
                    Some(why) => errors.push(ScanError::Key { key, why }),
                    None => files.push((key, entry.into_path())),
                },
                None => errors.push(ScanError::Name(entry.into_path())),
            },
            Ok(_) => {}
            Err(error) => errors.push(walk_error(root, &error)),
        }
    }
    let mut entries = BTreeMap::new();
    for (key, result) in digest_all(&files) {
        match result {
            Ok(entry) => drop(entries.insert(key, entry)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(entries)
    } else {
        Err(errors)
    }
}

/// The files that [`scan`] would read, as far as they can be found.
pub fn list(root: &Path, ignore: &GlobSet) -> Vec<PathBuf> {
    let entries = walk(root, ignore).filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

fn walk<'a>(
    root: &'a Path,
    ignore: &'a GlobSet,
) -> impl Iterator<Item = walkdir::Result<walkdir::DirEntry>> + 'a {
    let wanted = move |entry: &walkdir::DirEntry| {
        relative(root, entry.path()).is_none_or(|key| key.is_empty() || !ignore.is_match(&key))
    };
    let all = WalkDir::new(root).follow_links(true).into_iter();
    all.filter_entry(wanted)
}

/// The rule for object names that a key breaks: the vendor's (OSS, "Object naming conventions"), and that a deletion
/// must be able to name it, which it does in XML.
fn broken_rule(key: &str) -> Option<&'static str> {
    if key.len() > LONGEST_KEY {
        Some("an object's name has at most 1,023 bytes")
    } else if key.starts_with(['/', '\\']) {
        Some("an object's name cannot start with `/` or `\\`")
    } else if key.chars().any(|c| c.is_ascii_control()) || !wire::xml::can_hold(key) {
        Some("an object's name cannot hold control characters")
    } else {
        None
    }
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|c| c.as_os_str().to_str())
        .collect();
    parts.map(|parts| parts.join("/"))
}

fn walk_error(root: &Path, error: &walkdir::Error) -> ScanError {
    let path = error.path().unwrap_or(root).to_owned();
    if let Some(target) = error.loop_ancestor() {
        ScanError::Loop {
            link: path,
            target: target.to_owned(),
        }
    } else {
        let why = error
            .io_error()
            .map_or_else(|| error.to_string(), ToString::to_string);
        // A link that leads to itself shows as "too many levels" rather than as a loop.
        let is_link = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
        match error.io_error().and_then(std::io::Error::raw_os_error) {
            Some(code) if is_link && code == nix::errno::Errno::ELOOP as i32 => ScanError::Loop {
                target: path.clone(),
                link: path,
            },
            _ => ScanError::Unreadable { path, why },
        }
    }
}

pub(super) type Digested = (String, Result<FileEntry, ScanError>);

/// Digests on all cores: reading many small files is bound by system calls, not by the disk.
pub(super) fn digest_all(files: &[(String, PathBuf)]) -> Vec<Digested> {
    let cores = std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(8);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        let mut buffer = vec![0; 256 * 1024];
        while let Some((key, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let digest = digest(path, &mut buffer).map_err(|e| ScanError::Unreadable {
                path: path.clone(),
                why: e.to_string(),
            });
            done.push((key.clone(), digest));
        }
        done
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|t| t.join().unwrap_or_default())
            .collect()
    })
}

fn digest(path: &Path, buffer: &mut [u8]) -> std::io::Result<FileEntry> {
    let mut file = File::open(path)?;
    let (mut md5, mut size) = (Md5::new(), 0);
    loop {
        let read = file.read(buffer)?;
        if read == 0 {
            return Ok(FileEntry {
                size,
                md5: wire::digest::hex_lower(&md5.finalize()),
            });
        }
        md5.update(&buffer[..read]);
        size += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn ignoring(globs: &[&str]) -> GlobSet {
        let mut set = globset::GlobSetBuilder::new();
        for glob in globs {
            set.add(globset::Glob::new(glob).unwrap());
        }
        set.build().unwrap()
    }

    #[test]
    fn files_are_found_by_path_and_digest() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c.txt"), "hello").unwrap();
        std::fs::write(folder.path().join("skip.map"), "x").unwrap();
        let found = scan(folder.path(), &ignoring(&["*.map"])).unwrap();
        let wanted = FileEntry {
            size: 5,
            md5: "5d41402abc4b2a76b9719d911017c592".into(),
        };
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
        assert!(
            errors.iter().all(|e| matches!(e, ScanError::Loop { .. })),
            "{errors:?}"
        );
    }

    #[test]
    fn a_missing_folder_is_said() {
        let errors = scan(Path::new("/nonexistent-folder"), &ignoring(&[])).unwrap_err();
        assert!(matches!(errors.as_slice(), [ScanError::Missing(_)]));
        let file = tempfile::NamedTempFile::new().unwrap();
        let errors = scan(file.path(), &ignoring(&[])).unwrap_err();
        assert!(matches!(errors.as_slice(), [ScanError::NoFolder(_)]));
    }

    #[test]
    fn names_that_no_object_can_have_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a\u{1b}[2J.txt", "b\nc", "\\d", "e\u{7f}", "f\u{ffff}"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let deep = folder.path().join(["n".repeat(250).as_str(); 4].join("/"));
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("m".repeat(19)), "as long as it may be").unwrap();
        std::fs::write(deep.join("m".repeat(20)), "one too long").unwrap();
        let errors = scan(folder.path(), &ignoring(&[])).unwrap_err();
        assert_eq!(errors.len(), 6, "{errors:?}");
        for error in errors {
            let text = error.to_string();
            assert!(matches!(error, ScanError::Key { .. }), "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        let ignore = ignoring(&["a*", "b*", "\\\\*", "e*", "f*", "**/m*m"]);
        assert!(scan(folder.path(), &ignore).unwrap().is_empty());
    }
}
