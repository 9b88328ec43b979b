//! Wakes those who wait for messages of a queue.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// A bell for each queue that somebody waits at.
#[derive(Default)]
pub(super) struct Bells(Mutex<HashMap<String, watch::Sender<()>>>);

impl Bells {
    /// Hears the bell of a queue from now on.
    pub(super) fn hear(&self, queue: &str) -> watch::Receiver<()> {
        let mut all = self.lock();
        let bell = all.entry(queue.to_owned());
        bell.or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Something about a queue's messages has changed for the better, or the queue is gone.
    pub(super) fn ring(&self, queue: &str) {
        let mut all = self.lock();
        let Some(bell) = all.get(queue) else { return };
        if bell.receiver_count() == 0 {
            all.remove(queue);
        } else {
            bell.send_replace(());
        }
    }

    /// The same for all queues.
    pub(super) fn ring_all(&self) {
        for bell in self.lock().values() {
            bell.send_replace(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
