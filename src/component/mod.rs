//! Components: each turns a block's properties into resources. Nothing below this room knows the manifest.

mod alias;
mod bucket;
mod catalog;
mod cdn;
mod code_pack;
mod detect;
mod fc3;
mod fc3_domain;
mod function;
mod layer_pack;
mod lower;
mod oss;
mod pack;
mod planned;
mod props;
mod schema;
mod site;
mod typed;
mod workflow;

pub use code_pack::CodePack;
pub use layer_pack::LayerPack;
pub use lower::{Context, LeftOut, Lowered, lower, lower_as_far};
pub use pack::{Pack, SitePack, pack};
pub use planned::Planned;
pub use schema::{Case, Form, Kind, Place, Prop, Schema, Strictness};
pub use schema::{find, json_schema, manifest_schema, page};
pub use workflow::DefinitionPack;

use crate::diagnostic::Diagnostics;
use crate::manifest::Block;

/// How a component's block becomes resources.
type Lower = fn(&Block, &Context, &mut Diagnostics) -> lower::Parts;

/// The components that can be deployed. The others of the catalog can be checked and planned.
const DEPLOYED: &[(&str, Lower)] = &[
    ("site", site::lower),
    ("oss", oss::lower),
    ("cdn", cdn::lower),
    ("function", function::lower),
    ("fc3", fc3::lower),
    ("fc3-domain", fc3_domain::lower),
    ("workflow", workflow::lower),
    ("fnf", workflow::lower_fnf),
    ("flow", workflow::lower_flow),
];

/// The names of all components that are known.
pub fn names() -> impl Iterator<Item = &'static str> {
    catalog::ALL.iter().map(|schema| schema.name)
}

/// What may stand in the properties of a component, if it is known.
pub fn schema(name: &str) -> Option<&'static Schema> {
    catalog::ALL.into_iter().find(|schema| schema.name == name)
}

/// Whether a component can be deployed.
pub fn is_deployed(name: &str) -> bool {
    DEPLOYED.iter().any(|(of, _)| *of == name)
}

/// A component's name without the version that may stand behind it: `fc3@1.0` is `fc3`.
pub fn base_name(component: &str) -> &str {
    match component.split_once('@') {
        Some((name, _)) if !name.contains('/') => name,
        _ => component,
    }
}
