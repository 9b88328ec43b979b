//! The cloud's time: the machine's time plus an offset that only grows and survives restarts.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::store::replace_file;

/// How far a signed time may be from now ("Common parameters" of the vendor's docs; its APIs agree on it).
pub(crate) const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);
/// Largest offset: about a thousand years.
const MAX_OFFSET_MS: i64 = 1000 * 366 * 24 * 3600 * 1000;

/// Source of time for everything timed in the cloud; clones share one offset.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Shared>);

struct Shared {
    offset_ms: AtomicI64,
    file: PathBuf,
    writing: Mutex<()>,
    advancing: tokio::sync::Mutex<()>,
    moved: watch::Sender<()>,
    /// How many have let time pass so far.
    sleepers: AtomicU64,
    /// When those are woken that let time pass, with a number each.
    sleeping: Mutex<BTreeSet<(i64, u64)>>,
}

/// Somebody who lets time pass.
struct Sleeper<'c>(&'c Shared, (i64, u64));

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.0.sleeping().remove(&self.1);
    }
}

impl Shared {
    fn sleeping(&self) -> MutexGuard<'_, BTreeSet<(i64, u64)>> {
        self.sleeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, until: i64) -> Sleeper<'_> {
        let entry = (until, self.sleepers.fetch_add(1, Ordering::Relaxed));
        self.sleeping().insert(entry);
        Sleeper(self, entry)
    }
}

impl Clock {
    /// Opens the clock of a data folder, with the offset it had last.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let file = data.join("clock");
        let offset_ms = match std::fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, "clock file holds no number")
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self(Arc::new(Shared {
            offset_ms: AtomicI64::new(offset_ms),
            file,
            writing: Mutex::new(()),
            advancing: tokio::sync::Mutex::default(),
            moved: watch::Sender::new(()),
            sleepers: AtomicU64::new(0),
            sleeping: Mutex::default(),
        })))
    }

    /// Whether a call that was signed at this time comes from now. Clients run on the machine's time, so a cloud whose time was
    /// moved forward must still believe them.
    pub(crate) fn believes(&self, signed: Timestamp) -> bool {
        let is_near = |now: Timestamp| now.duration_since(signed).abs() <= MAX_SKEW;
        is_near(Timestamp::now()) || is_near(self.now())
    }

    /// The cloud's present time.
    pub(crate) fn now(&self) -> Timestamp {
        let machine = Timestamp::now();
        machine.checked_add(self.offset()).unwrap_or(machine)
    }

    /// Wakes whoever waits for a time whenever the clock was advanced.
    pub(crate) fn moved(&self) -> watch::Receiver<()> {
        self.0.moved.subscribe()
    }

    /// Waits by the cloud's time: moving it forward ends the wait.
    pub(crate) async fn pass(&self, time: Duration) {
        let mut moved = self.moved();
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        let Ok(end) = self.now().checked_add(time) else {
            return;
        };
        let _sleeper = self.0.sleep(end.as_millisecond());
        loop {
            let left = end.duration_since(self.now());
            let Some(left) = Duration::try_from(left).ok().filter(|left| !left.is_zero()) else {
                return;
            };
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = moved.changed() => {}
            }
        }
    }

    /// When the first of those is woken who let time pass, in milliseconds.
    pub(crate) fn next_wake(&self) -> Option<i64> {
        self.0.sleeping().first().map(|(until, _)| *until)
    }

    /// How far the cloud is ahead of the machine.
    pub(crate) fn offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.0.offset_ms.load(Ordering::Acquire))
    }

    /// Waits until nobody else moves the time from moment to moment.
    pub(crate) async fn advancing(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.advancing.lock().await
    }

    /// Whether time can be moved forward so far.
    pub(crate) fn can_advance(&self, by: Duration) -> io::Result<()> {
        self.offset_after(by).map(drop)
    }

    fn offset_after(&self, by: Duration) -> io::Result<i64> {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let offset = self.0.offset_ms.load(Ordering::Acquire).saturating_add(by);
        if offset > MAX_OFFSET_MS {
            let message = "the clock cannot be more than a thousand years ahead";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Ok(offset)
    }

    /// Moves the cloud's time forward; durable before it is visible. Blocks on disk.
    pub(crate) fn advance(&self, by: Duration) -> io::Result<()> {
        let _one_at_a_time = self
            .0
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let offset = self.offset_after(by)?;
        replace_file(&self.0.file, offset.to_string().as_bytes())?;
        self.0.offset_ms.store(offset, Ordering::Release);
        self.0.moved.send_replace(());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_is_seen_by_clones_and_after_reopening() {
        let data = tempfile::tempdir().unwrap();
        let clock = Clock::open(data.path()).unwrap();
        let twin = clock.clone();
        clock.advance(Duration::from_hours(1)).unwrap();
        clock.advance(Duration::from_millis(5)).unwrap();
        let expected = SignedDuration::from_millis(3_600_005);
        assert_eq!(twin.offset(), expected);
        assert_eq!(Clock::open(data.path()).unwrap().offset(), expected);
        assert!(twin.now().duration_since(Timestamp::now()) > SignedDuration::from_secs(3590));
    }

    #[test]
    fn an_absurd_advance_is_refused_and_changes_nothing() {
        let data = tempfile::tempdir().unwrap();
        let clock = Clock::open(data.path()).unwrap();
        assert!(clock.advance(Duration::MAX).is_err());
        assert_eq!(clock.offset(), SignedDuration::ZERO);
    }
}
