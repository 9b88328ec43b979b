//! Drives executions: the engine decides, its events are kept, and only then is done what it asked for.
//!
//! Each execution takes one command at a time; different ones go on side by side, and what they write at the same time
//! is committed together. What is not kept did not happen: after a kill, calls that had not come back are made again.

mod agenda;
mod effect;
mod live;
mod map_run;
#[cfg(test)]
mod measure;
mod schedule;
mod start;
mod target;
mod timer;

pub(super) use effect::request_id;
pub(super) use schedule::tick_schedules;
pub(super) use start::Begin;
pub(super) use timer::tick;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use workflow::Program;

use self::effect::{Errand, Out};
use self::live::{End, Live};
use self::timer::Timers;
use super::error::{FlowError, Outcome};
use super::ledger::Ledger;
use super::table;
use super::token::Seal;
use crate::agenda::UnderWay;
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::function::Functions;
use crate::injection::Faults;
use crate::mns::Mns;
use crate::oss::Oss;
use crate::store::{Store, StoreError};

/// The rooms that messages and events are sent to.
pub(super) type Posts = (Mns, Bridge);

/// Calls under way at most, of all executions together.
const CALLS: usize = 256;
/// Executions whose state is kept in memory while they wait.
const LIVE: usize = 10_000;
/// Programs that are kept in memory.
const PROGRAMS: usize = 500;

/// Everything that drives executions.
pub(super) struct Runner {
    pub(super) store: Store,
    pub(super) ledger: Ledger,
    pub(super) clock: Clock,
    pub(super) functions: Functions,
    pub(super) oss: Oss,
    pub(super) mns: Mns,
    pub(super) bridge: Bridge,
    /// What fails on purpose.
    pub(super) faults: Faults,
    pub(super) seal: Seal,
    /// The regions, of which there is one.
    pub(super) home: Value,
    pub(super) closing: CancellationToken,
    /// A schedule was made, changed or deleted.
    pub(super) rescheduled: Notify,
    /// The number of the execution that began last.
    last: AtomicI64,
    programs: Mutex<HashMap<String, Arc<Program>>>,
    live: Mutex<HashMap<i64, Arc<Live>>>,
    calls: Semaphore,
    out: Mutex<HashMap<(i64, Errand), Out>>,
    /// The map runs that go on, by their execution and the event that started them.
    map_runs: Mutex<HashSet<(i64, u64)>>,
    timers: Timers,
    /// Executions that are being woken, and ends that are being told.
    under_way: UnderWay,
    /// The moment up to which schedules began their executions.
    fired: AtomicI64,
    web: target::Web,
}

impl Runner {
    pub(super) fn new(
        (store, ledger): (Store, Ledger),
        clock: Clock,
        (functions, faults, (oss, (mns, bridge))): (Functions, Faults, (Oss, Posts)),
        (seal, home): (Seal, Value),
    ) -> Self {
        Self {
            store,
            ledger,
            clock,
            functions,
            oss,
            mns,
            bridge,
            faults,
            seal,
            home,
            closing: CancellationToken::new(),
            rescheduled: Notify::new(),
            last: AtomicI64::new(0),
            programs: Mutex::default(),
            live: Mutex::default(),
            calls: Semaphore::new(CALLS),
            out: Mutex::default(),
            map_runs: Mutex::default(),
            timers: Timers::default(),
            under_way: UnderWay::default(),
            fired: AtomicI64::new(0),
            web: target::Web::default(),
        }
    }

    /// Milliseconds of the cloud's time.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    fn next_id(&self) -> i64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The program of a definition that is kept.
    pub(super) async fn program(&self, digest: &str) -> Outcome<Arc<Program>> {
        if let Some(program) = self.known(digest) {
            return Ok(program);
        }
        let wanted = digest.to_owned();
        let text = self
            .store
            .read(move |db| table::execution::definition(db, &wanted))
            .await?;
        let text = text
            .ok_or_else(|| FlowError::absent("FlowNotExists", "The flow's definition is gone."))?;
        self.learn(digest, &text)
    }

    fn known(&self, digest: &str) -> Option<Arc<Program>> {
        self.lock_programs().get(digest).map(Arc::clone)
    }

    fn learn(&self, digest: &str, definition: &str) -> Outcome<Arc<Program>> {
        let (program, _) = workflow::read(definition);
        let program =
            program.ok_or_else(|| FlowError::invalid("The flow's definition cannot be read."))?;
        let program = Arc::new(program);
        let mut all = self.lock_programs();
        if all.len() >= PROGRAMS {
            // Those that nothing at hand runs by: they are read again when they are needed.
            all.retain(|_, program| Arc::strong_count(program) > 1);
        }
        all.insert(digest.to_owned(), Arc::clone(&program));
        Ok(program)
    }

    /// Goes on with everything that was under way when the cloud ended.
    pub(super) async fn resume(self: &Arc<Self>) -> Outcome<()> {
        let read = self.ledger.read(|db| {
            let last = table::execution::last_id(db)?;
            Ok::<_, StoreError>((
                last,
                table::execution::running(db)?,
                table::report::all(db)?,
            ))
        });
        let (last, running, reports) = read.await?;
        self.last.store(last, Ordering::Relaxed);
        for report in reports {
            self.pass_on(report);
        }
        for (id, map_run, waits) in running {
            if let Some(due) = waits.due {
                self.timers.set(id, Some(due));
            }
            if waits.calls > 0 {
                let runner = Arc::clone(self);
                tokio::spawn(async move { runner.go_on(id).await });
            }
            if !map_run.is_empty() {
                let runner = Arc::clone(self);
                tokio::spawn(async move { drop(runner.stop_if_left(id).await) });
            }
        }
        Ok(())
    }

    /// Forgets executions that were deleted, and what they had out.
    pub(super) async fn forget(&self, ids: &[i64]) {
        for id in ids {
            let is_at_hand = self.lock_live().contains_key(id);
            // What one is being told takes effect first, so that nothing of it is left over.
            let held = if is_at_hand {
                Some(self.hold(*id).await)
            } else {
                None
            };
            self.timers.set(*id, None);
            self.abort_all(*id);
            self.lock_map_runs()
                .retain(|(execution, _)| execution != id);
            self.let_go(*id, End::Gone);
            drop(held);
        }
    }

    /// Forgets all.
    pub(super) async fn forget_all(&self) {
        let ids: Vec<i64> = self.lock_live().keys().copied().collect();
        self.forget(&ids).await;
        self.abort_out();
        self.timers.clear();
        self.lock_map_runs().clear();
        self.lock_programs().clear();
    }

    /// Ends what works by itself. What is out is called again after the next start.
    pub(super) fn close(&self) {
        self.closing.cancel();
        self.abort_out();
    }

    fn abort_out(&self) {
        for (_, call) in self.lock_out().drain() {
            call.give_up();
        }
    }

    fn abort_all(&self, id: i64) {
        self.lock_out().retain(|(execution, _), call| {
            if *execution == id {
                call.give_up();
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

    fn lock_map_runs(&self) -> std::sync::MutexGuard<'_, HashSet<(i64, u64)>> {
        self.map_runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_out(&self) -> std::sync::MutexGuard<'_, HashMap<(i64, Errand), Out>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The digest under which a definition is kept.
pub(super) fn digest(text: &str) -> String {
    wire::digest::sha256_hex(text.as_bytes())
}
