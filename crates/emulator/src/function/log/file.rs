//! The files of one function: `current` and its predecessors `1`, `2`, …, the oldest with the largest number.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Bytes of a file before the next one is begun.
const LARGEST: u64 = 8 * 1024 * 1024;
/// Files that are kept beside the current one.
const KEPT: u32 = 3;

/// One line that an instance wrote; its texts may be lent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record<'a> {
    /// Milliseconds of the cloud's time.
    pub(crate) time: i64,
    pub(crate) function: Cow<'a, str>,
    pub(crate) version: Cow<'a, str>,
    pub(crate) instance: Cow<'a, str>,
    /// The call that it belongs to, when that is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<Cow<'a, str>>,
    /// `out` or `err`.
    pub(crate) pipe: Cow<'a, str>,
    pub(crate) text: Cow<'a, str>,
}

impl Record<'_> {
    /// The same with texts of its own.
    pub(super) fn into_owned(self) -> Record<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Record {
            time: self.time,
            function: owned(self.function),
            version: owned(self.version),
            instance: owned(self.instance),
            request: self.request.map(owned),
            pipe: owned(self.pipe),
            text: owned(self.text),
        }
    }
}

/// That a call of a function was made for another, by which an id leads from the first to all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    /// Milliseconds of the cloud's time.
    pub(crate) time: i64,
    pub(crate) function: String,
    /// The call.
    pub(crate) request: String,
    /// The trace that it is in.
    pub(crate) trace: String,
    /// The span of whoever made it.
    pub(crate) parent: String,
}

/// What a line of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Record(Record<'static>),
    Link(Link),
}

impl Entry {
    fn read(line: &[u8]) -> Option<Self> {
        let record = serde_json::from_slice(line).map(Self::Record);
        record
            .or_else(|_| serde_json::from_slice(line).map(Self::Link))
            .ok()
    }
}

/// A function's file that is open for writing.
pub(super) struct LogFile {
    folder: PathBuf,
    file: File,
    size: u64,
    /// Whether its last line may lack its end: the disk was full, or a cloud was killed.
    is_torn: bool,
}

impl LogFile {
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let file = append(&folder)?;
        let size = file.metadata()?.len();
        let mut last = [b'\n'];
        if size > 0 {
            file.read_exact_at(&mut last, size - 1)?;
        }
        Ok(Self {
            folder,
            file,
            size,
            is_torn: last != [b'\n'],
        })
    }

    /// Writes lines, each ending in a line feed, and begins the next file when this one is full.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.is_torn {
            // So that only the torn line is lost, and not the next one with it.
            self.file.write_all(b"\n")?;
            self.size += 1;
        }
        self.is_torn = true;
        self.file.write_all(lines)?;
        self.is_torn = false;
        self.size += lines.len() as u64;
        if self.size < LARGEST {
            return Ok(());
        }
        for number in (1..KEPT).rev() {
            let (from, to) = (name(&self.folder, number), name(&self.folder, number + 1));
            if from.exists() {
                fs::rename(from, to)?;
            }
        }
        fs::rename(self.folder.join("current"), name(&self.folder, 1))?;
        self.file = append(&self.folder)?;
        self.size = 0;
        Ok(())
    }
}

fn append(folder: &Path) -> io::Result<File> {
    let path = folder.join("current");
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true).open(path)
}

fn name(folder: &Path, number: u32) -> PathBuf {
    folder.join(number.to_string())
}

/// Hands over every entry of a function's files, oldest first. A line that was cut off by a crash is passed over.
pub(super) fn read(folder: &Path, mut hand: impl FnMut(Entry)) -> io::Result<()> {
    let older = (1..=KEPT).rev().map(|number| name(folder, number));
    for path in older.chain([folder.join("current")]) {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        for line in BufReader::new(file).split(b'\n') {
            if let Some(entry) = Entry::read(&line?) {
                hand(entry);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(time: i64) -> Record<'static> {
        Record {
            time,
            function: "f".into(),
            version: "LATEST".into(),
            instance: "i".into(),
            request: None,
            pipe: "out".into(),
            text: "x".repeat(500_000).into(),
        }
    }

    #[test]
    fn files_stay_bounded_and_the_newest_lines_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LogFile::open(folder.path().join("f")).unwrap();
        for time in 0..100 {
            let line = serde_json::to_string(&record(time)).unwrap() + "\n";
            file.write(line.as_bytes()).unwrap();
        }
        let mut times = Vec::new();
        let folder_of_f = folder.path().join("f");
        read(&folder_of_f, |entry| {
            if let Entry::Record(record) = entry {
                times.push(record.time);
            }
        })
        .unwrap();
        assert!(times.windows(2).all(|pair| pair[0] + 1 == pair[1]));
        assert_eq!(times.last(), Some(&99));
        let sizes = fs::read_dir(folder.path().join("f")).unwrap();
        let total: u64 = sizes
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum();
        assert!(total <= 4 * (LARGEST + 1_000_000), "{total}");
    }

    #[test]
    fn a_line_that_was_cut_off_is_passed_over_and_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let line = serde_json::to_string(&record(2)).unwrap() + "\n";
        fs::write(folder.path().join("current"), &line[..20]).unwrap();
        let mut file = LogFile::open(folder.path().to_owned()).unwrap();
        file.write(line.as_bytes()).unwrap();
        // As a disk leaves it that is full in the middle of a line.
        file.file.write_all(&line.as_bytes()[..20]).unwrap();
        file.is_torn = true;
        file.write(line.as_bytes()).unwrap();
        let mut count = 0;
        read(folder.path(), |_| count += 1).unwrap();
        assert_eq!(count, 2);
    }
}
