//! Wakes whoever drives something, but not while it is driven.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use crate::fleet::lock;

/// How often what rang is looked at before others get their turn.
const ROUNDS: usize = 4;

/// A bell of something that is polled by one task at a time. When the parts of a thing wake each other, its task would be
/// taken for one that wants to run again, and another thread be woken to see to the first one's other tasks.
#[derive(Clone)]
pub(crate) struct Bell {
    shared: Arc<Shared>,
    waker: Waker,
}

struct Shared {
    driver: Mutex<Waker>,
    is_attended: AtomicBool,
    has_rung: AtomicBool,
}

impl Default for Bell {
    fn default() -> Self {
        let shared = Arc::new(Shared {
            driver: Mutex::new(Waker::noop().clone()),
            is_attended: AtomicBool::new(false),
            has_rung: AtomicBool::new(false),
        });
        Self {
            waker: Waker::from(Arc::clone(&shared)),
            shared,
        }
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // This order, and the other one in `answer`: one of both sees what the other has written.
        self.has_rung.store(true, Ordering::SeqCst);
        if !self.is_attended.load(Ordering::SeqCst) {
            lock(&self.driver).wake_by_ref();
        }
    }
}

impl Bell {
    /// From now on it wakes nobody, until the next [`Bell::answer`] is done, which must come soon.
    pub(crate) fn attend(&self) {
        self.shared.is_attended.store(true, Ordering::SeqCst);
    }

    /// Polls something with a context that rings this bell, again when it rang meanwhile, and leaves word whom to wake.
    pub(crate) fn answer<T>(
        &self,
        context: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        lock(&self.shared.driver).clone_from(context.waker());
        for _ in 0..ROUNDS {
            self.attend();
            self.shared.has_rung.store(false, Ordering::SeqCst);
            let polled = poll(&mut Context::from_waker(&self.waker));
            self.shared.is_attended.store(false, Ordering::SeqCst);
            if polled.is_ready() || !self.shared.has_rung.load(Ordering::SeqCst) {
                return polled;
            }
        }
        // It rings on and on, perhaps because its task has had its share of time.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_rings_while_it_is_attended_is_looked_at_and_wakes_nobody() {
        let (bell, count) = (Bell::default(), Arc::new(Count::default()));
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);
        let mut polls = 0;
        let polled = bell.answer(&mut context, |context| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready("done");
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        assert_eq!((polled, polls), (Poll::Ready("done"), 3));
        bell.attend();
        bell.waker.wake_by_ref();
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_rings_afterwards_or_for_ever_wakes_whoever_came_last() {
        let bell = Bell::default();
        let counts = [(); 2].map(|()| Arc::new(Count::default()));
        let wakers = [0, 1].map(|number| Waker::from(Arc::clone(&counts[number])));
        for waker in &wakers {
            let polled: Poll<()> = bell.answer(&mut Context::from_waker(waker), |_| Poll::Pending);
            assert!(polled.is_pending());
        }
        bell.waker.wake_by_ref();
        let count = |number: usize| counts[number].0.load(Ordering::Relaxed);
        assert_eq!((count(0), count(1)), (0, 1));
        let polled: Poll<()> = bell.answer(&mut Context::from_waker(&wakers[0]), |context| {
            context.waker().wake_by_ref();
            Poll::Pending
        });
        assert!(polled.is_pending());
        assert_eq!((count(0), count(1)), (1, 1));
    }

    /// A bell that is rung by another thread at any moment is always heard.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_ring_is_lost() {
        let bell = Bell::default();
        let (sender, receiver) = std::sync::mpsc::sync_channel::<Waker>(1);
        let rung = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&rung);
        let ringer = std::thread::spawn(move || {
            for waker in receiver {
                told.fetch_add(1, Ordering::SeqCst);
                waker.wake();
            }
        });
        for number in 0..20_000 {
            sender.send(bell.waker.clone()).unwrap();
            let heard = || {
                let is_heard = rung.load(Ordering::SeqCst) > number;
                is_heard.then_some(()).map_or(Poll::Pending, Poll::Ready)
            };
            let rings = std::future::poll_fn(|context| bell.answer(context, |_| heard()));
            let patience = std::time::Duration::from_secs(20);
            tokio::time::timeout(patience, rings).await.unwrap();
        }
        drop(sender);
        ringer.join().unwrap();
    }
}
