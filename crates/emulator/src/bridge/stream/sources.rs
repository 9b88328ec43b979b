//! When each stream must be looked at: when its queue rings, a batch of it ends, or a moment comes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::model::Stream;

/// The streams that run, as far as this process has read them. Moments are milliseconds of the cloud's time.
pub(in crate::bridge) struct Sources(Mutex<Known>);

struct Known {
    /// Something about streams was changed that was not read yet.
    is_stale: bool,
    all: Vec<Source>,
}

struct Source {
    stream: Arc<Stream>,
    /// Nothing: until something happens.
    look_ms: Option<i64>,
}

impl Default for Sources {
    fn default() -> Self {
        Self(Mutex::new(Known {
            is_stale: true,
            all: Vec::new(),
        }))
    }
}

impl Sources {
    /// Streams are to be read again.
    pub(in crate::bridge) fn change(&self) {
        self.lock().is_stale = true;
    }

    /// Whether they are; that is told once.
    pub(super) fn take_change(&self) -> bool {
        std::mem::take(&mut self.lock().is_stale)
    }

    /// These are the streams that run; each is to be looked at.
    pub(super) fn set(&self, streams: Vec<Stream>) {
        let source = |stream| Source {
            stream: Arc::new(stream),
            look_ms: Some(i64::MIN),
        };
        self.lock().all = streams.into_iter().map(source).collect();
    }

    /// There may be something in a queue; whether a stream waits for it.
    pub(in crate::bridge) fn rung(&self, queue: &str) -> bool {
        self.wake(|stream| stream.queue == queue)
    }

    /// A delivery of the stream of this name has ended, if there is that stream.
    pub(in crate::bridge) fn ended(&self, name: &str) {
        self.wake(|stream| stream.name() == name);
    }

    /// The streams to be looked at; they are not any more.
    pub(super) fn due(&self, now_ms: i64) -> Vec<Arc<Stream>> {
        let mut known = self.lock();
        let all = known.all.iter_mut();
        let due = all.filter(|source| source.look_ms.is_some_and(|look| look <= now_ms));
        due.map(|source| {
            source.look_ms = None;
            Arc::clone(&source.stream)
        })
        .collect()
    }

    /// A stream is to be looked at at a moment, or before.
    pub(super) fn look(&self, name: &str, at_ms: i64) {
        let mut known = self.lock();
        let mut all = known.all.iter_mut();
        if let Some(source) = all.find(|source| source.stream.name() == name) {
            source.look_ms = source.look_ms.into_iter().chain([at_ms]).min();
        }
    }

    /// When the next one is to be looked at.
    pub(in crate::bridge) fn next(&self) -> Option<i64> {
        let known = self.lock();
        known.all.iter().filter_map(|source| source.look_ms).min()
    }

    fn wake(&self, is_meant: impl Fn(&Stream) -> bool) -> bool {
        let mut known = self.lock();
        let mut woken = false;
        for source in known.all.iter_mut().filter(|one| is_meant(&one.stream)) {
            source.look_ms = Some(i64::MIN);
            woken = true;
        }
        woken
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
