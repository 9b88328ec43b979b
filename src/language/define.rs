//! Where what stands at a position comes from.

use std::ops::Range;

use super::outline::{Outline, Shape, unquoted};
use super::spot::expression;

/// Where something comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A place in the same text, and the key's own part of it.
    Here(Range<usize>),
    /// A file or folder, as written: seen from the manifest's folder.
    File(String),
}

/// Where what is at `byte` comes from.
pub fn define(text: &str, outline: &Outline, byte: usize) -> Option<Target> {
    if let Some(found) = expression(text, byte) {
        let inner = &text[found.inner.clone()];
        if let Some(argument) = file_argument(inner) {
            return Some(Target::File(argument.to_owned()));
        }
        let steps = steps(inner, byte - found.inner.start);
        return reference(outline, &steps, byte);
    }
    let item = outline.at(byte)?;
    let value = &outline.items[item].value_at;
    if outline.items[item].shape != Shape::Scalar || byte < value.start {
        return None;
    }
    let written = unquoted(&text[value.clone()]);
    let path = outline.path(item);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["resources", _, "extend", "name"] => key(outline, &["template", written]),
        ["flow", _, ..] => key(outline, &["resources", written]),
        // Any property may name a file; whoever asks knows whether it is there.
        ["extend" | "env"]
        | ["resources", _, "props", ..]
        | ["template", ..]
        | [.., "actions", _, _, "path"] => Some(Target::File(written.to_owned())),
        _ => None,
    }
}

fn file_argument(inner: &str) -> Option<&str> {
    let call = inner.trim();
    let rest = ["file", "path", "yaml", "json"]
        .iter()
        .find_map(|name| call.strip_prefix(name)?.trim_start().strip_prefix('('))?;
    let argument = rest.trim_end().trim_end_matches(')').trim();
    let argument = argument
        .strip_prefix("file(")
        .map_or(argument, |a| a.trim_end_matches(')'));
    Some(argument.trim_matches(['\'', '"', ' '])).filter(|argument| !argument.is_empty())
}

/// The names of a reference up to the one that `offset` is in.
pub(super) fn steps(inner: &str, offset: usize) -> Vec<&str> {
    let end = inner[offset..]
        .find('.')
        .map_or(inner.len(), |at| offset + at);
    inner[..end]
        .split('.')
        .flat_map(|part| part.split("[\""))
        .map(|part| part.trim().trim_end_matches("\"]"))
        .collect()
}

fn reference(outline: &Outline, steps: &[&str], byte: usize) -> Option<Target> {
    match steps {
        ["resources", name, "output" | "info", ..] => key(outline, &["resources", name]),
        ["vars" | "resources", ..] => key(outline, steps),
        ["this"] => key(outline, &["resources", &resource_of(outline, byte)?]),
        ["this", rest @ ..] => {
            let own = resource_of(outline, byte)?;
            let path: Vec<&str> = ["resources", &own]
                .into_iter()
                .chain(rest.iter().copied())
                .collect();
            key(outline, &path).or_else(|| key(outline, &path[..2]))
        }
        _ => None,
    }
}

/// The place of the key at a path.
fn key(outline: &Outline, path: &[&str]) -> Option<Target> {
    let item = &outline.items[outline.find(path.iter().copied())?];
    let is_item = item.key_at.is_empty();
    Some(Target::Here(if is_item {
        item.value_at.clone()
    } else {
        item.key_at.clone()
    }))
}

/// The name of the resource that `byte` is in.
pub(super) fn resource_of(outline: &Outline, byte: usize) -> Option<String> {
    let resources = outline.find(["resources"])?;
    let mut children = outline.items[resources].children.iter();
    let around = |at: &&usize| {
        let item = &outline.items[**at];
        item.key_at.start <= byte && byte <= item.value_at.end
    };
    children
        .find(around)
        .map(|at| outline.items[*at].key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "extend: base.yaml\nvars: {region: cn, o: {a: 1}}\ntemplate:\n  t: {x: 1}\nflow:\n  deploy: [[web], 'api']\nresources:\n  web:\n    extend: {name: t}\n    props:\n      a: ${vars.o.a} ${vars.region}\n      b: ${resources.api.props.code}\n      c: ${this.props.a}-${this.name}\n      d: ${file('x.txt')}\n      e: ${resources.api.output.url}\n  api:\n    props:\n      code: ./api\n";

    /// What the place of the first `from` leads to, and on which line.
    fn of(from: &str) -> String {
        let byte = FILE.find(from).unwrap() + from.len() - 1;
        match define(FILE, &Outline::new(FILE), byte) {
            None => "nothing".to_owned(),
            Some(Target::File(file)) => format!("file {file}"),
            Some(Target::Here(at)) => {
                let line = FILE[..at.start].matches('\n').count() + 1;
                format!("{line} {}", &FILE[at])
            }
        }
    }

    #[test]
    fn names_lead_to_where_they_are_made() {
        assert_eq!(of("${vars.o.a"), "2 a");
        assert_eq!(of("${vars.o"), "2 o");
        assert_eq!(of("${vars.region"), "2 region");
        assert_eq!(of("${resources.api"), "16 api");
        assert_eq!(of("api.props.code"), "18 code");
        assert_eq!(of("${this.props.a"), "11 a");
        assert_eq!(of("${this.name"), "8 web");
        assert_eq!(of("api.output.url"), "16 api");
        assert_eq!(of("name: t"), "4 t");
        assert_eq!(of("[[web"), "8 web");
        assert_eq!(of("'api"), "16 api");
        assert_eq!(of("file('x"), "file x.txt");
        assert_eq!(of("extend: base"), "file base.yaml");
        assert_eq!(of("code: ./a"), "file ./api");
        assert_eq!(of("reso"), "nothing");
    }
}
