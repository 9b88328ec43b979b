//! Moves on maps of a layout tree, and new nodes for them.

use std::sync::Arc;

use super::super::layout::{Body, Collection, Entry, Form, Line, Node, Scalar, Style};
use super::super::print::print_entry;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};
use crate::manifest::quoted;

/// What is told and kept of the parts without a counterpart.
pub(super) struct Losses {
    pub(super) source: Arc<Source>,
    pub(super) warnings: Diagnostics,
}

impl Losses {
    /// Warns of a place.
    pub(super) fn warn(&mut self, node: &Node, detail: impl Into<String>, hint: &str) {
        let rest = self.source.text.get(node.at..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let size = node.text().filter(|text| line.starts_with(text));
        let first = line.chars().next().map_or(0, char::len_utf8);
        let size = size.map_or_else(|| line.find(':').unwrap_or(first), str::len);
        let span = Span::new(&self.source, node.at, node.at + size);
        let diagnostic = Diagnostic::warning(code::NOT_MIGRATED, detail).at(span);
        self.warnings.push(diagnostic.hint(hint));
    }

    /// Leaves an entry that was taken out of a map as a comment at the end of `map`, and warns of it.
    pub(super) fn leave(&mut self, map: &mut Collection, entry: &Entry, why: &str) {
        self.leave_with(map, entry, why, "it is left as a comment");
    }

    /// As [`Self::leave`], with a hint of its own.
    pub(super) fn leave_with(
        &mut self,
        map: &mut Collection,
        entry: &Entry,
        why: &str,
        hint: &str,
    ) {
        let detail = format!("`{}` is not migrated: {why}", entry.name());
        self.warn(entry.key.as_ref().unwrap_or(&entry.value), detail, hint);
        if map.form == Form::Line {
            map.form = Form::Lines(None);
        }
        map.end.extend(entry.before.iter().cloned());
        for (number, line) in print_entry(entry).into_iter().enumerate() {
            let mark = if number == 0 {
                "# not migrated: "
            } else {
                "#   "
            };
            map.end.push(Line::Comment(format!("{mark}{line}"), 0));
        }
    }
}

/// Takes an entry out of a map.
pub(super) fn take(map: &mut Collection, key: &str) -> Option<Entry> {
    let at = map.entries.iter().position(|entry| entry.name() == key)?;
    Some(map.entries.remove(at))
}

pub(super) fn get<'m>(map: &'m Collection, key: &str) -> Option<&'m Node> {
    let entry = map.entries.iter().find(|entry| entry.name() == key)?;
    Some(&entry.value)
}

pub(super) fn get_mut<'m>(map: &'m mut Collection, key: &str) -> Option<&'m mut Node> {
    let entry = map.entries.iter_mut().find(|entry| entry.name() == key)?;
    Some(&mut entry.value)
}

/// Renames a key where it is.
pub(super) fn rename(map: &mut Collection, from: &str, to: &str) {
    if let Some(entry) = map.entries.iter_mut().find(|entry| entry.name() == from) {
        set_name(entry, to);
    }
}

pub(super) fn set_name(entry: &mut Entry, name: &str) {
    if let Some(Body::Scalar(key)) = entry.key.as_mut().map(|key| &mut key.body) {
        *key = plain(name);
    }
}

/// Puts an entry into the map under `key`, which is made if it is missing. Gives it back if something else is there.
pub(super) fn put_into(map: &mut Collection, key: &str, entry: Entry) -> Option<Entry> {
    if get(map, key).is_none() {
        map.entries.push(new_entry(key, new_map(Vec::new())));
    }
    match get_mut(map, key).and_then(Node::map_mut) {
        Some(inner) => {
            inner.entries.push(entry);
            None
        }
        None => Some(entry),
    }
}

pub(super) fn new_entry(key: &str, value: Node) -> Entry {
    Entry {
        before: Vec::new(),
        key: Some(text(key)),
        value,
        inner: Vec::new(),
    }
}

pub(super) fn new_map(entries: Vec<Entry>) -> Node {
    collection(true, entries)
}

/// A list of values.
pub(super) fn new_list(values: Vec<Node>) -> Node {
    let item = |value| Entry {
        before: Vec::new(),
        key: None,
        value,
        inner: Vec::new(),
    };
    collection(false, values.into_iter().map(item).collect())
}

fn collection(is_map: bool, entries: Vec<Entry>) -> Node {
    node(Body::Collection(Collection {
        is_map,
        form: Form::Block,
        entries,
        end: Vec::new(),
    }))
}

/// A text that reads as itself.
pub(super) fn text(value: &str) -> Node {
    node(Body::Scalar(plain(value)))
}

fn node(body: Body) -> Node {
    Node {
        at: 0,
        props: Vec::new(),
        body,
        comment: None,
    }
}

/// A scalar written in the usual way.
pub(super) fn plain(value: &str) -> Scalar {
    let raw = quoted(value);
    let style = if raw.starts_with('"') {
        Style::Double
    } else {
        Style::Plain
    };
    Scalar {
        raw,
        value: value.to_owned(),
        style,
    }
}
