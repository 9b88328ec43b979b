//! Local folders as artifacts: what is in them, by digest; a function's code as a package.

mod code;
mod folder;

pub use code::{CodeError, CodePackage, Entry, Form, Jar, list as list_code, texts as code_texts};
pub use folder::{FileEntry, ScanError, list, scan};
