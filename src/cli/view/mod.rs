//! Values → words. Nothing here decides anything.

mod action;
pub(super) mod diagnostic;
mod diff;
mod item;
pub(super) mod local;
pub(super) mod output;
pub(super) mod plan;
pub(super) mod progress;
pub(super) mod text;
