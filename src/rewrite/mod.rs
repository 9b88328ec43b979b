//! A manifest's text written anew with every comment: `sdev fmt`, `sdev migrate`.
//!
//! `scan` (text → tokens with the comments around them) → `read` (layout tree) → changes → `print` (text). Whoever
//! changes only the form checks with `verify` that the values are the same.

mod format;
mod layout;
mod migrate;
mod order;
mod print;
mod quote;
mod read;
mod scan;
mod verify;

pub use format::format;
pub use migrate::{Migrated, migrate};
