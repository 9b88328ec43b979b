//! Which blocks a command is for: those asked for, otherwise those that the manifest's order lists.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Diagnostics, closest, code};
use crate::manifest::Manifest;
use crate::plan::Scope;
use crate::state::State;

/// The scope and its groups in order. `remembered` is asked when a target is not in the manifest: what is only in a state
/// can be removed. It gives nothing where that is no way out, and no state where that was not read yet.
pub(super) fn narrow<'s>(
    manifest: &Manifest,
    targets: &[String],
    remembered: &dyn Fn() -> Option<Option<&'s State>>,
) -> Result<(Scope, Vec<Vec<String>>), Diagnostics> {
    let listed: BTreeSet<&str> = manifest
        .order
        .iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if targets.is_empty() {
        let names = manifest.blocks.iter().map(|block| &block.name);
        let left_out: BTreeSet<String> = names
            .filter(|name| !listed.contains(name.as_str()))
            .cloned()
            .collect();
        let scope = if left_out.is_empty() {
            Scope::All
        } else {
            Scope::Except(left_out)
        };
        return Ok((scope, manifest.order.clone()));
    }
    check(manifest, targets, remembered)?;
    let wanted: BTreeSet<String> = targets.iter().cloned().collect();
    let of = |group: &Vec<String>| -> Vec<String> {
        let members = group.iter().filter(|name| wanted.contains(*name));
        members.cloned().collect()
    };
    let mut order: Vec<Vec<String>> = manifest.order.iter().map(of).collect();
    let unlisted = wanted.iter().filter(|name| !listed.contains(name.as_str()));
    order.extend(unlisted.map(|name| vec![name.clone()]));
    order.retain(|group| !group.is_empty());
    Ok((Scope::Only(wanted), order))
}

fn check<'s>(
    manifest: &Manifest,
    targets: &[String],
    remembered: &dyn Fn() -> Option<Option<&'s State>>,
) -> Result<(), Diagnostics> {
    let known: BTreeSet<&str> = manifest.blocks.iter().map(|b| b.name.as_str()).collect();
    let mut unknown: Vec<&String> = targets
        .iter()
        .filter(|target| !known.contains(target.as_str()))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let asked = remembered();
    if let Some(None) = asked {
        // A shared state that was not asked yet. It is read again when it was.
        return Ok(());
    }
    if let Some(Some(state)) = asked {
        let lives = |name: &str| state.records.keys().any(|id| id.block() == name);
        unknown.retain(|name| !lives(name));
    }
    let names: Vec<&str> = known.iter().copied().collect();
    let mut diagnostics = Diagnostics::new();
    for name in unknown {
        let error = Diagnostic::error(code::USAGE, format!("there is no resource `{name}`"));
        let near = closest(name, known.iter().copied());
        let hint = near.map_or_else(
            || format!("resources: {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        diagnostics.push(error.hint(hint));
    }
    diagnostics.into_result(()).map(|((), _)| ())
}
