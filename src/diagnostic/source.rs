//! A file's text and a place in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The text of a file that was read, kept so that a diagnostic can show its line.
#[derive(PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source shared by all spans of a file.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
        })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.path.display())
    }
}

/// A range of bytes in a source. Line and column are derived when shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span of `source` from byte `start` up to `end`, clamped to the text.
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Self {
        let size = source.text.len();
        let start = start.min(size);
        Self {
            source: Arc::clone(source),
            start,
            end: end.clamp(start, size),
        }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Line and column of the first byte, both from 1; the column counts characters.
    pub fn line_column(&self) -> (usize, usize) {
        place(&self.source.text, self.start)
    }

    /// Line and column of the end, both from 1.
    pub fn end_line_column(&self) -> (usize, usize) {
        place(&self.source.text, self.end)
    }
}

fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (line, before[line_start..].chars().count() + 1)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.path().display())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Span({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let source = Source::new("s.yaml", "a: é\nbc: d\n");
        assert_eq!(Span::new(&source, 0, 1).to_string(), "s.yaml:1:1");
        assert_eq!(Span::new(&source, 5, 6).to_string(), "s.yaml:1:5");
        assert_eq!(Span::new(&source, 6, 8).to_string(), "s.yaml:2:1");
        assert_eq!(Span::new(&source, 900, 901).line_column(), (3, 1));
    }
}
