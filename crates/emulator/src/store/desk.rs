//! Where jobs are left to be committed together: whoever has the ground takes those that wait, commits them as a group and answers
//! them. A thread of its own does so. A short job that comes alone is committed by whoever brought it, because to wake a thread
//! and to be woken by it would take as long as the commit.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

/// A disk whose last commit took longer is not waited for on a thread that serves requests.
const QUICK: Duration = Duration::from_millis(1);

/// What jobs change.
pub(super) trait Ground: Send + 'static {
    type Job: Send + 'static;

    /// Commits a job together with those that `more` yields, and answers them all.
    fn commit(&mut self, first: Self::Job, more: &mut dyn FnMut() -> Option<Self::Job>);
}

/// A desk with its thread.
pub(super) struct Desk<G: Ground> {
    shared: Arc<Shared<G>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared<G: Ground> {
    waiting: Mutex<Waiting<G::Job>>,
    /// Somebody has left a job for the thread, or closed the desk.
    called: Condvar,
    /// Whoever holds it commits; none once all is committed and the desk is closed.
    ground: Mutex<Option<G>>,
    commits: AtomicU64,
    is_quick: AtomicBool,
}

struct Waiting<J> {
    jobs: VecDeque<J>,
    /// Somebody commits, and calls the thread afterwards if jobs wait.
    is_busy: bool,
    is_closed: bool,
}

impl<G: Ground> Desk<G> {
    /// Opens a desk; the thread has this name.
    pub(super) fn open(name: &str, ground: G) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            waiting: Mutex::new(Waiting {
                jobs: VecDeque::new(),
                is_busy: false,
                is_closed: false,
            }),
            called: Condvar::new(),
            ground: Mutex::new(Some(ground)),
            commits: AtomicU64::new(0),
            is_quick: AtomicBool::new(false),
        });
        let at = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || at.commit_groups())?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Takes a job, and commits a short one at once if nobody else commits and the disk is quick; false when the desk is closed.
    pub(super) fn leave(&self, job: G::Job, is_short: bool) -> bool {
        self.shared.leave(job, is_short)
    }

    /// Commits since the start.
    pub(super) fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }

    /// Commits the jobs at hand, then closes. Blocks.
    pub(super) fn close(&self) {
        self.shared.waiting().is_closed = true;
        self.shared.called.notify_one();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // A panic of the thread was answered to its askers already.
            drop(thread.join());
        }
    }
}

impl<G: Ground> Shared<G> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<G::Job>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ground(&self) -> MutexGuard<'_, Option<G>> {
        self.ground.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, job: G::Job, is_short: bool) -> bool {
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
        if let Some(ground) = self.ground().as_mut() {
            self.commit(ground, job, &mut || None);
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
    fn commit_groups(&self) {
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
                drop(self.ground().take());
                return;
            };
            drop(waiting);
            let mut ground = self.ground();
            let Some(ground) = ground.as_mut() else {
                return;
            };
            loop {
                self.commit(ground, first, &mut || self.waiting().jobs.pop_front());
                let mut waiting = self.waiting();
                let Some(next) = waiting.jobs.pop_front() else {
                    waiting.is_busy = false;
                    break;
                };
                first = next;
            }
        }
    }

    fn commit(&self, ground: &mut G, first: G::Job, more: &mut dyn FnMut() -> Option<G::Job>) {
        let began = Instant::now();
        ground.commit(first, more);
        self.is_quick
            .store(began.elapsed() < QUICK, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }
}
