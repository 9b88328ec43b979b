//! The nouns of the engine: what a resource is, before any provider and after any manifest.

mod graph;
mod id;
mod kind;
mod secret;
mod value;

pub use graph::{Cycle, Graph, Resource};
pub use id::{Kind, RemoteId, ResourceId};
pub use kind::{Exclusive, KindSpec, Specs};
pub use secret::{
    PLAIN, Part, Print, Sealed, SecretRef, Transform, conceal, conceal_plain, differ_in_key,
    is_sealed,
};
pub use value::{Attrs, Object, Output, Unresolved, Value};
