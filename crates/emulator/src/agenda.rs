//! What the rooms do by the clock, and moving it so that everything happens at its own moment.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cloud::Cloud;
use crate::store::StoreError;

/// How long something may be under way at one moment before the clock moves on without it.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same while what it was lost with is still under way, or somebody waits for the clock itself: that may be what is.
const LITTLE: Duration = Duration::from_millis(200);
/// How long moving the clock may take; what is left then is moved at once.
const LONGEST: Duration = Duration::from_mins(1);
/// Moments that one move goes through; what is left then is moved at once.
const MOMENTS: usize = 10_000;
/// The pauses between two looks, growing from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// What a room has to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Agenda {
    /// The moment after now at which something is due, in milliseconds.
    pub(crate) next: Option<i64>,
    /// Whether something is under way, or is due and was not begun.
    pub(crate) is_busy: bool,
}

impl Agenda {
    /// With a moment at which something is due, seen at `now`.
    pub(crate) fn with(mut self, now: i64, due: Option<i64>) -> Self {
        match due {
            Some(due) if due <= now => self.is_busy = true,
            Some(due) => self.next = Some(self.next.map_or(due, |next| next.min(due))),
            None => {}
        }
        self
    }

    /// With something that is under way or not.
    pub(crate) const fn busy(mut self, is_busy: bool) -> Self {
        self.is_busy |= is_busy;
        self
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        let next = self.next.into_iter().chain(other.next).min();
        Self { next, ..self }.busy(other.is_busy)
    }
}

/// Counts what is under way and held nowhere else.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<AtomicUsize>);

/// Something that is under way until this is dropped.
pub(crate) struct Working(Arc<AtomicUsize>);

impl UnderWay {
    /// Something begins.
    pub(crate) fn begin(&self) -> Working {
        self.0.fetch_add(1, Ordering::AcqRel);
        Working(Arc::clone(&self.0))
    }

    /// Whether anything is under way.
    pub(crate) fn is_any(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Whether anything is under way, or due and not begun; visitors' requests are not looked at.
///
/// # Errors
/// The disk failed.
pub(crate) async fn is_busy(cloud: &Cloud) -> Result<bool, StoreError> {
    Ok(all(cloud).await?.is_busy)
}

/// Moves the clock by `by` in all, from each moment at which something is due to the next, so that what follows from one
/// happens before the other.
///
/// # Errors
/// The clock cannot be moved so far, and was not moved; or the disk failed on the way.
pub(crate) async fn advance(cloud: &Cloud, by: Duration) -> io::Result<()> {
    // Two at once would each go by what the other leaves behind.
    let _one_at_a_time = cloud.clock.advancing().await;
    cloud.clock.can_advance(by)?;
    let (begun, mut left, mut patience) = (Instant::now(), by, PATIENCE);
    for _ in 0..MOMENTS {
        let next = settled(cloud, &mut patience).await;
        if begun.elapsed() > LONGEST {
            break;
        }
        let now = cloud.clock.now().as_millisecond();
        let until = next.map(|next| u64::try_from(next - now).unwrap_or_default());
        let step = until.map(Duration::from_millis);
        let Some(step) = step.filter(|step| *step <= left) else {
            break;
        };
        shift(cloud, step).await?;
        left -= step;
    }
    shift(cloud, left).await?;
    settled(cloud, &mut patience).await;
    Ok(())
}

async fn shift(cloud: &Cloud, by: Duration) -> io::Result<()> {
    let clock = cloud.clock.clone();
    let moved = tokio::task::spawn_blocking(move || clock.advance(by)).await;
    moved.unwrap_or_else(|failure| std::panic::resume_unwind(failure.into_panic()))
}

/// Waits until nothing is under way and all that is due was done, as long as patience lasts; what is due next.
async fn settled(cloud: &Cloud, patience: &mut Duration) -> Option<i64> {
    let (begun, mut pause) = (Instant::now(), PAUSES.0);
    loop {
        let sleeper = cloud.clock.next_wake();
        let lasts = sleeper.map_or(*patience, |_| LITTLE);
        let agenda = all(cloud).await.unwrap_or_default();
        let is_lost = agenda.is_busy && begun.elapsed() > lasts;
        if !agenda.is_busy || is_lost {
            *patience = if is_lost { LITTLE } else { PATIENCE };
            let now = cloud.clock.now().as_millisecond();
            return Agenda {
                is_busy: false,
                ..agenda
            }
            .with(now, sleeper)
            .next;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

async fn all(cloud: &Cloud) -> Result<Agenda, StoreError> {
    // In the order in which things are handed on, so that nothing is missed on its way.
    let mut agenda = cloud.mns.agenda().await?;
    agenda = agenda.and(cloud.bridge.agenda().await?);
    agenda = agenda.and(cloud.functions.agenda().await?);
    agenda = agenda.and(cloud.flows.agenda().await?);
    // What the last ones handed back.
    Ok(agenda.and(cloud.mns.agenda().await?))
}
