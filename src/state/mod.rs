//! What sdev made and remembers: records, their format, the lock, the journal.

mod error;
mod journal;
mod lock;
mod record;
mod rename;
mod store;

pub use error::StateError;
pub use journal::{Entry, Journal};
pub use lock::Holder;
pub use record::{Record, State, Status};
pub use store::{Item, LockedState, Place};
