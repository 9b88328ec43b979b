//! Jobs that write to the database: those that wait are run in one transaction, committed, then answered.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;
use super::desk::{Desk, Ground};

/// Jobs committed together at most.
const GROUP: usize = 256;

/// What a job leaves behind once its group is durable (`None`) or lost (`Some(why)`).
type Answer = Box<dyn FnOnce(Option<&str>) + Send>;
/// Runs inside the group's transaction; the flag says whether to keep its changes.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;

pub(super) struct Writer(Desk<Connection>);

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        Ok(Self(Desk::open("store-writer", connection)?))
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
        if !self.0.leave(job, is_short) {
            return Err(StoreError::Closed.into());
        }
        receiver
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(super) fn commits(&self) -> u64 {
        self.0.commits()
    }

    pub(super) fn stop(&self) {
        self.0.close();
    }
}

impl Ground for Connection {
    type Job = Job;

    fn commit(&mut self, first: Job, more: &mut dyn FnMut() -> Option<Job>) {
        let mut answers = Vec::new();
        let lost = commit_group(self, (first, more), &mut answers).err();
        let lost = lost.map(|error| error.to_string());
        for answer in answers {
            answer(lost.as_deref());
        }
    }
}

fn commit_group(
    connection: &Connection,
    (first, more): (Job, &mut dyn FnMut() -> Option<Job>),
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
