//! Zips: made so that equal entries give equal bytes, and read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::CodeError;
use super::package::{Entry, Form};
use super::tree::unreadable;

/// The deflate level, see docs/adr/0021.
const LEVEL: i64 = 1;

/// Bits of a mode that say what a thing is, and that it is a link.
const KIND: u32 = 0o170_000;
const LINK: u32 = 0o120_000;

/// From here on a file is written with sizes of 64 bits.
const LARGE: u64 = u32::MAX as u64 / 2;

/// Writes the entries; `path` says where a file's content is. A file that is not what its entry says is an error, so
/// that a zip is never known by a digest that is not its own.
pub(super) fn write(
    to: &mut File,
    entries: &BTreeMap<String, Entry>,
    path: &dyn Fn(&str) -> PathBuf,
) -> Result<(), CodeError> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(256 * 1024, to));
    let mut buffer = vec![0; 256 * 1024];
    for (key, entry) in entries {
        let from = path(key);
        add(&mut zip, key, entry, &from, &mut buffer).map_err(|e| unreadable(&from, &e))?;
    }
    let end = zip
        .finish()
        .map_err(io::Error::from)
        .and_then(|mut to| to.flush());
    end.map_err(|e| unreadable(Path::new("the zip"), &e))
}

fn add<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    key: &str,
    entry: &Entry,
    from: &Path,
    buffer: &mut [u8],
) -> io::Result<()> {
    let mode = if entry.executable || entry.form == Form::Folder {
        0o755
    } else {
        0o644
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .large_file(entry.size > LARGE)
        .unix_permissions(mode);
    match (entry.form, &entry.link) {
        (Form::Folder, _) => zip.add_directory(key, options)?,
        (Form::Link, target) => {
            zip.add_symlink(key, target.as_deref().unwrap_or_default(), options)?;
        }
        (Form::File, _) => {
            zip.start_file(key, options)?;
            let (size, digest) = copy(&mut File::open(from)?, zip, buffer)?;
            if size != entry.size || digest != entry.digest {
                return Err(io::Error::other("it changed while it was packed"));
            }
        }
    }
    Ok(())
}

/// Copies all bytes; their number and MD5.
fn copy(from: &mut dyn Read, to: &mut dyn Write, buffer: &mut [u8]) -> io::Result<(u64, String)> {
    let (mut md5, mut size) = (Md5::new(), 0);
    loop {
        let read = from.read(buffer)?;
        if read == 0 {
            return Ok((size, wire::digest::hex_lower(&md5.finalize())));
        }
        md5.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        size += read as u64;
    }
}

/// What an archive holds, each content read once to know its digest.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Entry>, CodeError> {
    let none = |why: String| CodeError::NoArchive {
        path: path.to_owned(),
        why,
    };
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|e| none(e.to_string()))?;
    let (mut entries, mut buffer) = (BTreeMap::new(), vec![0; 64 * 1024]);
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).map_err(|e| none(e.to_string()))?;
        let name = file.name().map_err(|e| none(e.to_string()))?.into_owned();
        let mode = file.unix_mode().unwrap_or(0o644);
        if file.is_dir() {
            continue;
        }
        let is_link = mode & KIND == LINK;
        let copied = copy(&mut file, &mut io::sink(), &mut buffer);
        let (size, digest) = copied.map_err(|e| none(format!("{name}: {e}")))?;
        let mut entry = Entry::of(if is_link { Form::Link } else { Form::File }, size, digest);
        entry.executable = !is_link && mode & 0o111 != 0;
        entries.insert(name, entry);
    }
    Ok(entries)
}
