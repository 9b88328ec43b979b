//! The manifest as written: loaded with places, resolved, checked. Nothing here knows a component's properties.
//!
//! `read` (bytes) → `tree` (YAML with places) → `structure` (keys) → `resolve` (expressions) → `assemble` (blocks).

mod action;
mod actions;
mod assemble;
mod compose;
mod dotenv;
mod emit;
mod environment;
mod environments;
mod expression;
mod extend;
#[cfg(test)]
mod fixture;
mod flow;
mod key;
mod layer;
mod lenient;
mod load;
mod merge;
mod model;
mod node;
mod number;
#[cfg(test)]
mod oracle;
mod place;
mod read;
mod resolve;
mod scalar;
mod structure;
mod syntax_error;
mod tag;
mod template;
mod tree;

pub use action::{Action, Does, Hook, Tolerance};
pub use emit::{to_json, to_yaml};
pub use environment::Environment;
pub use load::{access, load, load_all, load_source, load_text, name};
pub use model::{Block, Manifest, Occasion};
pub use node::{Entry, Layered, Node, NodeKind};
pub use read::find;
pub use tree::parse;
