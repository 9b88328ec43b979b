//! What a manifest asks to be run around a command: lines for the shell and plugins, each a child process that does not
//! outlive its time or ours.

mod event;
mod fill;
mod plugin;
mod protocol;
mod run;
mod shell;

pub use event::{Event, Label};
pub use plugin::find;
pub use run::{Ending, Subject, World, may_be_missing, run};
