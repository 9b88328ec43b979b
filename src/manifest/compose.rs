//! From the files to one document: the base file below, templates under properties, the environment's overlays on top.
//! Expressions are still as written.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::environments::{self, Overlay};
use super::layer::lay;
use super::resolve::{Host, resolve};
use super::{Entry, Environment, Node, NodeKind, Occasion};
use super::{extend, read, structure, template};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, code};

/// A document, and what else expressions in it may look into.
pub(super) struct Composed {
    /// The document.
    pub(super) root: Node,
    /// Where expressions look first, by the file that they stand in.
    pub(super) scopes: Vec<Scope>,
    /// The environment that was chosen.
    pub(super) overlay: Option<Overlay>,
}

/// The resources as one file has them. A base file knows nothing of the file that extends it, and the other way round.
pub(super) struct Scope {
    /// The file.
    pub(super) source: Arc<Source>,
    /// Its resources.
    pub(super) resources: Node,
}

/// Puts the document together.
pub(super) fn compose(
    root: Node,
    folder: &Path,
    (occasion, environment): (Occasion<'_>, &dyn Environment),
    diagnostics: &mut Diagnostics,
) -> Composed {
    let base = extend::base(&root, folder, diagnostics);
    let extends = root.get("extend").is_some_and(|extend| !extend.is_null());
    let mut composed = match base {
        Some(base) => over_base(&base, &root, diagnostics),
        // What the base was to give would be told as missing.
        None if extends => alone(root, &mut Diagnostics::new()),
        None => alone(root, diagnostics),
    };
    composed.overlay = environments::choose(&composed.root, folder, occasion, diagnostics);
    if let (true, Some(overlay)) = (extends, &composed.overlay) {
        let detail = format!(
            "the environment `{}` cannot be laid over a file with `extend`",
            overlay.name
        );
        let error = Diagnostic::error(code::BASE_FILE, detail);
        diagnostics.push(match composed.root.entry("extend") {
            Some(entry) => error.at(entry.key_at.clone()),
            None => error,
        });
    } else if let Some(overlay) = &composed.overlay {
        let components = components(&composed.root, folder, (occasion, environment));
        overlay.lay_over(&mut composed.root, &components);
    }
    if let Some(access) = occasion.access {
        set_access(&mut composed.root, access);
    }
    composed
}

/// The resources' components by name, worked out where they are expressions. What fails is told when all is resolved.
fn components(
    root: &Node,
    folder: &Path,
    (occasion, environment): (Occasion<'_>, &dyn Environment),
) -> BTreeMap<String, String> {
    let resources = root.get("resources").map(Node::entries).unwrap_or_default();
    let part = |resource: &Entry| {
        let component = resource.value.entry("component").cloned();
        let parts = NodeKind::Map(component.into_iter().collect());
        Entry {
            value: Node::new(resource.value.at.clone(), parts),
            ..resource.clone()
        }
    };
    let resources = NodeKind::Map(resources.iter().map(part).collect());
    let mut entries: Vec<Entry> = root.entry("vars").cloned().into_iter().collect();
    entries.extend(root.entry("resources").map(|entry| Entry {
        value: Node::new(entry.value.at.clone(), resources),
        ..entry.clone()
    }));
    let mut small = Composed {
        root: Node::new(root.at.clone(), NodeKind::Map(entries)),
        scopes: Vec::new(),
        overlay: None,
    };
    let host = Host {
        environment,
        folder: read::absolute(folder),
        occasion,
        files: RefCell::default(),
    };
    resolve(&mut small, &host, &mut Diagnostics::new());
    let name = |resource: &Entry| {
        let component = resource.value.get("component")?.as_str()?;
        Some((resource.key.clone(), component.to_owned()))
    };
    let resources = small.root.get("resources").map(Node::entries);
    resources
        .unwrap_or_default()
        .iter()
        .filter_map(name)
        .collect()
}

/// The access that was asked for takes the place of the one written.
fn set_access(root: &mut Node, access: &str) {
    let at = root
        .entry("access")
        .map_or(&root.at, |entry| &entry.value.at)
        .clone();
    let value = Node::new(at.clone(), NodeKind::Text(access.to_owned()));
    if let NodeKind::Map(entries) = &mut root.kind {
        match entries.iter_mut().find(|entry| entry.key == "access") {
            Some(entry) => entry.value = value,
            None => entries.push(Entry {
                key: "access".to_owned(),
                key_at: at,
                value,
            }),
        }
    }
}

fn alone(mut root: Node, diagnostics: &mut Diagnostics) -> Composed {
    structure::check(&root, diagnostics);
    let templates = root.get("template").cloned();
    let mut used = BTreeSet::new();
    if let NodeKind::Map(entries) = &mut root.kind
        && let Some(resources) = entries.iter_mut().find(|entry| entry.key == "resources")
    {
        template::apply(
            &mut resources.value,
            templates.as_ref(),
            &mut used,
            diagnostics,
        );
    }
    template::warn_unused(templates.as_ref(), &used, diagnostics);
    Composed {
        root,
        scopes: Vec::new(),
        overlay: None,
    }
}

/// A file over its base: both get their templates on their own, then one lies over the other.
fn over_base(base: &Node, root: &Node, diagnostics: &mut Diagnostics) -> Composed {
    let mut rest = extend::lay_rest(base, root);
    let templates = rest.get("template").cloned();
    let mut used = BTreeSet::new();
    let mut scope = |of: &Node| {
        let empty = Node::new(of.at.clone(), NodeKind::Map(Vec::new()));
        let mut resources = of.get("resources").cloned().unwrap_or(empty);
        template::apply(&mut resources, templates.as_ref(), &mut used, diagnostics);
        Scope {
            source: Arc::clone(&of.at.source),
            resources,
        }
    };
    let scopes = vec![scope(base), scope(root)];
    template::warn_unused(templates.as_ref(), &used, diagnostics);
    if let NodeKind::Map(entries) = &mut rest.kind
        && let Some(entry) = root.entry("resources").or_else(|| base.entry("resources"))
    {
        let key_at = entry.key_at.clone();
        let below = scopes[0].resources.clone();
        entries.push(Entry {
            key: "resources".to_owned(),
            key_at,
            value: lay(below, scopes[1].resources.clone()),
        });
    }
    structure::check(&rest, diagnostics);
    Composed {
        root: rest,
        scopes,
        overlay: None,
    }
}
