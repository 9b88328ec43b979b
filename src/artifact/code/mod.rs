//! A function's code as a package: what is in it by digest, and the zip that is sent. Equal trees give equal bytes on any
//! machine: entries are sorted, times are fixed, permissions are one of two.

mod archive;
mod content;
mod error;
mod package;
mod tree;

pub use content::texts;
pub use error::CodeError;
pub use package::{CodePackage, Entry, Form, Jar};
pub use tree::list;
