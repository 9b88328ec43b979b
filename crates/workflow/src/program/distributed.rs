//! Distributed maps: those whose items are executions of their own.

use super::Template;
use crate::Place;
use crate::engine::Mode;
use crate::expression::Expr;

/// How a map distributes its items.
#[derive(Debug, Clone)]
pub struct Distributed {
    /// How the executions of items run.
    pub mode: Mode,
    /// Where items are read from; none: they are in the data.
    pub reader: Option<Reader>,
    /// How items are put together.
    pub batcher: Option<Batcher>,
    /// What becomes of results; none: the outputs are the map's result.
    pub writer: Option<Writer>,
    /// How many items at most, executions at once, and failures.
    pub bounds: Bounds,
}

/// Numbers that the text or the data sets. None: the default.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// How many of the items are worked on; the others are left out.
    pub items: Option<Expr>,
    /// How many executions run at once.
    pub width: Option<Expr>,
    /// How many items may fail.
    pub failures: Option<Expr>,
    /// How many of a hundred items may fail.
    pub percentage: Option<Expr>,
}

/// Where items are read from.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Where it stands in the text.
    pub at: Place,
    /// What is there.
    pub format: Format,
    /// `Bucket`, and `Prefix` or the object's name.
    pub parameters: Template,
}

/// What a reader finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Objects: each is an item.
    Objects,
    /// A table in an object: each row is an item.
    Csv {
        /// The names of its columns; none: its first row has them.
        headers: Option<Vec<String>>,
        /// What stands between two columns.
        delimiter: char,
    },
    /// A JSON list in an object: each member is an item.
    Json,
    /// An object whose lines are JSON: each is an item.
    JsonLines,
    /// The manifest of an inventory: each object that it lists is an item.
    Inventory,
}

impl Distributed {
    /// Where results are written to, if they are.
    pub fn place(&self) -> Option<&Template> {
        self.writer.as_ref()?.place.as_ref()
    }
}

/// What becomes of results.
#[derive(Debug, Clone)]
pub struct Writer {
    /// Where they are written to, with `Bucket` and `Prefix`; none: they are the map's result.
    pub place: Option<Template>,
    /// Their form.
    pub shape: Shape,
    /// Whether each stands on a line of its own, instead of all in a list.
    pub by_lines: bool,
}

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Each with its execution's name, status and input.
    Whole,
    /// The outputs alone.
    Compact,
    /// The outputs alone, and of those that are lists the members.
    Flat,
}

/// How items are put together.
#[derive(Debug, Clone)]
pub struct Batcher {
    /// How many items a batch has at most.
    pub items: Option<Expr>,
    /// How many bytes as JSON a batch has at most.
    pub bytes: Option<Expr>,
    /// What each batch gets besides its items.
    pub input: Option<Template>,
}
