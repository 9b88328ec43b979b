//! A YAML value with its place.

use crate::diagnostic::Span;
use crate::resource::SecretRef;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place.
    pub at: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// `null`, `~` or nothing.
    Null,
    /// An expression that has no value: that was reported, and nothing more can be said of what it stands for. None is
    /// there after a load that went well.
    Failed,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or outside the range of whole ones.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in file order.
    Map(Vec<Entry>),
    /// `${resources.NAME.output.PATH}`: known only after an apply. An empty path is the whole output.
    Output {
        /// The resource's name.
        resource: String,
        /// Dotted path below `output`.
        path: String,
    },
    /// A text that is never read here: where it comes from, and a fingerprint.
    Secret(Box<SecretRef>),
    /// A text with outputs or secrets inside.
    Join(Vec<Node>),
    /// Two values of which an expression is one, to be laid over each other when both are known. None is left once
    /// expressions are resolved.
    Layered(Box<Layered>),
}

/// `upper` laid over `lower`: maps merge deeply, anything else replaces.
#[derive(Debug, Clone, PartialEq)]
pub struct Layered {
    /// What gives way.
    pub lower: Node,
    /// What wins.
    pub upper: Node,
    /// Dotted paths that are first taken out of `lower`.
    pub without: Vec<String>,
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub key_at: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A node of `kind` at `at`.
    pub fn new(at: Span, kind: NodeKind) -> Self {
        Self { at, kind }
    }

    /// The value under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value under `key` to be changed, when this is a map that has it.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.kind {
            NodeKind::Map(entries) => {
                let found = entries.iter_mut().find(|entry| entry.key == key);
                found.map(|entry| &mut entry.value)
            }
            _ => None,
        }
    }

    /// The entry under `key`, when this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map; empty for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// The text, when it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, when it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            NodeKind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, when it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self.kind {
            NodeKind::Int(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.kind == NodeKind::Null
    }

    /// Whether it is an expression that has no value.
    pub fn is_failed(&self) -> bool {
        self.kind == NodeKind::Failed
    }

    /// Whether there is nothing to read here, as written or because it failed.
    pub(super) fn is_nothing(&self) -> bool {
        self.is_null() || self.is_failed()
    }

    /// Whether an expression in it has no value.
    pub(super) fn has_failed(&self) -> bool {
        match &self.kind {
            NodeKind::List(items) => items.iter().any(Self::has_failed),
            NodeKind::Map(entries) => entries.iter().any(|entry| entry.value.has_failed()),
            _ => self.is_failed(),
        }
    }

    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.kind, NodeKind::Map(_))
    }

    /// Whether an output is in it at any depth, so that its value is known only after an apply.
    pub fn has_output(&self) -> bool {
        match &self.kind {
            NodeKind::Output { .. } => true,
            NodeKind::List(items) | NodeKind::Join(items) => items.iter().any(Self::has_output),
            NodeKind::Map(entries) => entries.iter().any(|entry| entry.value.has_output()),
            _ => false,
        }
    }

    /// Whether a secret is in it at any depth.
    pub fn has_secret(&self) -> bool {
        !self.secrets().is_empty()
    }

    /// All secrets in it.
    pub fn secrets(&self) -> Vec<&SecretRef> {
        match &self.kind {
            NodeKind::Secret(secret) => vec![secret],
            NodeKind::List(items) | NodeKind::Join(items) => {
                items.iter().flat_map(Self::secrets).collect()
            }
            NodeKind::Map(entries) => {
                let values = entries.iter().map(|entry| &entry.value);
                values.flat_map(Self::secrets).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Its type in a sentence: "a text", "a list".
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            NodeKind::Null | NodeKind::Failed => "empty",
            NodeKind::Bool(_) => "true or false",
            NodeKind::Int(_) | NodeKind::Float(_) => "a number",
            NodeKind::Text(_) | NodeKind::Join(_) => "a text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) | NodeKind::Layered(_) => "a map",
            NodeKind::Output { .. } => "an output",
            NodeKind::Secret(_) => "a secret",
        }
    }

    /// The value as JSON; see [`super::to_json`].
    pub fn to_json(&self) -> serde_json::Value {
        super::to_json(self)
    }

    /// How much it holds and how deep it nests: one unit a node plus one for each 16 bytes of text; a scalar has depth 1.
    pub(super) fn measure(&self) -> (usize, usize) {
        let of_text = |size: usize| 1 + size / 16;
        match &self.kind {
            NodeKind::Text(text) => (of_text(text.len()), 1),
            NodeKind::Output { resource, path } => (of_text(resource.len() + path.len()), 1),
            NodeKind::Secret(secret) => (of_text(secret.source.len()), 1),
            NodeKind::List(items) | NodeKind::Join(items) => items
                .iter()
                .fold((1, 1), |sum, item| add(sum, item.measure(), 0)),
            NodeKind::Map(entries) => entries.iter().fold((1, 1), |sum, entry| {
                add(sum, entry.value.measure(), of_text(entry.key.len()))
            }),
            _ => (1, 1),
        }
    }
}

fn add(sum: (usize, usize), child: (usize, usize), key: usize) -> (usize, usize) {
    (sum.0 + child.0 + key, sum.1.max(child.1 + 1))
}
