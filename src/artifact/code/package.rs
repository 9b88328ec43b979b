//! The package that is sent for a function, and its digests.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::tree::{self, unreadable};
use super::{CodeError, archive};

/// The most bytes of a zip, sent through an object (Function Compute 3.0, "Quotas").
const MOST: u64 = 500 * 1024 * 1024;

/// Files that are sent as they are.
const ARCHIVES: &[&str] = &["zip", "jar", "war"];

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A file.
    File,
    /// A folder that holds nothing.
    Folder,
    /// A symbolic link.
    Link,
}

/// One thing in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub form: Form,
    /// Its size in bytes, unpacked.
    pub size: u64,
    /// MD5 of its content (of where it leads, for a link), lower-case hex; empty for a folder.
    pub digest: String,
    /// Whether it can be run.
    pub executable: bool,
    /// Where a link of a folder leads.
    pub link: Option<String>,
}

impl Entry {
    pub(super) fn of(form: Form, size: u64, digest: String) -> Self {
        let (executable, link) = (false, None);
        Self {
            form,
            size,
            digest,
            executable,
            link,
        }
    }

    /// Its permissions as they are packed.
    pub fn mode(&self) -> &'static str {
        match (self.form, self.executable) {
            (Form::Link, _) => "link",
            (Form::Folder, _) | (_, true) => "755",
            (Form::File, false) => "644",
        }
    }
}

/// What to do with a `.jar`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jar {
    /// It is the package: the service unpacks it.
    Package,
    /// It is a file in the package: a custom runtime runs it with `java -jar`.
    File,
}

/// A function's code, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePackage {
    /// What is in it, by path with `/`.
    pub entries: BTreeMap<String, Entry>,
    /// Where the zip is.
    pub file: PathBuf,
    /// Bytes of the zip.
    pub size: u64,
    /// SHA-256 of the zip, lower-case hex.
    pub sha256: String,
    /// CRC-64 of the zip in decimal: the vendor's `codeChecksum`.
    pub crc64: String,
}

impl CodePackage {
    /// Packs a folder or a file, or takes an archive as it is. A zip that must be made is kept in `store` under the digest of
    /// what is in it, and found again there. The store may be deleted whenever nothing is deployed.
    /// All that is wrong is reported at once.
    pub fn of(source: &Path, store: &Path, jar: Jar) -> Result<Self, Vec<CodeError>> {
        let missing = |_| vec![CodeError::Missing(source.to_owned())];
        let metadata = source.metadata().map_err(missing)?;
        let one = |error| vec![error];
        let (entries, file) = if metadata.is_dir() {
            let entries = tree::entries(source)?;
            let file = kept(store, &entries, &|key| source.join(key)).map_err(one)?;
            (entries, file)
        } else if is_archive(source, jar) {
            within(source, metadata.len())?;
            (archive::read(source).map_err(one)?, source.to_owned())
        } else {
            let entries = single(source, tree::is_executable(&metadata)).map_err(one)?;
            let file = kept(store, &entries, &|_| source.to_owned()).map_err(one)?;
            (entries, file)
        };
        unpacked_within(source, &entries)?;
        if !entries.values().any(|entry| entry.form != Form::Folder) {
            return Err(vec![CodeError::Empty(source.to_owned())]);
        }
        let sums = Sums::of(&file).map_err(|e| vec![unreadable(&file, &e)])?;
        let Sums {
            size,
            sha256,
            crc64,
        } = sums;
        within(source, size)?;
        Ok(Self {
            entries,
            file,
            size,
            sha256,
            crc64,
        })
    }

    /// Links to absolute places, and where they lead, by path.
    pub fn away(&self) -> impl Iterator<Item = (&str, &str)> {
        let links = self.entries.iter();
        let links = links.filter_map(|(path, entry)| Some((path.as_str(), entry.link.as_deref()?)));
        links.filter(|(_, target)| target.starts_with('/'))
    }

    /// The bytes to send.
    pub fn open(&self) -> io::Result<File> {
        File::open(&self.file)
    }
}

fn within(source: &Path, size: u64) -> Result<(), Vec<CodeError>> {
    if size <= MOST {
        return Ok(());
    }
    let path = source.to_owned();
    Err(vec![CodeError::TooLarge {
        path,
        size,
        most: MOST,
    }])
}

/// Whether no more comes out of the package than whoever unpacks it takes.
fn unpacked_within(source: &Path, entries: &BTreeMap<String, Entry>) -> Result<(), Vec<CodeError>> {
    let size = entries.values().map(|entry| entry.size).sum();
    if size <= unzip::MOST_BYTES {
        return Ok(());
    }
    let (path, most) = (source.to_owned(), unzip::MOST_BYTES);
    Err(vec![CodeError::TooMuch { path, size, most }])
}

fn is_archive(path: &Path, jar: Jar) -> bool {
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    ARCHIVES.contains(&ending) && !(ending == "jar" && jar == Jar::File)
}

/// A file alone.
fn single(path: &Path, executable: bool) -> Result<BTreeMap<String, Entry>, CodeError> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| unreadable(path, &"the name is not UTF-8"))?;
    let files = [(name.to_owned(), path.to_owned())];
    let mut entries = BTreeMap::new();
    for (key, result) in crate::artifact::folder::digest_all(&files) {
        let file = result.map_err(|e| unreadable(path, &e))?;
        let mut entry = Entry::of(Form::File, file.size, file.md5);
        entry.executable = executable || key == "bootstrap";
        entries.insert(key, entry);
    }
    Ok(entries)
}

/// The zip of these entries: one that was made before and is whole, or a new one. Its name holds what went in and what came
/// out, so a damaged file is not taken for a whole one.
fn kept(
    store: &Path,
    entries: &BTreeMap<String, Entry>,
    path: &dyn Fn(&str) -> PathBuf,
) -> Result<PathBuf, CodeError> {
    let input = input(entries);
    let names = std::fs::read_dir(store).into_iter().flatten().flatten();
    for file in names.filter(|f| {
        f.file_name()
            .to_str()
            .is_some_and(|n| n.starts_with(&input))
    }) {
        let whole = Sums::of(&file.path()).ok();
        if whole.is_some_and(|sums| file.file_name() == *name(&input, &sums)) {
            return Ok(file.path());
        }
    }
    let failed = |e: io::Error| unreadable(store, &e);
    private(store).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(store).map_err(failed)?;
    archive::write(file.as_file_mut(), entries, path)?;
    file.as_file().sync_all().map_err(failed)?;
    let sums = Sums::of(file.path()).map_err(failed)?;
    let to = store.join(name(&input, &sums));
    file.persist(&to).map_err(|e| failed(e.error))?;
    Ok(to)
}

/// Code can hold what others on this machine should not read.
fn private(store: &Path) -> io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true).mode(0o700).create(store)
}

fn name(input: &str, sums: &Sums) -> String {
    format!("{input}-{}.zip", sums.crc64)
}

/// The digest of all that decides a zip's bytes; it begins with the version of how zips are made.
fn input(entries: &BTreeMap<String, Entry>) -> String {
    let mut sha256 = Sha256::new();
    sha256.update(b"zip 1\0");
    for (key, entry) in entries {
        let line = format!(
            "{key}\0{}\0{}\0{}\0",
            entry.mode(),
            entry.size,
            entry.digest
        );
        sha256.update(line.as_bytes());
        sha256.update(if entry.form == Form::Folder {
            b"/"
        } else {
            b"-"
        });
    }
    wire::digest::hex_lower(&sha256.finalize())
}

struct Sums {
    size: u64,
    sha256: String,
    crc64: String,
}

impl Sums {
    fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let (mut sha256, mut crc64, mut size) = (Sha256::new(), wire::crc64::Crc64::new(), 0);
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            sha256.update(&buffer[..read]);
            crc64.update(&buffer[..read]);
            size += read as u64;
        }
        Ok(Self {
            size,
            sha256: wire::digest::hex_lower(&sha256.finalize()),
            crc64: crc64.value().to_string(),
        })
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
