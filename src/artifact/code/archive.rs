//! Zips: made so that equal entries give equal bytes, and read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use unzip::{Archive, Refusal};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::CodeError;
use super::package::{Entry, Form};
use super::tree::unreadable;

/// The deflate level, see docs/adr/0021.
const LEVEL: i64 = 1;

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

/// Bytes that are read ahead: a directory is read line by line, from place to place.
const AHEAD: usize = 512;

/// What an archive holds, each content read once to know its digest, after its directory was judged.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Entry>, CodeError> {
    let refused = |why: Refusal| refused(path, &why);
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let mut zip = Archive::judge(BufReader::with_capacity(AHEAD, file)).map_err(refused)?;
    let members = zip.members().to_vec();
    let mut entries = BTreeMap::new();
    for (number, member) in members.into_iter().enumerate() {
        let (form, executable, link) = match member.form {
            unzip::Form::Folder => continue,
            unzip::Form::File { executable } => (Form::File, executable, None),
            unzip::Form::Link { target } => (Form::Link, false, Some(target)),
        };
        let (mut md5, mut size) = (Md5::new(), 0);
        let read = zip.content(number, &mut |piece| {
            md5.update(piece);
            size += piece.len() as u64;
            Ok::<(), Refusal>(())
        });
        read.map_err(refused)?;
        let digest = wire::digest::hex_lower(&md5.finalize());
        let entry = Entry {
            executable,
            link,
            ..Entry::of(form, size, digest)
        };
        entries.insert(member.path, entry);
    }
    Ok(entries)
}

fn refused(path: &Path, why: &Refusal) -> CodeError {
    let (path, text) = (path.to_owned(), why.to_string());
    match why {
        Refusal::Broken(_) | Refusal::Damaged { .. } => CodeError::NoArchive { path, why: text },
        _ => CodeError::Unsafe { path, why: text },
    }
}
