//! A manifest of edition 1.0.0 as one of edition 3.0.0, with its comments.
//!
//! `document` goes through the file, `function` makes the props of fc into those of fc3, `trigger` and `domain` do their
//! parts, `expression` the spelling of expressions, `edit` has the moves on maps.

mod document;
mod domain;
mod edit;
mod expression;
mod function;
mod inline;
mod trigger;

pub use document::{Migrated, migrate};
