//! Components: each turns a block's properties into resources. Nothing below this room knows the manifest.

mod lower;
mod pack;
mod props;
mod site;

pub use lower::{Context, Lowered, lower};
pub use pack::{Pack, pack};

use crate::diagnostic::Diagnostics;
use crate::manifest::Block;

/// A component: its name, and how it lowers.
struct Component {
    name: &'static str,
    lower: fn(&Block, &Context, &mut Diagnostics) -> lower::Parts,
}

/// All components that can be deployed.
const COMPONENTS: &[Component] = &[Component {
    name: "site",
    lower: site::lower,
}];

/// The names of all components that are known, those that cannot be deployed included.
pub fn names() -> Vec<&'static str> {
    let deployed = COMPONENTS.iter().map(|component| component.name);
    deployed.chain(KNOWN_ELSEWHERE.iter().copied()).collect()
}

/// Components of Serverless Devs that are known by name and cannot be deployed by this version.
const KNOWN_ELSEWHERE: &[&str] = &[
    "fc3",
    "fc3-domain",
    "fc",
    "fc-api",
    "fnf",
    "flow",
    "oss",
    "cdn",
    "sae",
    "api-gateway",
    "domain",
    "website",
];
