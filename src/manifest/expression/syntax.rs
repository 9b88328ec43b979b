//! The parts of an expression. Ranges count bytes from the first one after `${`.

use std::ops::Range;

/// What stands between `${` and `}`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::manifest) enum Expr {
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    Reference(Reference),
    Call {
        name: String,
        name_at: Range<usize>,
        arguments: Vec<(Expr, Range<usize>)>,
    },
}

/// `vars.a.b`: where to look and the way from there.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::manifest) struct Reference {
    pub(in crate::manifest) root: String,
    pub(in crate::manifest) segments: Vec<String>,
}

impl Reference {
    /// As it is written: `vars.a.b`.
    pub(in crate::manifest) fn path(&self) -> String {
        let mut path = self.root.clone();
        for segment in &self.segments {
            path.push('.');
            path.push_str(segment);
        }
        path
    }
}

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::manifest) struct SyntaxError {
    pub(in crate::manifest) detail: String,
    pub(in crate::manifest) hint: Option<String>,
    pub(in crate::manifest) at: Range<usize>,
}

impl SyntaxError {
    pub(super) fn new(at: Range<usize>, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            hint: None,
            at,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
