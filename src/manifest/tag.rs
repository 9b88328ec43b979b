//! `!!int` and its like: which tags there are, and what they make of a value.

use std::borrow::Cow;

use saphyr_parser::Tag;

use super::number::number;
use super::{NodeKind, scalar as plain};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};

/// The prefix that all tags of YAML itself have.
const CORE: &str = "tag:yaml.org,2002:";

/// A scalar read as its tag says. What cannot be read so is reported and stays text.
pub(super) fn scalar(
    text: Cow<str>,
    tag: &Tag,
    at: &Span,
    diagnostics: &mut Diagnostics,
) -> NodeKind {
    let name = format!("{}{}", tag.handle, tag.suffix);
    let read = match name.strip_prefix(CORE).unwrap_or(&name) {
        "!" | "str" | "timestamp" => Some(NodeKind::Text(text.to_string())),
        "binary" => {
            let detail = "`!!binary` is read as the text that stands there";
            diagnostics.push(Diagnostic::warning(code::YAML_TAG, detail).at(at.clone()));
            Some(NodeKind::Text(text.to_string()))
        }
        "null" => Some(plain::resolve(&text)).filter(|kind| *kind == NodeKind::Null),
        "bool" => Some(plain::resolve(&text)).filter(|kind| matches!(kind, NodeKind::Bool(_))),
        "int" => plain::integer(&text).map(number),
        "float" => plain::float(&text).map(number),
        _ => {
            refuse(&name, at, diagnostics);
            return NodeKind::Text(text.into_owned());
        }
    };
    read.unwrap_or_else(|| {
        let detail = format!("`{text}` cannot be read with the tag `{}`", shown(&name));
        diagnostics.push(Diagnostic::error(code::YAML_TAG, detail).at(at.clone()));
        NodeKind::Text(text.into_owned())
    })
}

/// Reports the tag of a list or map that is not among the `known` ones.
pub(super) fn check_collection(
    tag: &Tag,
    known: &[&str],
    at: &Span,
    diagnostics: &mut Diagnostics,
) {
    let name = format!("{}{}", tag.handle, tag.suffix);
    if name != "!"
        && !name
            .strip_prefix(CORE)
            .is_some_and(|name| known.contains(&name))
    {
        refuse(&name, at, diagnostics);
    }
}

fn refuse(name: &str, at: &Span, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::error(
            code::YAML_TAG,
            format!("the tag `{}` has no meaning here", shown(name)),
        )
        .at(at.clone())
        .hint("remove the tag; a text that starts with `!` needs quotes"),
    );
}

/// A tag as it is usually written: `!!int`.
fn shown(name: &str) -> String {
    match name.strip_prefix(CORE) {
        Some(core) => format!("!!{core}"),
        None => name.to_owned(),
    }
}
