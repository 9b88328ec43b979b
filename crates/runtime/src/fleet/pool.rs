//! Interpreters that were started before they are needed and wait for code: a cold start without the interpreter's own.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::lock;
use crate::launch::{Launcher, Order, Process};

/// Interpreters of a kind that wait.
const WAITING: usize = 2;
/// How long after one was taken the next is started: the call that took it goes first.
const PAUSE: Duration = Duration::from_millis(300);
/// How long interpreters are kept that nobody takes.
const KEPT: Duration = Duration::from_mins(5);
/// Variables by which an interpreter is led when it starts: with one of these it is started for its function.
const EARLY: &[&str] = &[
    "PYTHON", "NODE_", "PHP", "LD_", "LC_", "LANG", "TZ", "PATH", "MALLOC_",
];

/// See the module. Empty until a language was used.
#[derive(Default)]
pub(super) struct Pool(Mutex<HashMap<Vec<String>, Shelf>>);

/// An interpreter that waits, in its own folder.
pub(super) struct Waiting {
    pub(super) process: Process,
    pub(super) slot: PathBuf,
}

struct Shelf {
    waiting: Vec<Waiting>,
    /// When one was wanted last.
    wanted: Instant,
    /// Whether others are on their way.
    is_filling: bool,
}

impl Pool {
    /// Whether a function with such variables can have one.
    pub(super) fn suits(variables: &BTreeMap<String, String>) -> bool {
        let is_early = |name: &String| EARLY.iter().any(|early| name.starts_with(early));
        !variables.keys().any(is_early)
    }

    /// An interpreter that waits, if there is one. Others are started soon, as `order` says, in slots beside its own.
    pub(super) fn take(
        self: &Arc<Self>,
        launcher: &Arc<Launcher>,
        order: Order,
    ) -> Option<Waiting> {
        let mut kinds = lock(&self.0);
        let kind = kinds.entry(order.program.clone()).or_insert_with(|| Shelf {
            waiting: Vec::new(),
            wanted: Instant::now(),
            is_filling: false,
        });
        kind.wanted = Instant::now();
        kind.waiting
            .retain(|waiting| waiting.process.exit().is_none());
        let taken = kind.waiting.pop();
        if !std::mem::replace(&mut kind.is_filling, true) {
            let (pool, launcher) = (Arc::clone(self), Arc::clone(launcher));
            tokio::spawn(async move { pool.fill(&launcher, order).await });
        }
        taken
    }

    /// Starts as many as are missing, also those that are taken while it does.
    async fn fill(self: Arc<Self>, launcher: &Launcher, order: Order) {
        tokio::time::sleep(PAUSE).await;
        for number in 0.. {
            if self.is_filled(&order.program) {
                return;
            }
            let mut order = order.clone();
            order.slot.as_mut_os_string().push(format!("-{number}"));
            let started = launcher.start(&order).await;
            let slot = order.slot;
            // It is gone when the fleet was closed meanwhile; then the process ends here.
            if let Some(kind) = lock(&self.0).get_mut(&order.program) {
                let Ok(process) = started else {
                    // What cannot be started now is said to whoever needs it.
                    kind.is_filling = false;
                    return;
                };
                kind.waiting.push(Waiting { process, slot });
            }
        }
    }

    /// Whether none is missing; then who takes one next has others started.
    fn is_filled(&self, program: &[String]) -> bool {
        let mut kinds = lock(&self.0);
        let Some(kind) = kinds.get_mut(program) else {
            return true;
        };
        kind.is_filling = kind.waiting.len() < WAITING;
        !kind.is_filling
    }

    /// Ends interpreters that nobody has wanted for long; whether there are any left.
    pub(super) fn sweep(&self) -> bool {
        let mut kinds = lock(&self.0);
        kinds.retain(|_, kind| kind.is_filling || kind.wanted.elapsed() < KEPT);
        !kinds.is_empty()
    }

    /// Ends all.
    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_lead_an_interpreter_need_one_of_their_own() {
        let with = |name: &str| BTreeMap::from([(name.to_owned(), String::new())]);
        assert!(Pool::suits(&with("WORD")));
        for name in ["PYTHONHASHSEED", "NODE_OPTIONS", "LD_PRELOAD", "TZ"] {
            assert!(!Pool::suits(&with(name)), "{name}");
        }
    }
}
