//! sdev: one manifest in, one plan out, one truthful state.
//!
//! Data flows one way and the folders are the flow:
//! `manifest` → `component` (lowers to a `resource` graph) → `artifact` (packs) → `observe` → `plan` → `apply` → `state`.
//! `engine` strings the verbs together; `cli` shows what comes back.

pub mod apply;
pub mod artifact;
pub mod build;
pub mod cli;
pub mod component;
pub mod content;
pub mod credential;
pub mod diagnostic;
pub mod engine;
pub mod hook;
pub mod language;
pub mod manifest;
pub mod observe;
pub mod own;
pub mod plan;
pub mod provider;
pub mod residence;
pub mod resource;
pub mod rewrite;
pub mod sample;
pub mod secret;
pub mod state;
pub mod sys;
pub mod template;
pub mod terms;
