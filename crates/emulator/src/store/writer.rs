//! The one who writes: takes the jobs that wait into one transaction, commits, then answers them all. A thread of its own does
//! so. A short job that comes alone is committed by whoever brought it, because to wake a thread and to be woken by it would take
//! as long as the commit.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use super::StoreError;

/// Jobs committed together at most.
const GROUP: usize = 256;
/// A disk whose last commit took longer is not waited for on a thread that serves requests.
const QUICK: Duration = Duration::from_millis(1);

/// What a job leaves behind once its group is durable (`None`) or lost (`Some(why)`).
type Answer = Box<dyn FnOnce(Option<&str>) + Send>;
/// Runs inside the group's transaction; the flag says whether to keep its changes.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;

pub(super) struct Writer {
    desk: Arc<Desk>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Where jobs are left.
struct Desk {
    waiting: Mutex<Waiting>,
    /// Somebody has left a job for the thread, or closed the desk.
    called: Condvar,
    /// Whoever holds it writes; none once all is written and the desk is closed.
    connection: Mutex<Option<Connection>>,
    commits: AtomicU64,
    is_quick: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Somebody writes, and calls the thread afterwards if jobs wait.
    is_busy: bool,
    is_closed: bool,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let desk = Arc::new(Desk {
            waiting: Mutex::default(),
            called: Condvar::new(),
            connection: Mutex::new(Some(connection)),
            commits: AtomicU64::new(0),
            is_quick: AtomicBool::new(false),
        });
        let at = Arc::clone(&desk);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || at.write_groups())?;
        Ok(Self {
            desk,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Has a job written; one that `is_short` perhaps on this thread.
    pub(super) async fn run<T, E, F>(&self, job: F, is_short: bool) -> Result<T, E>
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
        if !self.desk.leave(job, is_short) {
            return Err(StoreError::Closed.into());
        }
        receiver
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(super) fn commits(&self) -> u64 {
        self.desk.commits.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.desk.waiting().is_closed = true;
        self.desk.called.notify_one();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // A panic of the writer was answered to its askers already.
            drop(thread.join());
        }
    }
}

impl Desk {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job, and commits a short one at once if nobody else writes and the disk is quick; false when the desk is closed.
    fn leave(&self, job: Job, is_short: bool) -> bool {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return false;
        }
        let is_alone = !waiting.is_busy;
        waiting.is_busy = true;
        if !(is_alone && is_short && self.may_block()) {
            waiting.jobs.push_back(job);
            drop(waiting);
            if is_alone {
                self.called.notify_one();
            }
            return true;
        }
        drop(waiting);
        if let Some(connection) = self.connection().as_ref() {
            self.commit(connection, job, || None);
        }
        let mut waiting = self.waiting();
        waiting.is_busy = !waiting.jobs.is_empty();
        if waiting.is_busy {
            drop(waiting);
            self.called.notify_one();
        }
        true
    }

    /// Whether this thread may wait for the disk: another one must be there to serve others meanwhile.
    fn may_block(&self) -> bool {
        self.is_quick.load(Ordering::Relaxed)
            && Handle::try_current().is_ok_and(|runtime| {
                runtime.runtime_flavor() == RuntimeFlavor::MultiThread
                    && runtime.metrics().num_workers() > 1
            })
    }

    /// What the thread does until the desk is closed and empty.
    fn write_groups(&self) {
        loop {
            let waiting = self.waiting();
            let mut waiting = self
                .called
                .wait_while(waiting, |waiting| {
                    waiting.jobs.is_empty() && !waiting.is_closed
                })
                .unwrap_or_else(PoisonError::into_inner);
            let Some(mut first) = waiting.jobs.pop_front() else {
                drop(waiting);
                drop(self.connection().take());
                return;
            };
            drop(waiting);
            let connection = self.connection();
            let Some(connection) = connection.as_ref() else {
                return;
            };
            loop {
                self.commit(connection, first, || self.waiting().jobs.pop_front());
                let mut waiting = self.waiting();
                let Some(next) = waiting.jobs.pop_front() else {
                    waiting.is_busy = false;
                    break;
                };
                first = next;
            }
        }
    }

    /// Commits a job together with those that `more` yields, and answers them.
    fn commit(&self, connection: &Connection, first: Job, more: impl FnMut() -> Option<Job>) {
        let began = Instant::now();
        let mut answers = Vec::new();
        let lost = commit_group(connection, (first, more), &mut answers).err();
        self.is_quick
            .store(began.elapsed() < QUICK, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
        let lost = lost.map(|error| error.to_string());
        for answer in answers {
            answer(lost.as_deref());
        }
    }
}

fn commit_group(
    connection: &Connection,
    (first, mut more): (Job, impl FnMut() -> Option<Job>),
    answers: &mut Vec<Answer>,
) -> rusqlite::Result<()> {
    // Jobs of a group that cannot begin are dropped, which their askers see as no answer.
    statement(connection, "BEGIN IMMEDIATE")?;
    let (keeps, answer) = run(connection, first);
    answers.extend(answer);
    if !keeps {
        // The whole group, so far. Those that wait come after it.
        return statement(connection, "ROLLBACK");
    }
    for _ in 1..GROUP {
        // A full disk makes SQLite end the whole transaction: later jobs wait for the next one.
        if connection.is_autocommit() {
            break;
        }
        let Some(job) = more() else { break };
        answers.extend(run_beside_others(connection, job));
    }
    statement(connection, "COMMIT").inspect_err(|_| {
        // Nothing of the group is kept; a failed COMMIT may have ended the transaction by itself.
        let _ = statement(connection, "ROLLBACK");
    })
}

/// Whether to keep what a job changed, and its answer. A job that panicked drops its answer, which its asker sees as no answer.
fn run(connection: &Connection, job: Job) -> (bool, Option<Answer>) {
    match catch_unwind(AssertUnwindSafe(|| job(connection))) {
        Ok((keeps, answer)) => (keeps, Some(answer)),
        Err(_) => (false, None),
    }
}

/// What the job changed can be taken back without what the others did.
fn run_beside_others(connection: &Connection, job: Job) -> Option<Answer> {
    statement(connection, "SAVEPOINT job").ok()?;
    let (keeps, answer) = run(connection, job);
    if !keeps {
        let _ = statement(connection, "ROLLBACK TO job");
    }
    let _ = statement(connection, "RELEASE job");
    answer
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

    async fn insert_alone(store: &Store, k: i64) -> Result<(), StoreError> {
        let job = move |db: &rusqlite::Connection| -> Result<(), StoreError> {
            db.execute("INSERT INTO t VALUES (?1)", [k])?;
            Ok(())
        };
        store.write_few(job).await
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

    /// Jobs that come alone, and jobs that come together, on threads that may wait for the disk.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_job_that_comes_alone_is_kept_or_not_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        for k in 0..200 {
            let failing = |db: &rusqlite::Connection| -> Result<(), StoreError> {
                db.execute("INSERT INTO t VALUES (-1)", [])?;
                Err(StoreError::Closed)
            };
            assert!(store.write_few(failing).await.is_err());
            let panicking = |db: &rusqlite::Connection| -> Result<(), StoreError> {
                db.execute("INSERT INTO t VALUES (-2)", [])?;
                panic!("on purpose")
            };
            if k % 50 == 0 {
                assert!(store.write_few(panicking).await.is_err());
            }
            insert_alone(&store, k).await.unwrap();
        }
        assert_eq!(count(&store).await, 200);
        let together = (200..1200).map(|k| {
            let store = store.clone();
            tokio::spawn(async move { insert(&store, k).await })
        });
        for inserted in futures_util::future::join_all(together).await {
            inserted.unwrap().unwrap();
        }
        assert_eq!(count(&store).await, 1200);
        assert!(insert_alone(&store, 7).await.is_err());
        store.close();
        assert!(matches!(
            insert_alone(&store, 1200).await,
            Err(StoreError::Closed)
        ));
    }

    #[tokio::test]
    async fn a_closed_store_answers_instead_of_hanging() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.close();
        assert!(matches!(insert(&store, 1).await, Err(StoreError::Closed)));
    }
}
