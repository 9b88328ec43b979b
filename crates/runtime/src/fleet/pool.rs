//! Interpreters that were started before they are needed and wait for code: a cold start without the interpreter's own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::lock;
use super::process::{Order, Process};

/// Interpreters of a kind that wait.
const WAITING: usize = 2;
/// How long after one was taken the next is started: the call that took it goes first.
const PAUSE: Duration = Duration::from_millis(300);
/// How long interpreters are kept that nobody takes.
const KEPT: Duration = Duration::from_mins(5);
/// Variables by which an interpreter is led when it starts: with one of these it is started for its function.
const EARLY: &[&str] = &[
    "PYTHON", "NODE_", "LD_", "LC_", "LANG", "TZ", "PATH", "MALLOC_",
];

/// See the module. Empty until a language was used.
#[derive(Default)]
pub(super) struct Pool(Mutex<HashMap<Vec<String>, Shelf>>);

struct Shelf {
    waiting: Vec<Process>,
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

    /// An interpreter that waits, if there is one. Others are started soon, as `order` says.
    pub(super) fn take(self: &Arc<Self>, order: Order) -> Option<Process> {
        let mut kinds = lock(&self.0);
        let kind = kinds.entry(order.program.clone()).or_insert_with(|| Shelf {
            waiting: Vec::new(),
            wanted: Instant::now(),
            is_filling: false,
        });
        kind.wanted = Instant::now();
        kind.waiting
            .retain(|process| process.ended.borrow().is_none());
        let taken = kind.waiting.pop();
        if !std::mem::replace(&mut kind.is_filling, true) {
            let pool = Arc::clone(self);
            tokio::spawn(async move { pool.fill(order).await });
        }
        taken
    }

    async fn fill(self: Arc<Self>, order: Order) {
        tokio::time::sleep(PAUSE).await;
        let mut kinds = lock(&self.0);
        // It is gone when the fleet was closed meanwhile.
        let Some(kind) = kinds.get_mut(&order.program) else {
            return;
        };
        kind.is_filling = false;
        while kind.waiting.len() < WAITING {
            // What cannot be started now is said to whoever needs it.
            let Ok(process) = Process::start(&order) else {
                return;
            };
            kind.waiting.push(process);
        }
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

    /// How many wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        lock(&self.0).values().map(|kind| kind.waiting.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            program: vec!["sleep".to_owned(), "60".to_owned()],
            environment: BTreeMap::from([("PATH".into(), std::env::var("PATH").unwrap())]),
            folder: std::env::temp_dir(),
            socket: true,
        }
    }

    #[tokio::test]
    async fn the_first_want_fills_it_and_the_next_is_served() {
        let pool = Arc::new(Pool::default());
        assert!(pool.take(order()).is_none());
        while pool.waiting() < WAITING {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let taken = pool.take(order()).unwrap();
        assert!(taken.ended.borrow().is_none());
        assert!(pool.sweep());
        pool.clear();
        assert!(!pool.sweep());
        assert_eq!(pool.waiting(), 0);
    }

    #[test]
    fn variables_that_lead_an_interpreter_need_one_of_their_own() {
        let with = |name: &str| BTreeMap::from([(name.to_owned(), String::new())]);
        assert!(Pool::suits(&with("WORD")));
        for name in ["PYTHONHASHSEED", "NODE_OPTIONS", "LD_PRELOAD", "TZ"] {
            assert!(!Pool::suits(&with(name)), "{name}");
        }
    }
}
