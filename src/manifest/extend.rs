//! Key `extend` of a file: one base file, which the file is laid over.

use std::path::Path;

use super::layer::lay;
use super::{Entry, Node, NodeKind, read, tree};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};

/// The tree of the base file that `root` names. `None` when it names none, or one that cannot be used.
///
/// The original takes a base that is missing for an empty one. Resources that vanish would then be removed from the
/// cloud, so here it is an error.
pub(super) fn base(root: &Node, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Node> {
    let entry = root
        .entry("extend")
        .filter(|entry| !entry.value.is_null())?;
    let at = &entry.value.at;
    let Some(name) = entry.value.as_str() else {
        let detail = format!(
            "`extend` must be the path of a file, and is {}",
            entry.value.type_name()
        );
        diagnostics.push(Diagnostic::error(code::WRONG_TYPE, detail).at(at.clone()));
        return None;
    };
    if let Some(env) = root.entry("env").filter(|env| !env.value.is_null()) {
        let detail = "`extend` and `env` cannot stand in one file";
        diagnostics.push(
            Diagnostic::error(code::BASE_FILE, detail)
                .at(env.key_at.clone())
                .related(entry.key_at.clone(), "the base file")
                .hint("keep one of the two"),
        );
    }
    let source = match read::read(&folder.join(name)) {
        Ok(source) => source,
        Err(error) => {
            diagnostics.push(
                Diagnostic::error(code::BASE_FILE, error.to_string())
                    .at(at.clone())
                    .hint("the path starts at the manifest's folder"),
            );
            return None;
        }
    };
    let (tree, found) = tree::parse(&source);
    diagnostics.extend(found);
    let tree = tree?;
    if !tree.is_map() {
        let detail = format!(
            "`{name}` must be a map like a manifest, and is {}",
            tree.type_name()
        );
        diagnostics.push(
            Diagnostic::error(code::BASE_FILE, detail)
                .at(at.clone())
                .related(Span::new(&source, tree.at.start, tree.at.start), "this"),
        );
        return None;
    }
    if let Some(further) = tree.entry("extend") {
        let detail = format!("`{name}` extends a file itself, which is not followed");
        diagnostics.push(Diagnostic::warning(code::BASE_FILE, detail).at(further.key_at.clone()));
    }
    Some(tree)
}

/// Everything but the resources: `root` over `base`. The key `extend` of the base is not taken over.
pub(super) fn lay_rest(base: &Node, root: &Node) -> Node {
    let lower = without(base, &["resources", "extend"]);
    let mut rest = lay(lower, without(root, &["resources"]));
    keep_marks(&mut rest, base);
    rest
}

/// Lists are replaced, but what the base marks as secret stays so: a text would show otherwise.
fn keep_marks(rest: &mut Node, base: &Node) {
    let marks = |root: &Node| root.get("sdev")?.get("secrets").cloned();
    let (Some(below), Some(above)) = (marks(base), marks(rest)) else {
        return;
    };
    let missing = below.items().iter().filter(|mark| {
        let same = |other: &Node| other.as_str() == mark.as_str();
        !above.items().iter().any(same)
    });
    let missing: Vec<Node> = missing.cloned().collect();
    let own = rest.get_mut("sdev").and_then(|own| own.get_mut("secrets"));
    if let Some(NodeKind::List(items)) = own.map(|own| &mut own.kind) {
        items.extend(missing);
    }
}

fn without(node: &Node, keys: &[&str]) -> Node {
    let kept = |entry: &&Entry| !keys.contains(&entry.key.as_str());
    let entries = node.entries().iter().filter(kept).cloned().collect();
    Node::new(node.at.clone(), NodeKind::Map(entries))
}
