//! What a loaded manifest is: its name, its blocks, its resolved document.

use std::path::PathBuf;

use super::Node;
use crate::diagnostic::Span;

/// A manifest whose expressions are resolved, except outputs that only exist after an apply.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file, as the user gave it.
    pub path: PathBuf,
    /// The folder that relative paths in it start from.
    pub folder: PathBuf,
    /// The application's name: key `name`, or the folder's name.
    pub name: String,
    /// Key `access`, if present (not interpolated).
    pub access: Option<String>,
    /// The resources, in file order.
    pub blocks: Vec<Block>,
    /// The whole resolved document, for preview.
    pub document: Node,
}

/// One resource as written.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its key under `resources`.
    pub name: String,
    /// Where that key is.
    pub at: Span,
    /// The component's name.
    pub component: String,
    /// Where the component is named.
    pub component_at: Span,
    /// Its properties, always a map.
    pub props: Node,
}
