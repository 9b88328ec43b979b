//! Everything a user can be told: a code, fixed words, a place, hints.

mod catalog;
mod source;
mod suggest;

use std::fmt;
use std::path::Path;

pub use catalog::{Code, code};
pub use source::{Source, Span};
pub use suggest::closest;

/// How bad it is. Only `Error` stops a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command cannot go on.
    Error,
    /// The command goes on, the user should look.
    Warning,
}

/// One thing to tell the user.
///
/// `summary` is a fixed phrase without names; `detail` says what and why; a hint is one command or one
/// "did you mean".
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The code whose page `sdev explain` prints.
    pub code: Code,
    /// A fixed phrase, without names.
    pub summary: String,
    /// What happened, to what, and why.
    pub detail: String,
    /// What a program wrote of it, line by line.
    pub quote: Vec<String>,
    /// The place in the manifest, when there is one.
    pub at: Option<Span>,
    /// Further places, each with a few words ("first used here").
    pub related: Vec<(Span, String)>,
    /// What to do next, most useful first.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error with the code's own summary.
    pub fn error(code: Code, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            summary: code.summary().to_owned(),
            detail: detail.into(),
            quote: Vec::new(),
            at: None,
            related: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A warning with the code's own summary.
    pub fn warning(code: Code, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, detail)
        }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.at = Some(span);
        self
    }

    /// Adds what a program wrote.
    #[must_use]
    pub fn quote(mut self, text: &str) -> Self {
        self.quote.extend(text.lines().map(str::to_owned));
        self
    }

    /// Adds a second place with its label.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.summary, self.detail)
    }
}

/// A collection that grows while a stage runs, so that all errors of a file come at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of them.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    /// The same, as warnings.
    #[must_use]
    pub fn as_warnings(mut self) -> Self {
        for diagnostic in &mut self.0 {
            diagnostic.severity = Severity::Warning;
        }
        self
    }

    /// Whether an error is among them.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, file by file as files were first named, in the order of their places there; those without a place last.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut files: Vec<&Path> = Vec::new();
        for place in self.0.iter().filter_map(|d| d.at.as_ref()) {
            if !files.contains(&place.source.path.as_path()) {
                files.push(&place.source.path);
            }
        }
        let rank = |place: &Span| files.iter().position(|file| *file == place.source.path);
        let mut all: Vec<&Diagnostic> = self.0.iter().collect();
        all.sort_by_cached_key(|d| match &d.at {
            Some(place) => (rank(place).unwrap_or(files.len()), place.start, place.end),
            None => (usize::MAX, 0, 0),
        });
        all
    }

    /// All of them, as they came.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// `value` when no error is among them, otherwise all of them.
    pub fn into_result<T>(self, value: T) -> Result<(T, Self), Self> {
        if self.has_errors() {
            Err(self)
        } else {
            Ok((value, self))
        }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_file_stands_together() {
        let [first, second] = ["s.yaml", "flow.yaml"].map(|path| Source::new(path, "a: 1\nb: 2\n"));
        let mut found = Diagnostics::new();
        found.push(Diagnostic::error(code::WRONG_TYPE, "nowhere"));
        for (source, start) in [(&first, 5), (&second, 0), (&second, 5), (&first, 0)] {
            let place = Span::new(source, start, start + 1);
            found.push(Diagnostic::error(code::WRONG_TYPE, format!("{start}")).at(place));
        }
        let places = found.sorted().into_iter().map(|one| {
            let file = one
                .at
                .as_ref()
                .map(|place| place.source.path.display().to_string());
            format!("{} {}", file.unwrap_or_default(), one.detail)
        });
        let wanted = [
            "s.yaml 0",
            "s.yaml 5",
            "flow.yaml 0",
            "flow.yaml 5",
            " nowhere",
        ];
        assert_eq!(places.collect::<Vec<_>>(), wanted);
    }
}
