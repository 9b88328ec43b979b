//! Local folders as artifacts: what is in them, by digest; a function's code as one package.

mod code;
mod folder;

pub use code::{CodePackage, package};
pub use folder::{FileEntry, ScanError, scan};
