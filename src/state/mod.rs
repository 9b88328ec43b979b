//! What sdev made and remembers: records, their format, the lock, the journal.
//!
//! `LockedState` is the only writer. It writes to a store: `disk` (a folder of this machine), or
//! `shared` (a log of pages on a shelf that several machines reach).

mod disk;
mod error;
mod format;
mod journal;
mod lease;
mod lock;
mod locked;
mod log;
mod page;
mod place;
mod points;
mod record;
mod rename;
mod shared;
mod shelf;
mod store;

#[cfg(test)]
mod shared_tests;

pub use error::StateError;
pub use journal::{Entry, Journal};
pub use lock::Holder;
pub use locked::{Item, LockedState};
pub use place::Place;
pub use record::{Record, State, Status};
pub use shared::SharedPlace;
pub use shelf::{Shelf, ShelfError, Shelved};
