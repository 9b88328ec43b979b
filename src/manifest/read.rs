//! Files of the manifest: which one, and its text.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::fcntl::OFlag;
use thiserror::Error;

use crate::diagnostic::{Diagnostic, Source, Span, code};

/// The largest file that is read, in bytes.
const LIMIT: u64 = 10 * 1024 * 1024;

/// The names a manifest has when none is given, in the order they are tried.
const NAMES: [&str; 4] = ["s.yaml", "s.YAML", "s.YML", "s.yml"];

/// The manifest of `folder`: the first of `s.yaml`, `s.YAML`, `s.YML`, `s.yml` that is a file.
pub fn find(folder: &Path) -> Option<PathBuf> {
    NAMES
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}

/// Why a file's text cannot be had.
#[derive(Debug, Error)]
pub(super) enum ReadError {
    #[error("`{0}` does not exist")]
    Missing(PathBuf),
    #[error("`{0}` is not a file")]
    NotAFile(PathBuf),
    #[error("`{0}` is larger than {LIMIT} bytes")]
    TooBig(PathBuf),
    #[error("`{0}` is not UTF-8: its byte {2} on line {1} belongs to no character")]
    NotUtf8(PathBuf, usize, usize),
    #[error("`{path}`: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl From<ReadError> for Diagnostic {
    fn from(error: ReadError) -> Self {
        let code = match &error {
            ReadError::Missing(_) => code::MANIFEST_MISSING,
            ReadError::TooBig(_) => code::MANIFEST_LIMIT,
            _ => code::MANIFEST_UNREADABLE,
        };
        let diagnostic = Self::error(code, error.to_string());
        match error {
            ReadError::NotUtf8(..) => diagnostic.hint("save the file as UTF-8"),
            _ => diagnostic,
        }
    }
}

/// The text of `path` without a byte order mark, to be shown or rewritten.
pub fn read_source(path: &Path) -> Result<Arc<Source>, Diagnostic> {
    read(path).map_err(Diagnostic::from)
}

/// The text of `path` without a byte order mark.
pub(super) fn read(path: &Path) -> Result<Arc<Source>, ReadError> {
    let failed = |source| failure(path, source);
    // A pipe would wait for a writer.
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)
        .map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(ReadError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LIMIT {
        return Err(ReadError::TooBig(path.to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].split(|&b| b == b'\n').count();
        ReadError::NotUtf8(path.to_owned(), line, good + 1)
    })?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(Source::new(path, text))
}

/// Whether something is at `path`.
pub(super) fn check_exists(path: &Path) -> Result<(), ReadError> {
    fs::metadata(path)
        .map(drop)
        .map_err(|source| failure(path, source))
}

fn failure(path: &Path, source: io::Error) -> ReadError {
    match source.kind() {
        io::ErrorKind::NotFound => ReadError::Missing(path.to_owned()),
        _ => ReadError::Io {
            path: path.to_owned(),
            source,
        },
    }
}

/// The folder of the manifest at `path`, as written; `.` when it is only a name.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// `folder` from the root of the file system, symbolic links kept.
pub(super) fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

/// The first control character of a text that YAML does not allow, if there is one.
pub(super) fn control_character(source: &Arc<Source>) -> Option<(u8, Span)> {
    let bytes = source.text.as_bytes();
    let bad = |b: &u8| matches!(b, 0..=8 | 11 | 12 | 14..=31 | 127);
    let at = bytes.iter().position(bad)?;
    Some((bytes[at], Span::new(source, at, at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_wins() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(folder.path()), None);
        fs::write(folder.path().join("s.yml"), "").unwrap();
        assert_eq!(find(folder.path()), Some(folder.path().join("s.yml")));
        fs::write(folder.path().join("s.yaml"), "").unwrap();
        assert_eq!(find(folder.path()), Some(folder.path().join("s.yaml")));
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.yaml");
        fs::write(&path, "\u{feff}a: 1\r\n").unwrap();
        assert_eq!(read(&path).unwrap().text, "a: 1\r\n");
    }

    #[test]
    fn foreign_bytes_are_told_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.yaml");
        fs::write(&path, b"a: 1\nb: caf\xe9\n").unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error, ReadError::NotUtf8(_, 2, 12)), "{error}");
        let missing = read(&folder.path().join("none")).unwrap_err();
        assert!(matches!(missing, ReadError::Missing(_)));
        assert!(matches!(
            read(folder.path()).unwrap_err(),
            ReadError::NotAFile(_)
        ));
    }

    #[test]
    fn a_huge_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.yaml");
        let file = fs::File::create(&path).unwrap();
        file.set_len(LIMIT + 1).unwrap();
        assert!(matches!(read(&path).unwrap_err(), ReadError::TooBig(_)));
    }
}
