//! From the node under `sdev` to settings.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Fields, bad};
use super::key::{self, names};
use super::model::{Move, Named, Own, Storage};
use super::policy;
use crate::diagnostic::{Diagnostic, Diagnostics, closest, code};
use crate::manifest::{Block, Manifest, Node, NodeKind};

/// Reads the key `sdev` of a manifest. `components` are the names that a policy may be for, beside those in the manifest.
/// Every mistake is reported; what could not be read is left out.
pub fn read(manifest: &Manifest, components: &[&str], diagnostics: &mut Diagnostics) -> Own {
    let Some(node) = &manifest.own else {
        slip(manifest, diagnostics);
        return Own::default();
    };
    let known: Vec<&str> = names(key::TOP).collect();
    let Some(fields) = Fields::new(node, "sdev", &known, diagnostics) else {
        return Own::default();
    };
    let known: BTreeSet<&str> = manifest
        .blocks
        .iter()
        .map(|block| base(&block.component))
        .chain(components.iter().copied())
        .collect();
    Own {
        storage: storage(&fields, diagnostics),
        protect: protect(&fields, &manifest.blocks, diagnostics),
        moved: moved(&fields, &manifest.blocks, diagnostics),
        policies: policy::read(&fields, &known, diagnostics),
        secrets: secrets(&fields),
        build: build(&fields, &manifest.blocks, diagnostics),
    }
}

/// A component's name without its version.
pub(super) fn base(component: &str) -> &str {
    component.split('@').next().unwrap_or(component)
}

/// A top-level key that is nearly `sdev` and holds our settings: passed over, it would protect nothing.
fn slip(manifest: &Manifest, diagnostics: &mut Diagnostics) {
    for entry in manifest.document.entries() {
        let near = closest(&entry.key, ["sdev"].into_iter()).is_some();
        let ours = |key: &str| names(key::TOP).any(|name| name == key);
        if near && entry.value.entries().iter().any(|e| ours(&e.key)) {
            let detail = format!("`{}` has no meaning, and is close to `sdev`", entry.key);
            diagnostics.push(
                Diagnostic::warning(code::UNKNOWN_KEY, detail)
                    .at(entry.key_at.clone())
                    .hint("did you mean `sdev`?"),
            );
        }
    }
}

fn storage(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Storage {
    let Some(node) = fields.node("state") else {
        return Storage::Beside;
    };
    let known: Vec<&str> = names(key::STATE).collect();
    let Some(state) = Fields::new(node, &fields.path("state"), &known, diagnostics) else {
        return Storage::Beside;
    };
    let folder = state.text("folder", diagnostics);
    let bucket = state.text("bucket", diagnostics);
    let (prefix, region) = (
        state.text("prefix", diagnostics),
        state.text("region", diagnostics),
    );
    match (state.node("folder"), state.node("bucket")) {
        (Some(_), Some(bucket)) => {
            let detail =
                "`sdev.state` names a `folder` and a `bucket`, and a state is in one place";
            diagnostics.push(Diagnostic::error(code::BAD_SETTING, detail).at(bucket.at.clone()));
        }
        (None, None) if !state.slipped() => {
            let detail = "`sdev.state` needs the key `folder` or `bucket`";
            diagnostics.push(Diagnostic::error(code::BAD_SETTING, detail).at(state.at().clone()));
        }
        _ => {}
    }
    for name in ["prefix", "region"] {
        if let (None, Some(entry)) = (state.node("bucket"), state.entry(name)) {
            let detail = format!("`{}` means something only with `bucket`", state.path(name));
            diagnostics.push(Diagnostic::error(code::BAD_SETTING, detail).at(entry.key_at.clone()));
        }
    }
    match (folder, bucket) {
        (Some(path), _) => Storage::Folder {
            path: path.to_owned(),
        },
        (None, Some(name)) => {
            if let Some(rule) = wire::oss::broken_bucket_rule(name) {
                state.wrong::<()>("bucket", &format!("a bucket's name ({rule})"), diagnostics);
            }
            Storage::Bucket {
                bucket: name.to_owned(),
                prefix: self::prefix(&state, prefix.unwrap_or_default(), diagnostics),
                region: region.map(str::to_owned),
            }
        }
        (None, None) => Storage::Beside,
    }
}

/// The prefix without slashes at its ends.
fn prefix(state: &Fields<'_>, text: &str, diagnostics: &mut Diagnostics) -> String {
    let trimmed = text.trim_matches('/');
    let legal = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.contains(|c: char| c.is_control() || c == '\\')
    };
    if !trimmed.is_empty() && !trimmed.split('/').all(legal) {
        let wanted = "names with single slashes between them, such as `states/team`";
        state.wrong::<()>("prefix", wanted, diagnostics);
    }
    trimmed.to_owned()
}

fn protect(fields: &Fields<'_>, blocks: &[Block], diagnostics: &mut Diagnostics) -> Vec<Named> {
    let mut named = Vec::new();
    for (name, at) in fields.texts("protect", diagnostics) {
        if blocks.iter().any(|block| block.name == name) {
            named.push(Named {
                name: name.to_owned(),
                at: at.clone(),
            });
            continue;
        }
        let detail =
            format!("`sdev.protect` names `{name}`, which is no resource of this manifest");
        let error = Diagnostic::error(code::BAD_SETTING, detail).at(at.clone());
        diagnostics.push(near_block(error, name, blocks));
    }
    named
}

fn near_block(error: Diagnostic, name: &str, blocks: &[Block]) -> Diagnostic {
    match closest(name, blocks.iter().map(|block| block.name.as_str())) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

fn moved(fields: &Fields<'_>, blocks: &[Block], diagnostics: &mut Diagnostics) -> Vec<Move> {
    let Some(node) = fields.node("moved") else {
        return Vec::new();
    };
    let NodeKind::Map(entries) = &node.kind else {
        let wanted = "a map of old names to new ones";
        diagnostics.extend(bad(&fields.path("moved"), wanted, node));
        return Vec::new();
    };
    let mut steps = BTreeMap::new();
    for entry in entries {
        match &entry.value.kind {
            NodeKind::Text(to) if !to.is_empty() => {
                steps.insert(entry.key.as_str(), to.as_str());
            }
            _ => {
                let path = format!("sdev.moved.{}", entry.key);
                diagnostics.extend(bad(&path, "the new name of a resource", &entry.value));
            }
        }
    }
    let mut moves = Vec::new();
    for entry in entries {
        let Some(&step) = steps.get(entry.key.as_str()) else {
            continue;
        };
        let from = entry.key.as_str();
        let refuse =
            |detail: String| Diagnostic::error(code::BAD_MOVE, detail).at(entry.key_at.clone());
        if let Some(block) = blocks.iter().find(|block| block.name == from) {
            let detail = format!("`{from}` is still a resource of this manifest");
            let error = refuse(detail).related(block.at.clone(), "it is here");
            diagnostics.push(error.hint("rename the resource, or delete the line of the move"));
            continue;
        }
        match end_of(step, from, &steps) {
            None => diagnostics.push(refuse(format!(
                "the moves of `{from}` lead back to where they began"
            ))),
            Some(to) if blocks.iter().any(|block| block.name == to) => moves.push(Move {
                from: from.to_owned(),
                to: to.to_owned(),
                at: entry.key_at.clone(),
            }),
            Some(to) => {
                let detail =
                    format!("`{from}` moves to `{to}`, which is no resource of this manifest");
                diagnostics.push(near_block(refuse(detail), to, blocks));
            }
        }
    }
    moves
}

/// Where moves of moves end; `None`: in a circle.
fn end_of<'a>(step: &'a str, from: &str, steps: &BTreeMap<&str, &'a str>) -> Option<&'a str> {
    let mut to = step;
    for _ in 0..=steps.len() {
        match steps.get(to) {
            _ if to == from => return None,
            Some(next) => to = next,
            None => return Some(to),
        }
    }
    None
}

/// Lines that make code, by block.
fn build(
    fields: &Fields<'_>,
    blocks: &[Block],
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, String> {
    let Some(node) = fields.node("build") else {
        return BTreeMap::new();
    };
    if !node.is_map() {
        diagnostics.extend(bad(
            &fields.path("build"),
            "a map of resources to lines",
            node,
        ));
    }
    let mut lines = BTreeMap::new();
    for entry in node.entries() {
        let name = &entry.key;
        let Some(line) = entry.value.as_str().filter(|line| !line.trim().is_empty()) else {
            let path = format!("sdev.build.{name}");
            diagnostics.extend(bad(&path, "a line for the shell", &entry.value));
            continue;
        };
        if blocks.iter().any(|block| block.name == *name) {
            lines.insert(name.clone(), line.to_owned());
            continue;
        }
        let detail = format!("`sdev.build` names `{name}`, which is no resource of this manifest");
        let error = Diagnostic::error(code::BAD_SETTING, detail).at(entry.key_at.clone());
        diagnostics.push(near_block(error, name, blocks));
    }
    lines
}

/// The marked variables. What is wrong with them was told when the manifest was loaded, which needs them.
fn secrets(fields: &Fields<'_>) -> Vec<String> {
    let items = fields.node("secrets").map_or(&[][..], Node::items);
    let names = items.iter().filter_map(Node::as_str);
    names.map(str::to_owned).collect()
}
