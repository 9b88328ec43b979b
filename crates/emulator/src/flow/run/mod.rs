//! Drives executions: the engine decides, its events are kept, and only then is done what it asked for.
//!
//! Each execution takes one command at a time; different ones go on side by side, and what they write at the same time
//! is committed together. What is not kept did not happen: after a kill, calls that had not come back are made again.

mod effect;
mod live;
mod schedule;
mod start;
mod target;
mod timer;

pub(super) use effect::request_id;
pub(super) use schedule::tick_schedules;
pub(super) use start::Begin;
pub(super) use timer::tick;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::{Notify, Semaphore};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use workflow::Program;

use self::live::Live;
use self::timer::Timers;
use super::error::{FlowError, Outcome};
use super::table;
use super::token::Seal;
use crate::clock::Clock;
use crate::function::Functions;
use crate::injection::Faults;
use crate::store::Store;

/// Calls under way at most, of all executions together.
const CALLS: usize = 256;
/// Executions whose state is kept in memory while they wait.
const LIVE: usize = 2000;

/// Everything that drives executions.
pub(super) struct Runner {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) functions: Functions,
    /// What fails on purpose.
    pub(super) faults: Faults,
    pub(super) seal: Seal,
    /// The regions, of which there is one.
    pub(super) home: Value,
    pub(super) closing: CancellationToken,
    /// A schedule was made, changed or deleted.
    pub(super) rescheduled: Notify,
    programs: Mutex<HashMap<String, Arc<Program>>>,
    live: Mutex<HashMap<i64, Arc<Live>>>,
    calls: Semaphore,
    out: Mutex<HashMap<(i64, u64), AbortHandle>>,
    timers: Timers,
}

impl Runner {
    pub(super) fn new(
        store: Store,
        clock: Clock,
        (functions, faults): (Functions, Faults),
        (seal, home): (Seal, Value),
    ) -> Self {
        Self {
            store,
            clock,
            functions,
            faults,
            seal,
            home,
            closing: CancellationToken::new(),
            rescheduled: Notify::new(),
            programs: Mutex::default(),
            live: Mutex::default(),
            calls: Semaphore::new(CALLS),
            out: Mutex::default(),
            timers: Timers::default(),
        }
    }

    /// Milliseconds of the cloud's time.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// The program of a definition that is kept.
    pub(super) async fn program(&self, digest: &str) -> Outcome<Arc<Program>> {
        if let Some(program) = self.lock_programs().get(digest) {
            return Ok(Arc::clone(program));
        }
        let wanted = digest.to_owned();
        let text = self
            .store
            .read(move |db| table::execution::definition(db, &wanted))
            .await?;
        let text = text
            .ok_or_else(|| FlowError::absent("FlowNotExists", "The flow's definition is gone."))?;
        let (program, _) = workflow::read(&text);
        let program = program
            .ok_or_else(|| FlowError::invalid("The flow's definition cannot be read any more."))?;
        let program = Arc::new(program);
        self.lock_programs()
            .insert(digest.to_owned(), Arc::clone(&program));
        Ok(program)
    }

    /// Goes on with everything that was under way when the cloud ended.
    pub(super) async fn resume(self: &Arc<Self>) -> Outcome<()> {
        let running = self.store.read(table::execution::running).await?;
        for (id, waits) in running {
            if let Some(due) = waits.due {
                self.timers.set(id, Some(due));
            }
            if waits.calls > 0 {
                let runner = Arc::clone(self);
                tokio::spawn(async move { runner.call_again(id).await });
            }
        }
        Ok(())
    }

    /// Forgets executions that were deleted, and what they had out.
    pub(super) fn forget(&self, ids: &[i64]) {
        for id in ids {
            self.timers.set(*id, None);
            self.lock_live().remove(id);
            self.abort_all(*id);
        }
    }

    /// Forgets all.
    pub(super) fn forget_all(&self) {
        let ids: Vec<i64> = self.lock_live().keys().copied().collect();
        self.forget(&ids);
        self.timers.clear();
        self.lock_programs().clear();
    }

    /// Ends what works by itself. What is out is called again after the next start.
    pub(super) fn close(&self) {
        self.closing.cancel();
        for (_, call) in self.lock_out().drain() {
            call.abort();
        }
    }

    fn abort_all(&self, id: i64) {
        self.lock_out().retain(|(execution, _), call| {
            if *execution == id {
                call.abort();
            }
            *execution != id
        });
    }

    fn lock_programs(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Program>>> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_live(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_out(&self) -> std::sync::MutexGuard<'_, HashMap<(i64, u64), AbortHandle>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The digest under which a definition is kept.
pub(super) fn digest(text: &str) -> String {
    wire::digest::sha256_hex(text.as_bytes())
}
