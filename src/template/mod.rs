//! Project templates: the catalog that is built into the binary, their parameters, and writing a project from one.
//!
//! `catalog` lists, `find` chooses, `render` makes files in memory, `write` puts them into a folder at once.

mod catalog;
mod error;
mod parameter;
mod pattern;
mod render;
#[cfg(test)]
mod shipped;
mod variable;
mod write;

pub use catalog::{Template, catalog, find};
pub use error::TemplateError;
pub use parameter::{Kind, Parameter};
pub use pattern::Pattern;
pub use render::{RenderedFile, render};
pub use write::write;
