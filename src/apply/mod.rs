//! Carries out a plan: for each step an intent in the journal, the provider's call, a record in the state.

mod event;
mod outcome;
mod run;
mod texts;
mod walk;

pub use event::{Event, Report, Stop};
pub use walk::{ApplyError, Owner, apply};
