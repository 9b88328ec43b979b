//! Indentation that the vendor's parser tolerates and ours does not, made deeper where that changes no value.
//!
//! Inside quotes, `[ ]` and `{ }` indentation means nothing, yet YAML wants it deeper than the key before. Real
//! manifests close such a value at the start of a line.

use std::borrow::Cow;

use saphyr_parser::ScanError;

use super::place::Places;

/// How many lines are made deeper before the text is refused.
const REPAIRS: usize = 200;

/// How many bytes all readings together may take: each repair means reading the text once more.
const READ: usize = 64 * 1024 * 1024;

/// How many bytes of spaces one repair may put in.
const SPACES: usize = 4 * 1024 * 1024;

/// A text with spaces put in, and where.
pub(super) struct Lenient<'t> {
    pub(super) text: Cow<'t, str>,
    /// Offsets in the repaired text and the number of spaces there, in order.
    inserted: Vec<(usize, usize)>,
    /// For each of them the spaces before it.
    sums: Vec<usize>,
    /// More spaces than any line starts with.
    depth: usize,
    repairs: usize,
    read: usize,
}

impl<'t> Lenient<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            inserted: Vec::new(),
            sums: Vec::new(),
            depth: 1 + text.lines().map(indentation).max().unwrap_or(0),
            repairs: 0,
            read: 0,
        }
    }

    /// The byte of the original text for one of the repaired text.
    pub(super) fn original(&self, byte: usize) -> usize {
        let before = self.inserted.partition_point(|(at, _)| *at < byte);
        let Some(&(at, spaces)) = self.inserted[..before].last() else {
            return byte;
        };
        byte - self.sums[before - 1] - spaces.min(byte - at)
    }

    /// Whether the error was one of indentation and is repaired now.
    pub(super) fn repair(&mut self, error: &ScanError) -> bool {
        let at = Places::new(&self.text).byte(error.marker().index());
        let lines = match error.info() {
            "invalid indentation in quoted scalar" => lines_of_quoted(&self.text, at),
            "invalid indentation" => vec![line_start(&self.text, at)],
            _ => return false,
        };
        self.repairs += 1;
        self.read += self.text.len();
        let again = |line: &usize| {
            let place = self.inserted.binary_search_by_key(line, |(at, _)| *at);
            place.is_ok()
        };
        let spaces = lines.len().saturating_mul(self.depth);
        if self.repairs > REPAIRS
            || self.read > READ
            || spaces > SPACES
            || lines.is_empty()
            || lines.iter().any(again)
        {
            return false;
        }
        self.insert(&lines, self.depth);
        true
    }

    /// Puts spaces at the starts of these lines, which are in order.
    fn insert(&mut self, lines: &[usize], spaces: usize) {
        let mut text = String::with_capacity(self.text.len() + lines.len() * spaces);
        let mut done = 0;
        for &line in lines {
            text.push_str(&self.text[done..line]);
            text.extend(std::iter::repeat_n(' ', spaces));
            done = line;
        }
        text.push_str(&self.text[done..]);
        self.text = Cow::Owned(text);
        for (at, _) in &mut self.inserted {
            *at += spaces * lines.partition_point(|line| line <= at);
        }
        let new = lines.iter().enumerate();
        self.inserted
            .extend(new.map(|(number, line)| (line + number * spaces, spaces)));
        self.inserted.sort_unstable();
        let mut sum = 0;
        let before = |(_, spaces): &(usize, usize)| {
            sum += spaces;
            sum - spaces
        };
        self.sums = self.inserted.iter().map(before).collect();
    }
}

/// The starts of the lines after the first that the quoted text starting at `start` spans.
fn lines_of_quoted(text: &str, start: usize) -> Vec<usize> {
    let mut characters = text[start..].char_indices();
    let quote = characters.next().map(|(_, c)| c);
    let mut lines = Vec::new();
    while let Some((at, c)) = characters.next() {
        match c {
            '\r' if characters.as_str().starts_with('\n') => {}
            '\r' | '\n' => lines.push(start + at + 1),
            '\\' if quote == Some('"') && !characters.as_str().starts_with(['\r', '\n']) => {
                characters.next();
            }
            '\'' if quote == Some('\'') && characters.as_str().starts_with('\'') => {
                characters.next();
            }
            c if Some(c) == quote => break,
            _ => {}
        }
    }
    lines
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back() {
        let mut lenient = Lenient::new("ab\ncd\nef");
        lenient.insert(&[3, 6], 2);
        assert_eq!(lenient.text, "ab\n  cd\n  ef");
        lenient.insert(&[3], 1);
        assert_eq!(lenient.text, "ab\n   cd\n  ef");
        let back = |part: &str| lenient.original(lenient.text.find(part).unwrap());
        assert_eq!((back("ab"), back("cd"), back("ef")), (0, 3, 6));
        assert_eq!(lenient.original(lenient.text.len()), 8);
    }

    #[test]
    fn a_line_is_made_deeper_once() {
        let mut lenient = Lenient::new("a:\n  b: [\nx]\n");
        let error = ScanError::new_str(saphyr_parser::Marker::new(10, 3, 0), "invalid indentation");
        assert!(lenient.repair(&error));
        assert_eq!(lenient.text, "a:\n  b: [\n   x]\n");
        assert!(!lenient.repair(&error));
    }

    #[test]
    fn lines_of_a_quoted_text() {
        assert_eq!(lines_of_quoted("'a\nb''\nc'\nd", 0), [3, 7]);
        assert_eq!(lines_of_quoted("\"a\\\"\nb\"\nc", 0), [5]);
        assert_eq!(lines_of_quoted("\"a\\\nb\"\nc", 0), [4]);
        assert_eq!(lines_of_quoted("'a\r\nb\rc'\n", 0), [4, 6]);
    }
}
