//! Values → words. Nothing here decides anything.

pub(super) mod diagnostic;
pub(super) mod diff;
pub(super) mod local;
pub(super) mod output;
pub(super) mod plan;
pub(super) mod progress;
pub(super) mod text;
