//! What a destination cannot do of what is asked for.
//!
//! `auto` asks for networks, file systems, log stores that nobody has made yet: that is refused, with its place, where it would
//! be missed. In the local cloud such blocks have no effect either way, but for file systems; so they are left out, and whoever
//! deploys is told once.

use crate::component::lower::{Context, LeftOut};
use crate::diagnostic::Span;
use crate::manifest::{Block, Node};

/// Blocks that name things outside the service.
const OUTSIDE: [&str; 4] = ["vpcConfig", "nasConfig", "logConfig", "ossMountConfig"];

/// How much of a block can be deployed.
pub(super) enum Reach {
    /// All of it, without the properties named.
    All { without: Vec<LeftOut> },
    /// Not this, at this place.
    Not(Span),
}

/// What can be done of a block where it is deployed to.
pub(super) fn reach(block: &Block, context: &Context) -> Reach {
    let mut without = Vec::new();
    for name in OUTSIDE {
        let Some(node) = block.props.get(name).filter(|node| !node.is_null()) else {
            continue;
        };
        let auto = auto(node);
        if context.local {
            // What is written out is kept as it is; that it has no effect is told when it is deployed.
            if auto.is_none() {
                continue;
            }
            // A folder of this machine is a file system.
            if name == "nasConfig" {
                continue;
            }
            without.push(LeftOut {
                block: block.name.clone(),
                property: name,
                at: node.at.clone(),
            });
        } else if let Some(at) = auto {
            return Reach::Not(at.clone());
        }
    }
    let asked = ["endpoint", "annotations"];
    let other = asked.iter().find_map(|name| block.props.get(name));
    let code = block.props.get("code").filter(|code| is_address(code));
    if let Some(code) = code {
        return Reach::Not(code.at.clone());
    }
    match other.filter(|node| !node.is_null() && !context.local) {
        Some(node) => Reach::Not(node.at.clone()),
        None => Reach::All { without },
    }
}

/// Whether the code is to be fetched from the web, or put into a bucket first.
fn is_address(code: &Node) -> bool {
    let text = code.as_str().unwrap_or_default();
    text.starts_with("http://") || text.starts_with("https://") || code.get("src").is_some()
}

/// Where something is to be made: `auto`, alone or with settings behind bars.
fn auto(node: &Node) -> Option<&Span> {
    let is_auto = |node: &Node| {
        let text = node.as_str().unwrap_or_default();
        text.eq_ignore_ascii_case("auto") || text.to_ascii_lowercase().starts_with("auto|")
    };
    if is_auto(node) {
        return Some(&node.at);
    }
    let inside = [
        "vSwitchIds",
        "securityGroupId",
        "vpcId",
        "project",
        "logstore",
    ];
    let inside = inside.iter().filter_map(|name| node.get(name));
    inside
        .flat_map(|node| [node].into_iter().chain(node.items()))
        .find(|node| is_auto(node))
        .map(|node| &node.at)
}
