//! The property `alias`: a name that leads to the version that the last deploy published.

use super::props::{Props, bad};
use super::schema::Kind;
use super::typed::shaped;
use crate::diagnostic::{Diagnostics, Span};
use crate::manifest::{Block, NodeKind};
use crate::resource::Value;

/// Longest name; the service's limit is not published, and the local cloud takes this one.
const LONGEST: usize = 128;

/// The part of the calls that a new version gets.
pub(in crate::component) const CANARY: Kind = Kind::Number(0.0, 1.0);

/// A name that leads to the versions that deploys publish.
pub(in crate::component) struct Alias {
    pub(in crate::component) name: String,
    /// The part of the calls that a new version gets, while the rest stays.
    pub(in crate::component) trial: Option<Value>,
    pub(in crate::component) at: Span,
}

/// What `alias` asks for: a name, or a name and the part of the calls that a new version gets at first.
pub(in crate::component) fn read(
    block: &Block,
    props: &Props<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Alias> {
    let node = block.props.get("alias").filter(|node| !node.is_null())?;
    let path = props.path("alias");
    let (name, at, weight) = match node.kind {
        NodeKind::Map(_) => {
            let inner = Props::new(node, &path);
            let name = inner.text("name", diagnostics)?;
            let canary = node.get("canary").filter(|canary| !canary.is_null());
            let weight = canary.map(|canary| shaped(canary, &CANARY));
            (name, inner.at("name"), weight)
        }
        _ => (props.text("alias", diagnostics)?, node.at.clone(), None),
    };
    if !is_name(name) {
        let wanted =
            "a letter or `_`, then letters, digits, `_` and `-`, 128 at most, and not LATEST";
        diagnostics.push(bad(&path, wanted, &at));
        return None;
    }
    Some(Alias {
        name: name.to_owned(),
        trial: weight,
        at,
    })
}

fn is_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let is_reserved = name == "LATEST";
    !is_reserved && name.starts_with(first) && name.chars().all(legal) && name.len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_no_number_and_not_the_latest() {
        for name in ["live", "_", "Prod-2", &"x".repeat(128)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1", "LATEST", "a.b", "a b", &"x".repeat(129)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
