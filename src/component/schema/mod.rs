//! What may stand in a component's properties, as data: checks, editors' schemas and reference pages come from it.

mod check;
mod json;
mod kind;
mod page;
mod path;

pub use json::{json_schema, manifest_schema};
pub use kind::{Case, Form, Kind, Prop, Schema, Strictness};
pub use page::page;
pub use path::{Place, find};

pub(super) use check::check;
pub(super) use kind::prop;
