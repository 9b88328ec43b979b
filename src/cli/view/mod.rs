//! Values → words. Nothing here decides anything.

mod action;
pub(super) mod diagnostic;
pub(super) mod diff;
mod edits;
mod item;
pub(super) mod local;
pub(super) mod output;
pub(super) mod plan;
pub(super) mod progress;
mod summary;
pub(super) mod text;
