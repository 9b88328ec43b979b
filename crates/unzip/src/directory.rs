//! What a zip's directory says of it: enough to refuse every bomb without unpacking a byte.

use std::io::{Read, Seek, SeekFrom};

use zip::CompressionMethod;
use zip::read::{Config, OwnedZipFileEntry, ZipFileEntry};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use crate::{MOST_BYTES, MOST_ENTRIES, Refusal, name};

/// Bytes of a local header without the name and extra fields: what surely lies between two contents.
const HEADER: u64 = 30;
/// Bits of a mode that say what a thing is.
const KIND: u32 = 0o170_000;
const LINK: u32 = 0o120_000;
const REGULAR: u32 = 0o100_000;

/// What a line of the directory says an entry is; where a link leads is its content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    File { executable: bool },
    Folder,
    Link,
}

/// A line of the directory.
pub(crate) struct Line {
    /// The place below the folder; never empty.
    pub(crate) path: String,
    pub(crate) sort: Sort,
    pub(crate) raw: OwnedZipFileEntry,
}

/// Reads the directory and judges it. The first thing that is wrong ends it.
pub(crate) fn read(mut archive: impl Read + Seek) -> Result<Vec<Line>, Refusal> {
    let length = archive.seek(SeekFrom::End(0)).map_err(ZipError::from)?;
    let mut zip = ZipIterable::try_new(archive, Config::default())?;
    if zip.len() > MOST_ENTRIES {
        return Err(Refusal::TooMany(zip.len()));
    }
    let (mut lines, mut left, mut room) = (Vec::new(), MOST_BYTES, length);
    for entry in zip.files()? {
        let entry = entry?;
        left = left.checked_sub(entry.size()).ok_or(Refusal::TooLarge)?;
        let taken = HEADER.saturating_add(entry.compressed_size());
        let line = line(entry)?;
        // What is together longer than the zip overlaps: no need to read on.
        room = room
            .checked_sub(taken)
            .ok_or_else(|| overlapping(line.as_ref()))?;
        lines.extend(line);
    }
    shares_no_byte(&lines)?;
    has_no_rival(&lines)?;
    Ok(lines)
}

/// One line; nothing for the folder itself.
fn line(entry: ZipFileEntry<'static>) -> Result<Option<Line>, Refusal> {
    let name = entry.name()?.into_owned();
    let refused = |why| Refusal::entry(&name, why);
    let path = name::place(&name).map_err(refused)?;
    if entry.encrypted() {
        return Err(refused("is encrypted"));
    }
    if !matches!(
        entry.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        return Err(refused("is packed by a method other than deflate"));
    }
    let kind = entry.unix_mode().map(|mode| mode & KIND);
    let sort = match kind {
        _ if entry.is_dir() => Sort::Folder,
        Some(LINK) => Sort::Link,
        None | Some(REGULAR | 0) => Sort::File {
            executable: entry.unix_mode().is_none_or(|mode| mode & 0o111 != 0),
        },
        Some(_) => return Err(refused("is neither a file, a folder nor a link")),
    };
    let is_root = path.is_empty();
    if is_root && sort != Sort::Folder {
        return Err(refused("has no name that a file could have"));
    }
    let raw = entry.into();
    Ok((!is_root).then_some(Line { path, sort, raw }))
}

fn overlapping(line: Option<&Line>) -> Refusal {
    let path = line.map_or("./", |line| &line.path);
    Refusal::entry(path, "overlaps another entry, as those of zip bombs do")
}

/// Refuses entries that lie in each other, as those of bombs do. What is measured is the least that an entry takes, its local
/// header without names; so what passes is a zip whose packed contents are no longer, together, than itself.
fn shares_no_byte(lines: &[Line]) -> Result<(), Refusal> {
    let mut places: Vec<(u64, u64, &Line)> = lines
        .iter()
        .map(|line| {
            let raw = line.raw.as_ref();
            let start = raw.header_start();
            let least = HEADER.saturating_add(raw.compressed_size());
            (start, start.saturating_add(least), line)
        })
        .collect();
    places.sort_unstable_by_key(|(start, end, _)| (*start, *end));
    for pair in places.windows(2) {
        if pair[0].1 > pair[1].0 {
            return Err(overlapping(Some(pair[1].2)));
        }
    }
    let directory = lines
        .iter()
        .map(|line| line.raw.as_ref().central_header_start());
    match (places.last(), directory.min()) {
        (Some((_, end, line)), Some(start)) if *end > start => Err(Refusal::entry(
            &line.path,
            "reaches into the directory of the zip",
        )),
        _ => Ok(()),
    }
}

/// Refuses entries that want the place of another: the same name, or a name below what is no folder. Folders may be
/// named again.
fn has_no_rival(lines: &[Line]) -> Result<(), Refusal> {
    let mut sorted: Vec<&Line> = lines.iter().collect();
    // By parts, so that what is below a path comes right after it.
    sorted.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
    for pair in sorted.windows(2) {
        let (above, line) = (pair[0], pair[1]);
        let Some(below) = line.path.strip_prefix(&above.path) else {
            continue;
        };
        let is_folder = |line: &Line| line.sort == Sort::Folder;
        if below.is_empty() && !(is_folder(above) && is_folder(line)) {
            return Err(Refusal::entry(&line.path, "is there twice"));
        }
        if below.starts_with('/') && !is_folder(above) {
            return Err(Refusal::entry(&line.path, "is below what is no folder"));
        }
    }
    Ok(())
}
