//! Values → words. Nothing here decides anything.

pub(super) mod diagnostic;
mod diff;
mod edits;
pub(super) mod local;
pub(super) mod output;
pub(super) mod plan;
pub(super) mod progress;
mod summary;
pub(super) mod text;
