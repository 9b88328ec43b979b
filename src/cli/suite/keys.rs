//! Reads a map of a test file: each key by name and type, every mistake with its place, nothing unknown left over.

use std::time::Duration;

use serde_json::Value as Json;

use super::exact;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, closest, code};
use crate::manifest::{Entry, Node, NodeKind};

/// Keys whose values may be anything, JSON's `null` too.
const ANYTHING: &[&str] = &["body", "input", "output", "payload"];

/// A map being read.
pub(super) struct Keys<'a> {
    node: &'a Node,
    what: &'static str,
}

impl<'a> Keys<'a> {
    /// The keys of `node`, which is called `what` in messages; `None`, and an error, when it is no map. Keys that are not
    /// `known` are errors, and so are those whose value was forgotten.
    pub(super) fn new(
        node: &'a Node,
        what: &'static str,
        known: &[&'static str],
        wrong: &mut Diagnostics,
    ) -> Option<Self> {
        if !node.is_map() {
            wrong.push(bad(
                &node.at,
                &format!("{what} is a map, not {}", node.type_name()),
            ));
            return None;
        }
        for entry in node.entries() {
            unknown(entry, what, known, wrong);
            if entry.value.is_null() && !ANYTHING.contains(&entry.key.as_str()) {
                let detail = format!("`{}` of {what} has no value", entry.key);
                wrong.push(bad(&entry.key_at, &detail));
            }
        }
        Some(Self { node, what })
    }

    /// Where the map is.
    pub(super) fn at(&self) -> &'a Span {
        &self.node.at
    }

    /// Whether a key is there, with a value or without.
    pub(super) fn has(&self, name: &str) -> bool {
        self.node.get(name).is_some()
    }

    /// The value of a key; `null` is none.
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.node.get(name).filter(|node| !node.is_null())
    }

    /// A value that may be anything; `null` is JSON's.
    pub(super) fn json(&self, name: &str, wrong: &mut Diagnostics) -> Option<Json> {
        self.node.get(name).map(|node| exact::json(node, wrong))
    }

    /// A text; a number counts as one, since YAML has both for the same signs.
    pub(super) fn text(&self, name: &str, wrong: &mut Diagnostics) -> Option<String> {
        let node = self.get(name)?;
        match &node.kind {
            NodeKind::Text(text) if !text.is_empty() => Some(text.clone()),
            NodeKind::Int(number) => Some(number.to_string()),
            _ => self.refuse(name, "a text that is not empty", wrong),
        }
    }

    /// A text that must be there.
    pub(super) fn need(&self, name: &str, wrong: &mut Diagnostics) -> Option<String> {
        if !self.has(name) {
            let detail = format!("{} needs the key `{name}`", self.what);
            wrong.push(bad(&self.node.at, &detail));
        }
        self.text(name, wrong)
    }

    /// A whole number from 0 up to `most`.
    pub(super) fn number(&self, name: &str, most: u64, wrong: &mut Diagnostics) -> Option<u64> {
        let number = self.get(name)?.as_i64();
        match number.and_then(|number| u64::try_from(number).ok()) {
            Some(number) if number <= most => Some(number),
            _ => self.refuse(name, &format!("a whole number from 0 to {most}"), wrong),
        }
    }

    /// Yes or no.
    pub(super) fn flag(&self, name: &str, wrong: &mut Diagnostics) -> Option<bool> {
        match self.get(name)?.as_bool() {
            Some(flag) => Some(flag),
            None => self.refuse(name, "true or false", wrong),
        }
    }

    /// A span of time.
    pub(super) fn duration(&self, name: &str, wrong: &mut Diagnostics) -> Option<Duration> {
        match time(self.get(name)?) {
            Some(time) => Some(time),
            None => self.refuse(name, "a time such as 90s, 5m, 1h or 3d", wrong),
        }
    }

    /// A list; absent: empty.
    pub(super) fn list(&self, name: &str, wrong: &mut Diagnostics) -> &'a [Node] {
        match self.get(name).map(|node| &node.kind) {
            None => &[],
            Some(NodeKind::List(items)) => items,
            Some(_) => self.refuse(name, "a list", wrong).unwrap_or_default(),
        }
    }

    /// A list of texts; `None` when it is absent.
    pub(super) fn texts(&self, name: &str, wrong: &mut Diagnostics) -> Option<Vec<String>> {
        self.get(name)?;
        let texts = self
            .list(name, wrong)
            .iter()
            .map(|item| match item.as_str() {
                Some(text) => Some(text.to_owned()),
                None => self.refuse(name, "a list of texts", wrong),
            });
        texts.collect()
    }

    /// The entries of a map; absent: empty.
    pub(super) fn entries(&self, name: &str, wrong: &mut Diagnostics) -> &'a [Entry] {
        match self.get(name).map(|node| &node.kind) {
            None => &[],
            Some(NodeKind::Map(entries)) => entries,
            Some(_) => self.refuse(name, "a map", wrong).unwrap_or_default(),
        }
    }

    /// Reports that a value is not what its key takes.
    pub(super) fn refuse<T>(&self, name: &str, wanted: &str, wrong: &mut Diagnostics) -> Option<T> {
        let at = self.get(name).map_or(&self.node.at, |node| &node.at);
        wrong.push(bad(at, &format!("`{name}` of {} is {wanted}", self.what)));
        None
    }
}

/// The only entry of a map that says which of some things it is.
pub(super) fn choice<'a>(
    node: &'a Node,
    (what, known): (&str, &[&'static str]),
    wrong: &mut Diagnostics,
) -> Option<&'a Entry> {
    let [entry] = node.entries() else {
        let detail = format!("{what} is a map with one key: {}", known.join(", "));
        wrong.push(bad(&node.at, &detail));
        return None;
    };
    unknown(entry, what, known, wrong);
    Some(entry)
}

/// A span of time. Days are 24 hours, which is what a test means by them.
pub(super) fn time(node: &Node) -> Option<Duration> {
    let text = node.as_str()?;
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u64>().ok());
    match days {
        Some(days) if days > 0 => days.checked_mul(86_400).map(Duration::from_secs),
        _ => crate::sys::clock::duration(text).ok(),
    }
}

/// Reports a key that is not known.
fn unknown(entry: &Entry, what: &str, known: &[&'static str], wrong: &mut Diagnostics) {
    if known.contains(&entry.key.as_str()) {
        return;
    }
    let error = bad(&entry.key_at, &format!("{what} has no key `{}`", entry.key));
    wrong.push(match closest(&entry.key, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("keys: {}", known.join(", "))),
    });
}

/// A mistake in a test file.
pub(super) fn bad(at: &Span, detail: &str) -> Diagnostic {
    Diagnostic::error(code::TEST_FILE, detail).at(at.clone())
}
