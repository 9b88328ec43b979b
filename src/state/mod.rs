//! What sdev made and remembers: records, their format, the lock, the journal.
//!
//! `LockedState` is the only writer. It writes to a store: `disk` (a folder of this machine).

mod disk;
mod error;
mod format;
mod journal;
mod lock;
mod locked;
mod place;
mod points;
mod record;
mod rename;
mod store;

pub use error::StateError;
pub use journal::{Entry, Journal};
pub use lock::Holder;
pub use locked::{Item, LockedState};
pub use place::Place;
pub use record::{Record, State, Status};
