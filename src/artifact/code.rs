//! A function's code: a folder as one zip, or a package that is one already.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use globset::GlobSet;
use md5::{Digest, Md5};
use zip::write::SimpleFileOptions;

use super::folder::{FileEntry, ScanError, scan};

/// Endings of files that are packages.
const PACKAGES: [&str; 3] = ["zip", "jar", "war"];

/// Code as it is sent.
#[derive(Debug)]
pub struct CodePackage {
    /// What is in it, by path; of a package, the package itself.
    pub files: BTreeMap<String, FileEntry>,
    /// The zip.
    pub bytes: Vec<u8>,
    /// Its CRC-64 in decimal, as the service shows it.
    pub checksum: String,
}

/// Packs what is at `path`. Equal trees give equal bytes: files are in order, without times, and only the executable bit of
/// their permissions counts.
pub fn package(path: &Path) -> Result<CodePackage, Vec<ScanError>> {
    let unreadable = |path: &Path, why: String| ScanError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_package = ending.is_some_and(|ending| PACKAGES.contains(&ending));
    let (files, bytes) = if is_package && path.is_file() {
        let bytes = std::fs::read(path).map_err(|e| vec![unreadable(path, e.to_string())])?;
        let md5 = wire::digest::hex_lower(&Md5::digest(&bytes));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let size = bytes.len() as u64;
        let entry = FileEntry { size, md5 };
        (BTreeMap::from([(name.into_owned(), entry)]), bytes)
    } else {
        let files = scan(path, &GlobSet::empty())?;
        let bytes = zip(path, files.keys()).map_err(|(at, why)| vec![unreadable(&at, why)])?;
        (files, bytes)
    };
    let checksum = wire::crc64::crc64(&bytes).to_string();
    Ok(CodePackage {
        files,
        bytes,
        checksum,
    })
}

fn zip<'k>(
    root: &Path,
    keys: impl Iterator<Item = &'k String>,
) -> Result<Vec<u8>, (std::path::PathBuf, String)> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for key in keys {
        let path = root.join(key);
        let failed = |why: String| (path.clone(), why);
        let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let mode = if is_executable(&path) { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(mode);
        zip.start_file(key, options)
            .map_err(|error| failed(error.to_string()))?;
        zip.write_all(&bytes)
            .map_err(|error| failed(error.to_string()))?;
    }
    let done = zip
        .finish()
        .map_err(|error| (root.to_owned(), error.to_string()))?;
    Ok(done.into_inner())
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}
