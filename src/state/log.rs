//! Reads the log of a shared state: the last whole state, and what was noted after it.

use super::page::{self, Page, Writer};
use super::shelf::{Patient, ShelfError, Shelved};
use super::{Entry, State, StateError, format, journal};

/// How often the reading begins anew because pages were cleared away under it.
const TRIES: u32 = 10;

/// A log as it stands.
#[derive(Debug)]
pub(super) struct View {
    /// The state, what was noted included.
    pub(super) state: State,
    /// Whether something was noted after the last whole state.
    pub(super) noted: bool,
    /// The number of the last page; 0: there is none.
    pub(super) last: u64,
    /// Who wrote it, unless the state was let go of.
    pub(super) holder: Option<Writer>,
    /// The numbers of all pages.
    pub(super) pages: Vec<u64>,
    /// The leases.
    pub(super) leases: Vec<Shelved>,
}

/// Reads the log.
pub(super) async fn read(shelf: &Patient) -> Result<View, StateError> {
    for _ in 0..TRIES {
        if let Some(view) = attempt(shelf).await? {
            return Ok(view);
        }
    }
    Err(StateError::Shelf {
        place: shelf.name(),
        error: ShelfError {
            said: "it changes faster than it can be read".to_owned(),
            hint: Some("run the same command again".to_owned()),
            passing: true,
        },
    })
}

/// `None`: a page that was listed is gone.
async fn attempt(shelf: &Patient) -> Result<Option<View>, StateError> {
    let listed = shelf.list("", "").await?;
    let (leases, others): (Vec<Shelved>, Vec<Shelved>) =
        listed.into_iter().partition(|o| page::is_lease(&o.key));
    let mut pages: Vec<u64> = others.iter().filter_map(|o| page::number(&o.key)).collect();
    pages.sort_unstable();
    let mut view = View {
        state: format::fresh(),
        noted: false,
        last: pages.last().copied().unwrap_or(0),
        holder: None,
        pages,
        leases,
    };
    let mut noted: Vec<Vec<Entry>> = Vec::new();
    for &number in view.pages.iter().rev() {
        let Some(page) = get(shelf, number).await? else {
            return Ok(None);
        };
        if number == view.last {
            view.holder = page.held.then_some(page.writer);
        }
        if let Some(state) = page.state {
            view.state = state;
            break;
        }
        noted.push(page.entries);
    }
    let entries: Vec<Entry> = noted.into_iter().rev().flatten().collect();
    view.noted = !entries.is_empty();
    journal::redo_all(&mut view.state, entries);
    Ok(Some(view))
}

/// A page.
pub(super) async fn get(shelf: &Patient, number: u64) -> Result<Option<Page>, StateError> {
    let key = page::key(number);
    match shelf.get(&key).await? {
        Some(content) => Page::parse(&shelf.name(), &key, &content).map(Some),
        None => Ok(None),
    }
}
