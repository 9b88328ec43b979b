//! The database's door: jobs that write in group commits, jobs that read on pooled connections.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::writer::Writer;

/// Jobs that read at the same time, each on a thread and a connection of its own; more wait.
const READERS: usize = 8;
/// How SQLite reaches its files: they are one process's alone, as the data folder is, so that locks between processes and the
/// memory that they would share are done without.
const SYSTEM: &str = "unix-excl";
/// Prepared statements kept per connection.
const STATEMENTS: usize = 128;

/// The database of a data folder; clones share it.
#[derive(Clone)]
pub(crate) struct Store(Arc<Shared>);

struct Shared {
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    places: Semaphore,
    file: PathBuf,
}

/// Why a job had no effect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("a group of changes could not be made durable: {0}")]
    Commit(String),
    #[error("the database is closed")]
    Closed,
    #[error("the disk failed: {0}")]
    Disk(#[from] std::io::Error),
}

impl Store {
    /// Opens or makes `file` and runs each room's `schema` on it (statements must be repeatable).
    pub(crate) fn open(file: &Path, schemas: &[&str]) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags_and_vfs(file, OpenFlags::default(), SYSTEM)?;
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
        connection.pragma_update(None, "cache_size", -32_000)?;
        // What a job could take back is kept in memory and not in a file for each job.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        for schema in schemas {
            connection.execute_batch(schema)?;
        }
        Ok(Self(Arc::new(Shared {
            writer: Writer::start(connection)?,
            readers: Mutex::new(Vec::new()),
            places: Semaphore::new(READERS),
            file: file.to_owned(),
        })))
    }

    /// Runs a job that changes data and waits until its changes are on disk, together with those of the jobs
    /// that came meanwhile. A job that answers `Err` changes nothing. The job blocks all others: keep it short.
    pub(crate) async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.0.writer.run(job, false).await
    }

    /// The same for a job that changes a few rows by their keys: when it comes alone it is done on this thread.
    pub(crate) async fn write_few<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.0.writer.run(job, true).await
    }

    /// Runs a job that only reads, off the async threads; it sees everything acknowledged before.
    pub(crate) async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let Ok(_place) = self.0.places.acquire().await else {
            return Err(StoreError::Closed.into());
        };
        let shared = Arc::clone(&self.0);
        let task = tokio::task::spawn_blocking(move || {
            let reader = shared.take_reader()?;
            let answer = job(&reader);
            shared.give_reader(reader);
            answer
        });
        match task.await {
            Ok(answer) => answer,
            Err(failure) if failure.is_panic() => std::panic::resume_unwind(failure.into_panic()),
            Err(_) => Err(StoreError::Closed.into()),
        }
    }

    /// Runs a job that reads a row or two by their keys, on this thread: that takes less time than another thread would to
    /// wake. Also for the start, when nothing is served yet. It sees everything acknowledged before.
    pub(crate) fn peek<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let reader = self.0.take_reader()?;
        let answer = job(&reader);
        self.0.give_reader(reader);
        answer
    }

    /// Commits since the start; groups of jobs make it grow slower than the number of writes.
    pub(crate) fn commits(&self) -> u64 {
        self.0.writer.commits()
    }

    /// Ends the writer after the jobs at hand and closes the database. Blocks.
    pub(crate) fn close(&self) {
        self.0.writer.stop();
        self.0.lock_readers().clear();
    }
}

impl Shared {
    fn take_reader(&self) -> Result<Connection, StoreError> {
        if let Some(reader) = self.lock_readers().pop() {
            return Ok(reader);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags_and_vfs(&self.file, flags, SYSTEM)?;
        reader.set_prepared_statement_cache_capacity(STATEMENTS);
        reader.busy_timeout(std::time::Duration::from_secs(10))?;
        Ok(reader)
    }

    fn give_reader(&self, reader: Connection) {
        let mut readers = self.lock_readers();
        if readers.len() < READERS {
            readers.push(reader);
        }
    }

    fn lock_readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
