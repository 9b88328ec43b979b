//! The nouns of the engine: what a resource is, before any provider and after any manifest.

mod graph;
mod id;
mod kind;
mod value;

pub use graph::{Cycle, Graph, Resource};
pub use id::{Kind, RemoteId, ResourceId};
pub use kind::{KindSpec, Specs};
pub use value::{Attrs, Object, SecretRef, Unresolved, Value};
