//! A state that several machines share: a log of numbered pages on a shelf.
//!
//! A page is written only where there is none of its number, so of two writers one fails; taking the state is writing a
//! page too. After an intent or an outcome the writer looks for pages behind its own: pages that were cleared away leave
//! numbers free, and a writer that was suspended for long could write there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::lease::{Lease, TERM};
use super::page::{self, Content, Writer};
use super::points::Points;
use super::shelf::{Patient, Shelf, ShelfError};
use super::store::Store;
use super::{Entry, LockedState, State, StateError, log};
use crate::resource::ResourceId;

/// Finished items are written when there are so many, or when so much time has passed.
const MOST_NOTED: usize = 256;
const LONGEST_NOTED: Duration = Duration::from_secs(1);
/// Pages that may lie behind the last whole state before they are cleared away in the middle of a run.
const MOST_PAGES: usize = 64;
/// Times that somebody else may be faster in taking the state.
const TRIES: u32 = 20;

/// A shared state's place.
pub struct SharedPlace {
    shelf: Patient,
}

impl SharedPlace {
    /// The place on this shelf, which holds nothing else.
    pub fn new(shelf: Arc<dyn Shelf>) -> Self {
        Self {
            shelf: Patient::new(shelf),
        }
    }

    #[cfg(test)]
    pub(super) fn hasty(shelf: Arc<dyn Shelf>) -> Self {
        Self {
            shelf: Patient::hasty(shelf),
        }
    }

    /// The state as it stands, what a cut-off run has noted included. Reads only.
    pub async fn read(&self) -> Result<State, StateError> {
        Ok(log::read(&self.shelf).await?.state)
    }

    /// Takes the state, then reads it. `operation` is what others see of us meanwhile.
    pub async fn lock_for(&self, operation: &str) -> Result<LockedState, StateError> {
        let made = self.shelf.prepare().await?;
        let (state, shared) = Shared::take(&self.shelf, operation).await?;
        let mut locked = LockedState::new(state, Box::new(shared));
        locked.notice = made.map(|what| format!("{what} was made to keep the state in"));
        Ok(locked)
    }
}

/// A held log.
#[derive(Debug)]
struct Shared {
    shelf: Patient,
    lease: Lease,
    /// The number of the last page.
    last: u64,
    /// The pages that are there, the last included.
    pages: Vec<u64>,
    /// Finished items that are not written yet.
    noted: Vec<Entry>,
    written: Instant,
    points: Points,
    /// After a failure nobody knows what was written.
    failed: bool,
}

impl Shared {
    async fn take(shelf: &Patient, operation: &str) -> Result<(State, Self), StateError> {
        // Before anybody can see that this writer has the state, it can be seen that it lives.
        let lease = Lease::begin(shelf, Writer::new(operation)).await?;
        let mut shared = Self {
            shelf: shelf.clone(),
            lease,
            last: 0,
            pages: Vec::new(),
            noted: Vec::new(),
            written: Instant::now(),
            points: Points::from_environment(),
            failed: false,
        };
        shared.points.pass();
        let mut state = match shared.contend().await {
            Ok(view) => view,
            Err(error) => {
                // Only a courtesy: nobody waits for a lease without a page.
                drop(shared.lease.end().await);
                return Err(error);
            }
        };
        if state.noted {
            // What a cut-off run left is one state from here on.
            state.state.serial += 1;
            shared.write(Content::State(&state.state)).await?;
        }
        Ok((state.state, shared))
    }

    /// Writes the page that takes the state, behind the last one.
    async fn contend(&mut self) -> Result<log::View, StateError> {
        for _ in 0..TRIES {
            let view = log::read(&self.shelf).await?;
            if let Some(holder) = &view.holder {
                let lease = view.leases.iter().find(|l| l.key == holder.lease());
                let age = lease.map_or(TERM, |lease| lease.age);
                if age < TERM && !holder.is_gone() {
                    return Err(StateError::Leased {
                        holder: holder.holder.clone(),
                        seconds: TERM.saturating_sub(age).as_secs() + 1,
                    });
                }
            }
            (self.last, self.pages) = (view.last, view.pages.clone());
            match self.write(Content::Taken).await {
                Ok(()) => {
                    self.sweep(&view).await;
                    return Ok(view);
                }
                Err(StateError::TakenOver(_)) => self.failed = false,
                Err(error) => return Err(error),
            }
        }
        Err(StateError::Shelf {
            place: self.shelf.name(),
            error: ShelfError {
                said: "others were faster in taking it, again and again".to_owned(),
                hint: Some("run the same command again".to_owned()),
                passing: true,
            },
        })
    }

    /// Clears leases away that nobody can mean any more.
    async fn sweep(&self, view: &log::View) {
        let dead = view.leases.iter().filter(|lease| lease.age > TERM * 10);
        let dead: Vec<String> = dead.map(|lease| lease.key.clone()).collect();
        if !dead.is_empty() {
            // They are in nobody's way.
            drop(self.shelf.delete(&dead).await);
        }
    }

    /// Writes the next page and makes sure that it is the last one.
    async fn write(&mut self, content: Content<'_>) -> Result<(), StateError> {
        self.put(content).await?;
        self.failed = true;
        let own = page::key(self.last);
        let behind = self.shelf.list(page::PAGES, &own).await?;
        if let Some(newest) = behind.last().and_then(|o| page::number(&o.key)) {
            return Err(self.taken_over(newest).await);
        }
        self.failed = false;
        Ok(())
    }

    /// Writes the next page. Where pages were cleared away it may not be the last one.
    async fn put(&mut self, content: Content<'_>) -> Result<(), StateError> {
        if self.failed {
            return Err(self.unsure());
        }
        self.failed = true;
        let number = self.last + 1;
        let text = content
            .by(&self.lease.writer)
            .map_err(|e| StateError::Format {
                place: self.shelf.name(),
                why: e.to_string(),
            })?;
        if !self.shelf.put_new(&page::key(number), &text).await? {
            self.check_ours(number).await?;
        }
        self.points.pass();
        self.last = number;
        self.pages.push(number);
        self.written = Instant::now();
        self.failed = false;
        Ok(())
    }

    /// A page that is there already may be this writer's, from a try whose answer was lost.
    async fn check_ours(&self, number: u64) -> Result<(), StateError> {
        match log::get(&self.shelf, number).await? {
            Some(page) if page.writer.token == self.lease.writer.token => Ok(()),
            _ => Err(self.taken_over(number).await),
        }
    }

    async fn taken_over(&self, number: u64) -> StateError {
        let page = log::get(&self.shelf, number).await;
        let by = page.ok().flatten().map(|page| page.writer.holder);
        StateError::TakenOver(by)
    }

    fn unsure(&self) -> StateError {
        StateError::Shelf {
            place: self.shelf.name(),
            error: ShelfError {
                said: "an earlier write failed".to_owned(),
                hint: None,
                passing: false,
            },
        }
    }

    /// Deletes the pages before the last one, which holds the whole state.
    async fn clear(&mut self) -> Result<(), StateError> {
        let last = self.last;
        let old: Vec<String> = self
            .pages
            .iter()
            .filter(|n| **n < last)
            .map(|n| page::key(*n))
            .collect();
        if !old.is_empty() {
            self.shelf.delete(&old).await?;
            self.points.pass();
            self.pages = vec![last];
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Shared {
    async fn note(&mut self, entry: &Entry) -> Result<(), StateError> {
        self.noted.push(entry.clone());
        if matches!(entry, Entry::Begin { .. }) {
            self.lease.refresh().await?;
            let noted = std::mem::take(&mut self.noted);
            return self.write(Content::Noted(&noted)).await;
        }
        if self.noted.len() >= MOST_NOTED || self.written.elapsed() >= LONGEST_NOTED {
            // The next intent finds out if these came too late.
            let noted = std::mem::take(&mut self.noted);
            return self.put(Content::Noted(&noted)).await;
        }
        Ok(())
    }

    async fn save(&mut self, state: &State, _: Option<&ResourceId>) -> Result<(), StateError> {
        self.noted.clear();
        self.write(Content::State(state)).await?;
        if self.pages.len() > MOST_PAGES {
            self.clear().await?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), StateError> {
        self.clear().await
    }

    async fn vacate(&mut self) -> Result<(), StateError> {
        let pages: Vec<String> = self.pages.iter().map(|n| page::key(*n)).collect();
        self.shelf.delete(&pages).await?;
        self.lease.end().await
    }

    async fn release(&mut self, state: &State) -> Result<(), StateError> {
        if self.failed {
            // Whoever comes next reads what there is; it was said that something went wrong.
            return Ok(());
        }
        self.write(Content::Released(state)).await?;
        self.clear().await?;
        self.lease.end().await?;
        self.points.pass();
        Ok(())
    }
}
