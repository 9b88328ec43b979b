//! Wakes executions whose moment has come.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use workflow::engine::Command;

use super::Runner;

/// How long to wait after the database failed.
const PAUSE: i64 = 1000;
/// The longest wait without looking.
const LONGEST: Duration = Duration::from_hours(1);
/// Executions that are woken side by side.
/// More than calls can be under way: of many that come due at once the last begins before the first has gone far.
const SIDE_BY_SIDE: usize = 2048;

/// The moments of all executions that wait, in memory.
#[derive(Default)]
pub(super) struct Timers {
    due: Mutex<Due>,
    changed: Notify,
}

#[derive(Default)]
struct Due {
    by_moment: BTreeSet<(i64, i64)>,
    of: HashMap<i64, i64>,
    /// The moment at which they are looked at next; it may be earlier than the first of them.
    next_look: Option<i64>,
}

impl Timers {
    /// The moment of an execution, or none.
    pub(super) fn set(&self, id: i64, due: Option<i64>) {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.of.get(&id).copied();
        if before == due {
            return;
        }
        if let Some(before) = before {
            all.of.remove(&id);
            all.by_moment.remove(&(before, id));
        }
        let Some(due) = due else { return };
        all.of.insert(id, due);
        all.by_moment.insert((due, id));
        if all.next_look.is_none_or(|next| due < next) {
            all.next_look = Some(due);
            drop(all);
            self.changed.notify_one();
        }
    }

    /// The first moment.
    pub(super) fn first(&self) -> Option<i64> {
        let all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        all.by_moment.first().map(|(due, _)| *due)
    }

    pub(super) fn clear(&self) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = Due::default();
    }

    /// Takes out what is due; also the next moment.
    fn take(&self, now: i64) -> (Vec<i64>, Option<i64>) {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while let Some((due, id)) = all
            .by_moment
            .first()
            .copied()
            .filter(|(due, _)| *due <= now)
        {
            all.by_moment.remove(&(due, id));
            all.of.remove(&id);
            taken.push(id);
        }
        let next = all.by_moment.first().map(|(due, _)| *due);
        all.next_look = next;
        (taken, next)
    }
}

impl Runner {
    pub(super) fn timers_set(&self, id: i64, due: Option<i64>) {
        self.timers.set(id, due);
    }
}

/// Wakes executions until the cloud closes.
pub(in crate::flow) async fn tick(runner: Arc<Runner>) {
    let mut moved = runner.clock.moved();
    let side_by_side = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    loop {
        let now = runner.now();
        // What is taken out is no more among the timers, and under way from before that.
        let taking = runner.under_way.begin();
        let (taken, next) = runner.timers.take(now);
        for id in taken {
            let working = runner.under_way.begin();
            let Ok(permit) = Arc::clone(&side_by_side).acquire_owned().await else {
                return;
            };
            let runner = Arc::clone(&runner);
            tokio::spawn(async move {
                let _permit = permit;
                wake(&runner, id).await;
                drop(working);
            });
        }
        drop(taking);
        let wait = next.map_or(LONGEST, |next| {
            Duration::from_millis(u64::try_from(next - runner.now()).unwrap_or_default())
                .min(LONGEST)
        });
        tokio::select! {
            () = runner.closing.cancelled() => return,
            () = runner.timers.changed.notified() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn wake(runner: &Arc<Runner>, id: i64) {
    if let Err(error) = runner.tell(id, Command::Tick).await
        && error.status.is_server_error()
    {
        // It is still due, and is tried again.
        runner.timers.set(id, Some(runner.now() + PAUSE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_is_taken_once_and_in_its_order() {
        let timers = Timers::default();
        timers.set(1, Some(30));
        timers.set(2, Some(10));
        timers.set(3, Some(20));
        timers.set(2, Some(15));
        timers.set(3, None);
        assert_eq!(timers.take(14), (Vec::new(), Some(15)));
        assert_eq!(timers.take(30), (vec![2, 1], None));
        assert_eq!(timers.take(99), (Vec::new(), None));
    }

    #[tokio::test]
    async fn whoever_looks_is_woken_by_what_comes_before_the_next_look_alone() {
        let timers = Timers::default();
        let is_woken = async || {
            let changed = timers.changed.notified();
            tokio::time::timeout(Duration::ZERO, changed).await.is_ok()
        };
        timers.set(1, Some(30));
        assert!(is_woken().await);
        timers.set(1, Some(30));
        timers.set(2, Some(40));
        timers.set(1, None);
        timers.set(3, Some(35));
        assert!(!is_woken().await);
        timers.set(3, Some(20));
        assert!(is_woken().await);
        assert_eq!(timers.take(25), (vec![3], Some(40)));
        timers.set(4, Some(39));
        assert!(is_woken().await);
    }
}
