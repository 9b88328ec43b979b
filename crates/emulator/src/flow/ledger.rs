//! What is kept of executions. Each turn is in the journal before anything comes of it, and in the database a moment later, together
//! with other turns of its execution: one that begins and ends in that moment is written there once, as it ended. Whoever reads
//! has all that was kept before put into the database first.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Mutex as Turnstile, Notify, RwLock};
use tokio_util::sync::CancellationToken;

use super::error::{FlowError, Outcome};
use super::model::Row;
use super::table;
use super::table::turn::{Change, Turn};
use crate::store::{Journal, Sealed, Store, StoreError};

/// What the journal is called.
pub(super) const JOURNAL: &str = "flow-journal";
/// How long turns stay out of the database when nobody asks for them.
const LINGER: Duration = Duration::from_millis(200);
/// Bytes of turns after which they do not stay out any longer.
const MUCH: usize = 2 << 20;
/// Bytes of turns beyond which new ones wait until those are in the database.
const TOO_MUCH: usize = 32 << 20;
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// The executions' books.
pub(super) struct Ledger {
    store: Store,
    journal: Journal,
    pending: Arc<Mutex<Pending>>,
    /// Open to whoever keeps a turn; shut while executions are deleted.
    gate: RwLock<()>,
    folding: Turnstile<()>,
    /// There is something to put into the database.
    grown: Notify,
    /// There is much of it.
    full: Notify,
}

/// What is in the journal and not in the database.
#[derive(Default)]
struct Pending {
    fresh: Changes,
    /// What is being folded, with how many turns had been kept by then.
    sealed: Option<(Sealed, Arc<Changes>, u64)>,
    /// The flows and names of executions that began, or are about to.
    names: HashSet<(String, String)>,
    /// How many turns were kept, and how many of them are in the database.
    kept: u64,
    folded: u64,
    /// The database could not take them when it was tried last.
    is_stuck: bool,
}

#[derive(Default)]
struct Changes {
    by_execution: BTreeMap<i64, Change>,
    bytes: usize,
}

impl Ledger {
    /// Opens the books of a data folder and brings the database up to date.
    ///
    /// # Errors
    /// The disk or the database failed.
    pub(super) async fn open(store: Store, folder: &Path) -> Result<Self, StoreError> {
        let fold = |db: &Connection, record: &[u8]| -> Result<(), StoreError> {
            let turn = Turn::read(record)?;
            table::turn::fold(db, turn.execution, &Change::of(turn))
        };
        Ok(Self {
            journal: Journal::open(JOURNAL, folder, (&store, fold)).await?,
            store,
            pending: Arc::default(),
            gate: RwLock::new(()),
            folding: Turnstile::new(()),
            grown: Notify::new(),
            full: Notify::new(),
        })
    }

    /// Keeps the first turn of an execution.
    ///
    /// # Errors
    /// The flow is gone or has an execution of that name, which can be read then, or it cannot be kept.
    pub(super) async fn begin(&self, row: Row, definition: &str, turn: Turn) -> Outcome<()> {
        let name = (row.flow.clone(), row.name.clone());
        let mut open = self.gate.read().await;
        while !self.pending().names.insert(name.clone()) {
            drop(open);
            // It may begin at this moment: what begins has ended beginning once nobody is inside.
            drop(self.gate.write().await);
            if self.pending().names.contains(&name) {
                return Err(taken(&row));
            }
            open = self.gate.read().await;
        }
        let begun = self.begin_named(row, definition, turn).await;
        if begun.is_err() {
            self.pending().names.remove(&name);
        }
        begun
    }

    async fn begin_named(&self, row: Row, definition: &str, turn: Turn) -> Outcome<()> {
        let place = self
            .store
            .peek(|db| table::execution::place(db, &row))
            .map_err(FlowError::from)?;
        // It may have been deleted since it was read.
        if !place.has_flow {
            return Err(FlowError::no_flow(&row.flow));
        }
        if place.is_taken {
            return Err(taken(&row));
        }
        if !place.has_definition {
            let (digest, text) = (row.digest.clone(), definition.to_owned());
            let keep = move |db: &Connection| table::execution::keep_definition(db, &digest, &text);
            self.store.write_few(keep).await?;
        }
        self.append(Turn {
            begun: Some(row),
            ..turn
        })
        .await
    }

    /// Keeps a later turn. One of an execution that was deleted meanwhile leaves nothing behind.
    ///
    /// # Errors
    /// It cannot be kept; then it did not happen.
    pub(super) async fn add(&self, turn: Turn) -> Outcome<()> {
        let _open = self.gate.read().await;
        self.append(turn).await
    }

    async fn append(&self, turn: Turn) -> Outcome<()> {
        // What cannot be read afterwards is refused.
        if self.pending().is_stuck || self.pending().fresh.bytes > TOO_MUCH {
            self.settle().await?;
        }
        let record = turn.written();
        let pending = Arc::clone(&self.pending);
        let kept = move || lock(&pending).take(turn);
        self.journal.append(record, kept).await?;
        let bytes = self.pending().fresh.bytes;
        self.grown.notify_one();
        if bytes > MUCH {
            self.full.notify_one();
        }
        Ok(())
    }

    /// Puts all that was kept before into the database.
    ///
    /// # Errors
    /// The disk or the database failed; nothing is lost, and it is tried again.
    pub(super) async fn settle(&self) -> Result<(), StoreError> {
        let wanted = self.pending().kept;
        if self.pending().folded >= wanted {
            return Ok(());
        }
        let _alone = self.folding.lock().await;
        // Twice when something failed before: what was sealed then goes first.
        while self.pending().folded < wanted {
            let folded = self.fold().await;
            self.pending().is_stuck = folded.is_err();
            folded?;
        }
        Ok(())
    }

    async fn fold(&self) -> Result<(), StoreError> {
        let pending = Arc::clone(&self.pending);
        self.journal
            .seal(move |sealed| lock(&pending).seal(sealed))
            .await?;
        let Some((sealed, changes, kept)) = self.pending().sealed.clone() else {
            return Ok(());
        };
        let folded = Arc::clone(&changes);
        let fold = move |db: &Connection| -> Result<(), StoreError> {
            if sealed.note(db)? {
                for (id, change) in &folded.by_execution {
                    table::turn::fold(db, *id, change)?;
                }
            }
            Ok(())
        };
        self.store.write(fold).await?;
        self.pending().unseal(kept);
        Ok(())
    }

    /// Reads, with all that was kept before.
    pub(super) async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.settle().await?;
        self.store.read(job).await
    }

    /// Reads a row or two by their keys, with all that was kept before.
    pub(super) async fn peek<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.settle().await?;
        self.store.peek(job)
    }

    /// Reads what there is of one execution.
    pub(super) async fn read_one<T, E, F>(&self, id: i64, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        if self.pending().has(id) {
            self.settle().await?;
        }
        self.store.read(job).await
    }

    /// Changes what turns left in the database.
    pub(super) async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.settle().await?;
        self.store.write(job).await
    }

    /// Changes executions otherwise, deletes them for instance, while nobody keeps a turn.
    pub(super) async fn change<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let _shut = self.gate.write().await;
        self.settle().await?;
        self.store.write(job).await
    }

    /// Puts turns into the database when nobody asks for them, until the cloud ends.
    pub(super) async fn keep_settling(&self, closing: &CancellationToken) {
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                () = self.grown.notified() => {}
            }
            tokio::select! {
                () = closing.cancelled() => return,
                () = self.full.notified() => {}
                () = tokio::time::sleep(LINGER) => {}
            }
            if self.settle().await.is_err() {
                tokio::time::sleep(PAUSE).await;
                self.grown.notify_one();
            }
        }
    }

    /// Ends the journal after the turns at hand. Blocks.
    pub(super) fn close(&self) {
        self.journal.close();
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        lock(&self.pending)
    }
}

fn lock(pending: &Mutex<Pending>) -> MutexGuard<'_, Pending> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

fn taken(row: &Row) -> FlowError {
    let said = format!(
        "Execution {} of flow {} exists already.",
        row.name, row.flow
    );
    FlowError::taken("ExecutionAlreadyExists", said)
}

impl Pending {
    fn take(&mut self, turn: Turn) {
        self.kept += 1;
        self.fresh.bytes += turn.events.len();
        match self.fresh.by_execution.get_mut(&turn.execution) {
            Some(change) => change.add(turn),
            None => drop(
                self.fresh
                    .by_execution
                    .insert(turn.execution, Change::of(turn)),
            ),
        }
    }

    /// Whether there is something to seal, and nothing sealed before that is not in the database.
    fn seal(&mut self, sealed: Sealed) -> bool {
        let seals = self.sealed.is_none() && !self.fresh.by_execution.is_empty();
        if seals {
            let changes = Arc::new(std::mem::take(&mut self.fresh));
            self.sealed = Some((sealed, changes, self.kept));
        }
        seals
    }

    fn unseal(&mut self, kept: u64) {
        self.folded = kept;
        let Some((_, changes, _)) = self.sealed.take() else {
            return;
        };
        for change in changes.by_execution.values() {
            if let Some(row) = &change.begun {
                self.names.remove(&(row.flow.clone(), row.name.clone()));
            }
        }
    }

    fn has(&self, id: i64) -> bool {
        let sealed = self.sealed.as_ref();
        self.fresh.by_execution.contains_key(&id)
            || sealed.is_some_and(|(_, changes, _)| changes.by_execution.contains_key(&id))
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
