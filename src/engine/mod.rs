//! Strings the verbs together: load → lower → pack → observe → plan → apply. The only place that does.
//!
//! `project` is one plan and its apply; `course` goes block by block, with actions around each.

mod agenda;
mod around;
mod build;
mod check;
mod course;
mod narrow;
mod open;
mod plugins;
mod project;
mod release;
mod rival;
mod running;
mod seen;
mod stated;
mod trigger;

pub use build::Build;
pub use course::{Course, Happening, Outcome, Replan, Reread};
pub use open::{Reading, Until, examine, open};
pub use project::{Aim, Destination, Project};
pub use release::release;
pub use seen::Shown;
pub use trigger::Chosen;
