//! Expressions in the spelling of edition 3.0.0: `${env.X}` → `${env('X')}`, `${service.props.x}` → `${resources.service.props.x}`.

use super::super::layout::{Body, Collection, Node, Style};
use super::edit::{Losses, plain};

/// The roots of edition 3.0.0, which no service's name hides.
const ROOTS: [&str; 5] = ["vars", "resources", "components", "env", "config"];

/// Rewrites all expressions below `node`. `services` are the names that can be referred to.
pub(super) fn rewrite(node: &mut Node, services: &[String], losses: &mut Losses) {
    let at = node.clone();
    match &mut node.body {
        Body::Collection(collection) => rewrite_all(collection, services, losses),
        Body::Block { lines, .. } => {
            for line in lines {
                *line = in_text(line, services, &mut |detail| tell(losses, &at, detail));
            }
        }
        Body::Scalar(scalar) if scalar.style != Style::Alias => {
            let mut lost = |detail: &str| tell(losses, &at, detail);
            let value = in_text(&scalar.value, services, &mut lost);
            if value == scalar.value {
                return;
            }
            if scalar.style == Style::Single || scalar.raw.contains('\\') {
                *scalar = plain(&value);
                return;
            }
            scalar.raw = in_text(&scalar.raw, services, &mut |_| {});
            scalar.value = value;
        }
        Body::Scalar(_) => {}
    }
}

fn tell(losses: &mut Losses, at: &Node, detail: &str) {
    losses.warn(at, detail, "write what it stood for");
}

fn rewrite_all(collection: &mut Collection, services: &[String], losses: &mut Losses) {
    for entry in &mut collection.entries {
        rewrite(&mut entry.value, services, losses);
    }
}

/// A text with its expressions rewritten; `lost` is told of those that have no counterpart.
fn in_text(text: &str, services: &[String], lost: &mut dyn FnMut(&str)) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(size) = rest[start..].find('}') else {
            break;
        };
        let inner = &rest[start + 2..start + size];
        out.push_str(&rest[..start]);
        match rewritten(inner.trim(), services, lost) {
            Some(new) => {
                out.push_str("${");
                out.push_str(&new);
                out.push('}');
            }
            None => out.push_str(&rest[start..=start + size]),
        }
        rest = &rest[start + size + 1..];
    }
    out.push_str(rest);
    out
}

/// The new spelling of what stands between `${` and `}`, if it has another.
fn rewritten(inner: &str, services: &[String], lost: &mut dyn FnMut(&str)) -> Option<String> {
    if let Some(name) = inner.strip_prefix("env.") {
        return Some(format!("env('{name}')"));
    }
    if let Some((call, argument)) = inner
        .strip_suffix(')')
        .and_then(|call| call.split_once('('))
    {
        let known = matches!(call, "env" | "config" | "file" | "Env" | "Config" | "File");
        let bare = !argument.contains(['\'', '"', ',', '(']);
        let call = call.to_ascii_lowercase();
        return (known && bare).then(|| format!("{call}('{}')", argument.trim()));
    }
    let (root, path) = inner.split_once('.')?;
    if root == "this" {
        return path.strip_prefix("props.").and_then(|path| {
            let path = prop_path(path, inner, lost)?;
            Some(format!("this.props.{path}"))
        });
    }
    if ROOTS.contains(&root) || !services.iter().any(|name| name == root) {
        return None;
    }
    match path.strip_prefix("props.") {
        Some(path) => {
            let path = prop_path(path, inner, lost)?;
            Some(format!("resources.{root}.props.{path}"))
        }
        None => Some(format!("resources.{root}.{path}")),
    }
}

/// Where a property of fc is in fc3.
fn prop_path(path: &str, inner: &str, lost: &mut dyn FnMut(&str)) -> Option<String> {
    if matches!(
        path,
        "service" | "function" | "service.name" | "service.description"
    ) {
        lost(&format!("`${{{inner}}}` refers to what is gone"));
        return None;
    }
    let short = path
        .strip_prefix("function.")
        .or_else(|| path.strip_prefix("service."));
    Some(match short {
        Some("name") => "functionName".to_owned(),
        Some("codeUri") => "code".to_owned(),
        Some(short) => short.to_owned(),
        None => path.to_owned(),
    })
}

/// Whether a text holds an expression.
pub(super) fn has_any(text: &str) -> bool {
    text.contains("${")
}
