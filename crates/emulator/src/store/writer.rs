//! The one writer thread: drains waiting jobs into one transaction, commits, then answers them all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;

/// Jobs committed together at most.
const GROUP: usize = 256;

/// What a job leaves behind once its group is durable (`None`) or lost (`Some(why)`).
type Answer = Box<dyn FnOnce(Option<&str>) + Send>;
/// Runs inside a savepoint; the flag says whether to keep its changes.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;

pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let commits = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&commits);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_groups(&connection, &receiver, &counter))?;
        Ok(Self {
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            commits,
        })
    }

    pub(super) async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = job(connection);
            let keep = result.is_ok();
            let answer: Answer = Box::new(move |lost| {
                let result = match (result, lost) {
                    (Ok(_), Some(why)) => Err(StoreError::Commit(why.to_owned()).into()),
                    (result, _) => result,
                };
                // The asker may have gone away; its change stays, as after a lost reply.
                drop(sender.send(result));
            });
            (keep, answer)
        });
        let queue = self.lock_jobs().clone();
        let sent = queue.is_some_and(|queue| queue.send(job).is_ok());
        if !sent {
            return Err(StoreError::Closed.into());
        }
        receiver
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        drop(self.lock_jobs().take());
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A panic of the writer was answered to its askers already.
            drop(thread.join());
        }
    }

    fn lock_jobs(&self) -> std::sync::MutexGuard<'_, Option<Sender<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_groups(connection: &Connection, jobs: &Receiver<Job>, commits: &AtomicU64) {
    while let Ok(first) = jobs.recv() {
        let group = std::iter::once(first).chain(jobs.try_iter()).take(GROUP);
        let mut answers = Vec::new();
        let lost = commit_group(connection, group, &mut answers).err();
        commits.fetch_add(1, Ordering::Relaxed);
        let lost = lost.map(|error| error.to_string());
        for answer in answers {
            answer(lost.as_deref());
        }
    }
}

fn commit_group(
    connection: &Connection,
    group: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> rusqlite::Result<()> {
    // Jobs of a group that cannot begin are dropped, which their askers see as no answer.
    statement(connection, "BEGIN IMMEDIATE")?;
    for job in group {
        answers.extend(run_job(connection, job));
        // A full disk makes SQLite end the whole transaction: later jobs wait for the next one.
        if connection.is_autocommit() {
            break;
        }
    }
    statement(connection, "COMMIT").inspect_err(|_| {
        // Nothing of the group is kept; a failed COMMIT may have ended the transaction by itself.
        let _ = statement(connection, "ROLLBACK");
    })
}

fn run_job(connection: &Connection, job: Job) -> Option<Answer> {
    statement(connection, "SAVEPOINT job").ok()?;
    let ran = catch_unwind(AssertUnwindSafe(|| job(connection)));
    if !matches!(ran, Ok((true, _))) {
        let _ = statement(connection, "ROLLBACK TO job");
    }
    let _ = statement(connection, "RELEASE job");
    // A job that panicked drops its answer, which its asker sees as no answer.
    ran.ok().map(|(_, answer)| answer)
}

fn statement(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::store::{Store, StoreError};

    const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS t (k INTEGER PRIMARY KEY) STRICT;";

    fn open(folder: &std::path::Path) -> Store {
        Store::open(&folder.join("db"), &[SCHEMA]).unwrap()
    }

    async fn insert(store: &Store, k: i64) -> Result<(), StoreError> {
        let job = move |db: &rusqlite::Connection| -> Result<(), StoreError> {
            db.execute("INSERT INTO t VALUES (?1)", [k])?;
            Ok(())
        };
        store.write(job).await
    }

    async fn count(store: &Store) -> i64 {
        let job = |db: &rusqlite::Connection| -> Result<i64, StoreError> {
            Ok(db.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
        };
        store.read(job).await.unwrap()
    }

    #[tokio::test]
    async fn jobs_that_wait_together_commit_together() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let (open_gate, gate) = std::sync::mpsc::channel::<()>();
        let hold = store.write(move |_| -> Result<(), StoreError> {
            gate.recv().unwrap();
            Ok(())
        });
        let inserts = (0..100).map(|k| insert(&store, k));
        let inserts = futures_util::future::join_all(inserts);
        let release = async { open_gate.send(()).unwrap() };
        let (first, results, ()) = futures_util::future::join3(hold, inserts, release).await;
        first.unwrap();
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(count(&store).await, 100);
        let groups = store.commits();
        assert!(groups < 10, "100 waiting jobs took {groups} commits");
    }

    #[tokio::test]
    async fn a_job_that_fails_changes_nothing_and_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let failing = store.write(|db| -> Result<(), StoreError> {
            db.execute("INSERT INTO t VALUES (7)", [])?;
            Err(StoreError::Closed)
        });
        let (failed, kept) = futures_util::future::join(failing, insert(&store, 8)).await;
        assert!(failed.is_err() && kept.is_ok());
        assert_eq!(count(&store).await, 1);
    }

    #[tokio::test]
    async fn a_job_that_panics_leaves_the_store_working() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let panicking = store.write(|_| -> Result<(), StoreError> { panic!("on purpose") });
        assert!(panicking.await.is_err());
        insert(&store, 1).await.unwrap();
        assert_eq!(count(&store).await, 1);
    }

    #[tokio::test]
    async fn a_closed_store_answers_instead_of_hanging() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.close();
        assert!(matches!(insert(&store, 1).await, Err(StoreError::Closed)));
    }
}
