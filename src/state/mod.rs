//! What sdev made and remembers: records, their format, the lock, the journal.

mod record;

pub use record::{Record, State, Status};
