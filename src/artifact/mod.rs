//! Local folders as artifacts: what is in them, by digest.

mod folder;

pub use folder::{FileEntry, ScanError, scan};
