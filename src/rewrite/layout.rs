//! A YAML document as it is laid out: what is written, and the comments at it.

/// A line that holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Blank,
    /// A comment with its `#`, and the column where it stood.
    Comment(String, usize),
    /// The line `---`.
    Marker,
}

/// A whole file.
#[derive(Debug)]
pub(super) struct Document {
    /// What stands above everything else and moves with nothing.
    pub(super) head: Vec<Line>,
    pub(super) root: Node,
    pub(super) tail: Vec<Line>,
}

/// A value as written.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its first byte in the text that was read.
    pub(super) at: usize,
    /// Anchor and tag.
    pub(super) props: Vec<String>,
    pub(super) body: Body,
    /// The comment on the line where it ends.
    pub(super) comment: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    /// A plain or quoted text as written and as read, or an alias.
    Scalar(Scalar),
    /// `|` or `>` with its indicators, and the lines without their indentation.
    Block {
        header: String,
        lines: Vec<String>,
    },
    Collection(Collection),
}

#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub(super) raw: String,
    pub(super) value: String,
    pub(super) style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Alias,
}

/// A map or a list.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    pub(super) is_map: bool,
    pub(super) form: Form,
    pub(super) entries: Vec<Entry>,
    /// Comments after the last entry.
    pub(super) end: Vec<Line>,
}

/// How a collection is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    Block,
    /// In brackets, on one line.
    Line,
    /// In brackets, one entry a line; with the comment after the opening bracket.
    Lines(Option<String>),
    /// A map of one entry without braces inside `[ ]`.
    Pair,
}

/// An entry of a map, or an item of a list, which has no key.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) before: Vec<Line>,
    pub(super) key: Option<Node>,
    pub(super) value: Node,
    /// Comments in the place of an empty value.
    pub(super) inner: Vec<Line>,
}

impl Entry {
    /// The key's text, empty for an item.
    pub(super) fn name(&self) -> &str {
        self.key.as_ref().and_then(Node::text).unwrap_or_default()
    }
}

impl Node {
    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.body {
            Body::Scalar(scalar) if scalar.style != Style::Alias => Some(&scalar.value),
            _ => None,
        }
    }

    /// Whether nothing is written.
    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.body, Body::Scalar(scalar) if scalar.raw.is_empty())
    }

    pub(super) fn collection(&self) -> Option<&Collection> {
        match &self.body {
            Body::Collection(collection) => Some(collection),
            _ => None,
        }
    }

    /// The entries of a map.
    pub(super) fn map_mut(&mut self) -> Option<&mut Collection> {
        match &mut self.body {
            Body::Collection(collection) if collection.is_map => Some(collection),
            _ => None,
        }
    }
}
