//! The alias of a `function`: a name that leads to the version that the last deploy published.

use crate::component::fc3::Alias;
use crate::component::props::{Props, bad};
use crate::component::typed::shaped;
use crate::diagnostic::Diagnostics;
use crate::manifest::{Block, NodeKind};

/// Longest name; the service's limit is not published, and the local cloud takes this one.
const LONGEST: usize = 128;

/// What `alias` asks for: a name, or a name and the part of the calls that a new version gets at first.
pub(super) fn read(
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
            let weight = canary.map(|canary| shaped(canary, super::kind_in("alias", "canary")));
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
