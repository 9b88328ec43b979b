//! Wakes those who wait for messages of a queue, and tells who hears of all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;

use super::source::Ear;

/// A bell for each queue that somebody waits at.
#[derive(Default)]
pub(super) struct Bells {
    all: Mutex<HashMap<String, watch::Sender<()>>>,
    /// Who hears every bell.
    ear: OnceLock<Box<dyn Ear>>,
}

impl Bells {
    /// Hears the bell of a queue from now on.
    pub(super) fn hear(&self, queue: &str) -> watch::Receiver<()> {
        let mut all = self.lock();
        let bell = all.entry(queue.to_owned());
        bell.or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Tells `ear` of every bell that rings from now on; only the first one counts.
    pub(super) fn listen(&self, ear: Box<dyn Ear>) {
        let _ = self.ear.set(ear);
    }

    /// Something about a queue's messages has changed for the better, or the queue is gone.
    pub(super) fn ring(&self, queue: &str) {
        if let Some(ear) = self.ear.get() {
            ear.rung(queue);
        }
        let mut all = self.lock();
        let Some(bell) = all.get(queue) else { return };
        if bell.receiver_count() == 0 {
            all.remove(queue);
        } else {
            bell.send_replace(());
        }
    }

    /// The same for all queues, of which nothing is left.
    pub(super) fn ring_all(&self) {
        for bell in self.lock().values() {
            bell.send_replace(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
