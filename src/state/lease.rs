//! The sign of life of whoever holds a shared state: an object that is written again and again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::task::JoinHandle;

use super::StateError;
use super::page::Writer;
use super::shelf::Patient;

/// Older than this, its writer counts as gone.
pub(super) const TERM: Duration = Duration::from_mins(1);
const EVERY: Duration = Duration::from_secs(20);
const AFTER_FAILURE: Duration = Duration::from_secs(3);

/// A lease that is kept until this is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    shelf: Patient,
    pub(super) writer: Writer,
    renewed: Arc<Mutex<Moment>>,
    keeper: JoinHandle<()>,
}

impl Lease {
    /// Writes the lease and keeps it alive.
    pub(super) async fn begin(shelf: &Patient, writer: Writer) -> Result<Self, StateError> {
        let begun = Moment::now();
        renew(shelf, &writer).await?;
        let renewed = Arc::new(Mutex::new(begun));
        let keeper = tokio::spawn(keep(shelf.clone(), writer.clone(), Arc::clone(&renewed)));
        Ok(Self {
            shelf: shelf.clone(),
            writer,
            renewed,
            keeper,
        })
    }

    /// Makes sure that nobody takes this writer for gone within half the term. A process that was suspended finds out
    /// here that time has passed.
    pub(super) async fn refresh(&self) -> Result<(), StateError> {
        if last(&self.renewed).elapsed() < TERM / 2 {
            return Ok(());
        }
        let begun = Moment::now();
        renew(&self.shelf, &self.writer).await?;
        note(&self.renewed, begun);
        Ok(())
    }

    /// Takes the sign of life away.
    pub(super) async fn end(&self) -> Result<(), StateError> {
        self.keeper.abort();
        self.shelf.delete(&[self.writer.lease()]).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(shelf: Patient, writer: Writer, renewed: Arc<Mutex<Moment>>) {
    let mut pause = EVERY;
    loop {
        tokio::time::sleep(pause).await;
        let begun = Moment::now();
        // Whoever writes next learns what became of it; here it is only tried again.
        pause = match renew(&shelf, &writer).await {
            Ok(()) => {
                note(&renewed, begun);
                EVERY
            }
            Err(_) => AFTER_FAILURE,
        };
    }
}

async fn renew(shelf: &Patient, writer: &Writer) -> Result<(), StateError> {
    let text = serde_json::to_vec(writer).unwrap_or_default();
    shelf.put(&writer.lease(), &text).await
}

fn last(renewed: &Mutex<Moment>) -> Moment {
    *renewed.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(renewed: &Mutex<Moment>, at: Moment) {
    *renewed.lock().unwrap_or_else(PoisonError::into_inner) = at;
}

/// A moment by two clocks: one stands still while the machine sleeps, the other can be set.
#[derive(Debug, Clone, Copy)]
struct Moment(Instant, SystemTime);

impl Moment {
    fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    /// The longer of what both clocks say.
    fn elapsed(&self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}
