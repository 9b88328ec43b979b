//! Values → words. Nothing here decides anything.

mod action;
pub(super) mod build;
pub(super) mod diagnostic;
pub(super) mod diff;
mod edits;
pub(super) mod event;
mod field;
mod flow;
mod fold;
pub(super) mod info;
pub(super) mod invocation;
mod item;
pub(super) mod layer;
mod leaf;
pub(super) mod local;
pub(super) mod log;
pub(super) mod output;
pub(super) mod plan;
pub(super) mod progress;
pub(super) mod release;
mod run_tree;
pub(super) mod setting;
mod summary;
mod table;
pub(super) mod test;
pub(super) mod text;
pub(super) mod workflow;
