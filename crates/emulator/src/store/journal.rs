//! A journal before the database: records that are durable as soon as they are written one behind the other, and that go into
//! the database later, many at a time. For what changes so often that a transaction for each change would cost too much.
//!
//! There are two files. One takes records until it is sealed; then the other takes them, while those of the sealed one are
//! folded into the database. The transaction that does so notes the number of the file's turn, its generation, so that no record is
//! folded twice or never, whenever the process ends. A file is written again from its beginning in its next generation, because to
//! write where there was something takes a disk less time than to make a file longer.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::oneshot;
use wire::crc64::Crc64;

use super::desk::{Desk, Ground};
use super::{Store, StoreError, sync_folder};

/// The table that says up to which generation all is in the database.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS journal (name TEXT PRIMARY KEY, folded INTEGER NOT NULL) STRICT, WITHOUT ROWID;";
/// Records written together at most.
const GROUP: usize = 256;
/// Before each record, eight bytes each: its length, its generation, and the check sum of both and of the record.
const HEAD: usize = 24;
/// Files grow by this many bytes at a time.
const GROWTH: u64 = 1 << 20;

/// A journal; it lies beside the database.
pub(crate) struct Journal(Desk<Files>);

/// A file that takes no more records until those that it has are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sealed {
    journal: &'static str,
    generation: u64,
}

impl Sealed {
    /// Notes in the transaction that folds its records that they are in the database; false if they are already.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) fn note(self, db: &Connection) -> Result<bool, StoreError> {
        let sql = "INSERT INTO journal (name, folded) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET folded = ?2 WHERE folded < ?2";
        let generation = i64::try_from(self.generation).unwrap_or(i64::MAX);
        let noted = params![self.journal, generation];
        Ok(db.prepare_cached(sql)?.execute(noted)? == 1)
    }
}

/// Runs when the record is durable (`None`) or lost (`Some(why)`).
type Then = Box<dyn FnOnce(Option<&str>) + Send>;
/// Runs between two records; whether to seal the file before the second.
type Between = Box<dyn FnOnce(Sealed) -> bool + Send>;

enum Job {
    Append(Vec<u8>, Then),
    Seal(Between),
}

struct Files {
    journal: &'static str,
    segments: [Segment; 2],
    active: usize,
    generation: u64,
    /// Where the next record goes.
    end: u64,
}

struct Segment {
    file: File,
    length: u64,
}

impl Journal {
    /// Opens the journal of that name. Records that are not in the database yet are folded into it first, in their order.
    ///
    /// # Errors
    /// The disk, the database, or `fold` failed.
    pub(crate) async fn open<F>(
        name: &'static str,
        folder: &Path,
        (store, mut fold): (&Store, F),
    ) -> Result<Self, StoreError>
    where
        F: FnMut(&Connection, &[u8]) -> Result<(), StoreError> + Send + 'static,
    {
        let segments = [
            Segment::open(folder, name, 0)?,
            Segment::open(folder, name, 1)?,
        ];
        sync_folder(folder)?;
        let mut left = [segments[0].read()?, segments[1].read()?];
        left.sort_by_key(|left| left.generation);
        let catch_up = store.write(move |db| -> Result<u64, StoreError> {
            db.execute_batch(SCHEMA)?;
            for one in left {
                fold_left(db, (name, one), &mut fold)?;
            }
            last_folded(db, name)
        });
        let files = Files {
            journal: name,
            generation: catch_up.await? + 1,
            segments,
            active: 0,
            end: 0,
        };
        Ok(Self(Desk::open("journal-writer", files)?))
    }

    /// Appends a record and waits until it is durable, together with those that came meanwhile. `kept` runs once it is, before any
    /// later record is written and before this returns.
    ///
    /// # Errors
    /// The disk failed; then the record is not there.
    pub(crate) async fn append(
        &self,
        record: Vec<u8>,
        kept: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        let then: Then = Box::new(move |lost| {
            if lost.is_none() {
                kept();
            }
            // The asker may have gone away; its record stays.
            drop(sender.send(lost.map(|why| StoreError::Commit(why.to_owned()))));
        });
        self.leave(Job::Append(record, then), receiver).await
    }

    /// Seals the file at hand if `between` says so, which is told its generation; it runs when all records before are durable and
    /// none after is. What was sealed before must be in the database.
    ///
    /// # Errors
    /// The journal is closed.
    pub(crate) async fn seal(
        &self,
        between: impl FnOnce(Sealed) -> bool + Send + 'static,
    ) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        let between: Between = Box::new(move |sealed| {
            let seals = between(sealed);
            drop(sender.send(None));
            seals
        });
        self.leave(Job::Seal(between), receiver).await
    }

    async fn leave(
        &self,
        job: Job,
        done: oneshot::Receiver<Option<StoreError>>,
    ) -> Result<(), StoreError> {
        if !self.0.leave(job, true) {
            return Err(StoreError::Closed);
        }
        done.await
            .unwrap_or(Some(StoreError::Closed))
            .map_or(Ok(()), Err)
    }

    /// The records that lie in the files of a journal, the last ones last.
    #[cfg(test)]
    pub(crate) fn records(folder: &Path, name: &str) -> Vec<Vec<u8>> {
        let mut left = [0, 1].map(|number| {
            let segment = Segment::open(folder, name, number).unwrap();
            segment.read().unwrap()
        });
        left.sort_by_key(|left| left.generation);
        left.into_iter().flat_map(|left| left.records).collect()
    }

    /// Ends its thread after the records at hand. Blocks.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

fn last_folded(db: &Connection, journal: &str) -> Result<u64, StoreError> {
    let sql = "SELECT folded FROM journal WHERE name = ?1";
    let folded: Option<i64> = db
        .prepare_cached(sql)?
        .query_row([journal], |row| row.get(0))
        .optional()?;
    Ok(folded
        .and_then(|folded| u64::try_from(folded).ok())
        .unwrap_or(0))
}

/// Folds what was found in a file, unless that was done.
fn fold_left(
    db: &Connection,
    (journal, left): (&'static str, Left),
    fold: &mut impl FnMut(&Connection, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sealed = Sealed {
        journal,
        generation: left.generation,
    };
    if !sealed.note(db)? {
        return Ok(());
    }
    left.records.iter().try_for_each(|record| fold(db, record))
}

impl Ground for Files {
    type Job = Job;

    fn commit(&mut self, first: Job, more: &mut dyn FnMut() -> Option<Job>) {
        let mut bytes = Vec::new();
        let mut answers: Vec<Then> = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Append(record, then) => {
                    add(&mut bytes, self.generation, &record);
                    answers.push(then);
                    if answers.len() >= GROUP {
                        break;
                    }
                }
                Job::Seal(between) => {
                    self.keep(&mut bytes, &mut answers);
                    let sealed = Sealed {
                        journal: self.journal,
                        generation: self.generation,
                    };
                    if between(sealed) {
                        self.turn_over();
                    }
                }
            }
            next = more();
        }
        self.keep(&mut bytes, &mut answers);
    }
}

impl Files {
    /// Makes records durable and answers those who wait for them.
    fn keep(&mut self, bytes: &mut Vec<u8>, answers: &mut Vec<Then>) {
        if answers.is_empty() {
            return;
        }
        let lost = self.segments[self.active].write(bytes, self.end).err();
        if lost.is_none() {
            self.end += bytes.len() as u64;
        }
        bytes.clear();
        let lost = lost.map(|error| error.to_string());
        for answer in answers.drain(..) {
            answer(lost.as_deref());
        }
    }

    fn turn_over(&mut self) {
        self.active = 1 - self.active;
        self.generation += 1;
        self.end = 0;
    }
}

/// What was found in a file.
struct Left {
    generation: u64,
    records: Vec<Vec<u8>>,
}

impl Segment {
    fn open(folder: &Path, journal: &str, number: usize) -> io::Result<Self> {
        let path = folder.join(format!("{journal}.{number}"));
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    /// Writes bytes and waits until they are on the disk.
    fn write(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let end = at + bytes.len() as u64;
        if end > self.length {
            let length = end.next_multiple_of(GROWTH);
            // Written and not only reserved: to fill what is reserved takes as long as to make the file longer.
            let zeros = vec![0; usize::try_from(length - self.length).unwrap_or_default()];
            self.file.write_all_at(&zeros, self.length)?;
            self.length = length;
        }
        self.file.write_all_at(bytes, at)?;
        self.file.sync_data()
    }

    /// The records of the last generation that began in the file, up to the first that was not written whole.
    fn read(&self) -> io::Result<Left> {
        let mut bytes = vec![0; usize::try_from(self.length).unwrap_or_default()];
        self.file.read_exact_at(&mut bytes, 0)?;
        let mut rest = bytes.as_slice();
        let mut left = Left {
            generation: 0,
            records: Vec::new(),
        };
        while let Some((generation, record, after)) = split(rest) {
            if !left.records.is_empty() && generation != left.generation {
                break;
            }
            left.generation = generation;
            left.records.push(record.to_vec());
            rest = after;
        }
        Ok(left)
    }
}

/// Adds a record with what lies before it.
fn add(bytes: &mut Vec<u8>, generation: u64, record: &[u8]) {
    bytes.reserve(HEAD + record.len());
    bytes.extend((record.len() as u64).to_le_bytes());
    bytes.extend(generation.to_le_bytes());
    bytes.extend(check_sum(record.len() as u64, generation, record).to_le_bytes());
    bytes.extend(record);
}

/// The first record: its generation, itself, and what follows; nothing if it is not whole.
fn split(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    let (generation, rest) = number(rest)?;
    let (sum, rest) = number(rest)?;
    let (record, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    (length > 0 && sum == check_sum(length, generation, record))
        .then_some((generation, record, rest))
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*number), rest))
}

fn check_sum(length: u64, generation: u64, record: &[u8]) -> u64 {
    let mut sum = Crc64::new();
    sum.update(&length.to_le_bytes());
    sum.update(&generation.to_le_bytes());
    sum.update(record);
    sum.value()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "j";

    fn store(folder: &Path) -> Store {
        let schema = "CREATE TABLE IF NOT EXISTS t (record BLOB NOT NULL) STRICT;";
        Store::open(&folder.join("db"), &[schema]).unwrap()
    }

    fn insert(db: &Connection, record: &[u8]) -> Result<(), StoreError> {
        db.execute("INSERT INTO t VALUES (?1)", [record])?;
        Ok(())
    }

    async fn open(folder: &Path, store: &Store) -> Journal {
        Journal::open(NAME, folder, (store, insert)).await.unwrap()
    }

    async fn rows(store: &Store) -> Vec<Vec<u8>> {
        let read = |db: &Connection| -> Result<Vec<Vec<u8>>, StoreError> {
            let mut all = db.prepare("SELECT record FROM t ORDER BY rowid")?;
            let rows = all.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        store.read(read).await.unwrap()
    }

    /// What is durable and not folded yet, as whoever uses a journal has it.
    #[derive(Default)]
    struct Desk {
        fresh: Vec<Vec<u8>>,
        sealed: Option<(Sealed, Vec<Vec<u8>>)>,
    }

    async fn append(journal: &Journal, desk: &Arc<Mutex<Desk>>, record: Vec<u8>) {
        let kept = Arc::clone(desk);
        let copy = record.clone();
        let append = journal.append(record, move || kept.lock().unwrap().fresh.push(copy));
        append.await.unwrap();
    }

    async fn seal(journal: &Journal, desk: &Arc<Mutex<Desk>>) {
        let desk = Arc::clone(desk);
        let between = move |sealed| {
            let mut desk = desk.lock().unwrap();
            let seals = desk.sealed.is_none();
            if seals {
                desk.sealed = Some((sealed, std::mem::take(&mut desk.fresh)));
            }
            seals
        };
        journal.seal(between).await.unwrap();
    }

    async fn fold(store: &Store, desk: &Arc<Mutex<Desk>>) {
        let Some((sealed, records)) = desk.lock().unwrap().sealed.take() else {
            return;
        };
        let fold = move |db: &Connection| -> Result<(), StoreError> {
            assert!(sealed.note(db)?);
            records.iter().try_for_each(|record| insert(db, record))
        };
        store.write(fold).await.unwrap();
    }

    #[derive(Debug, Clone)]
    enum Step {
        Append(usize),
        Together(usize),
        Seal,
        Fold,
        /// The process ends; the last record is torn, or a part of the next one was written.
        Kill(bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (1_usize..3000).prop_map(Step::Append),
            2 => (2_usize..40).prop_map(Step::Together),
            2 => Just(Step::Seal),
            2 => Just(Step::Fold),
            1 => any::<bool>().prop_map(Step::Kill),
        ]
    }

    /// Half a record behind the last one.
    fn tear(folder: &Path) {
        for number in [0, 1] {
            let segment = Segment::open(folder, NAME, number).unwrap();
            let left = segment.read().unwrap();
            let end: usize = left.records.iter().map(|record| HEAD + record.len()).sum();
            let mut torn = Vec::new();
            add(&mut torn, left.generation, b"never acknowledged");
            let half = &torn[..torn.len() - 3];
            segment.file.write_all_at(half, end as u64).unwrap();
        }
    }

    async fn play(steps: Vec<Step>) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let store = store(folder);
        let mut journal = open(folder, &store).await;
        let mut desk = Arc::new(Mutex::new(Desk::default()));
        let mut wanted = Vec::new();
        let record = |number: usize, length: usize| {
            let mut record = number.to_le_bytes().to_vec();
            record.resize(8 + length, b'r');
            record
        };
        for step in steps {
            match step {
                Step::Append(length) => {
                    wanted.push(record(wanted.len(), length));
                    append(&journal, &desk, wanted.last().unwrap().clone()).await;
                }
                Step::Together(count) => {
                    let first = wanted.len();
                    wanted.extend((first..first + count).map(|number| record(number, number)));
                    let all = wanted[first..].iter();
                    let all = all.map(|record| append(&journal, &desk, record.clone()));
                    futures_util::future::join_all(all).await;
                }
                Step::Seal => seal(&journal, &desk).await,
                Step::Fold => fold(&store, &desk).await,
                Step::Kill(tears) => {
                    journal.close();
                    if tears {
                        tear(folder);
                    }
                    desk = Arc::default();
                    journal = open(folder, &store).await;
                    assert_eq!(rows(&store).await, wanted);
                }
            }
        }
        journal.close();
        drop(open(folder, &store).await);
        assert_eq!(rows(&store).await, wanted);
        store.close();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever happens when, each record that was acknowledged comes into the database once, in order.
        #[test]
        fn each_record_is_folded_once(steps in prop::collection::vec(step(), 1..40)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(play(steps));
        }
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_written_is_refused_and_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let journal = open(folder.path(), &store).await;
        let desk = Arc::new(Mutex::new(Desk::default()));
        append(&journal, &desk, b"first".to_vec()).await;
        journal.close();
        let late = journal.append(b"late".to_vec(), || panic!("it was not kept"));
        assert!(matches!(late.await, Err(StoreError::Closed)));
        // A file that is open for reading only takes nothing.
        let path = folder.path().join("j.0");
        let file = File::open(&path).unwrap();
        let length = file.metadata().unwrap().len();
        let mut segment = Segment { file, length };
        assert!(segment.write(b"x", 0).is_err());
        drop(open(folder.path(), &store).await);
        assert_eq!(rows(&store).await, [b"first"]);
    }
}
