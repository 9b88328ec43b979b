//! Definitions that stand in the manifest, and where what is found in them stands there.

use workflow::Place;

use super::extent::extent;
use crate::diagnostic::Span;
use crate::manifest::{Node, NodeKind};

/// What stands for a part that is known only later.
pub(super) const LATER: &str = "known-after-the-deploy";

/// A definition as a text, with the place in the manifest of every key and value.
pub(super) struct Written {
    /// The definition as JSON.
    pub(super) text: String,
    /// Where what is not known yet stands in the manifest.
    pub(super) open: Vec<Span>,
    /// Characters before a key or value → its place in the manifest.
    marks: Vec<(usize, Span)>,
    characters: usize,
}

/// Writes a definition as a text.
pub(super) fn write(node: &Node) -> Written {
    let mut written = Written {
        text: String::new(),
        open: Vec::new(),
        marks: Vec::new(),
        characters: 0,
    };
    written.value(node);
    written
}

impl Written {
    /// Where a place of the text stands in the manifest.
    pub(super) fn place(&self, place: Place) -> Option<Span> {
        let before = self.marks.partition_point(|(at, _)| *at <= place.offset);
        let (_, span) = self.marks.get(before.checked_sub(1)?)?;
        Some(span.clone())
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.characters += text.chars().count();
    }

    fn quoted(&mut self, text: &str) {
        self.push(&serde_json::Value::from(text).to_string());
    }

    fn mark(&mut self, at: &Span) {
        self.marks.push((self.characters, at.clone()));
    }

    fn value(&mut self, node: &Node) {
        self.mark(&node.at);
        match &node.kind {
            NodeKind::List(items) => {
                self.push("[");
                for (number, item) in items.iter().enumerate() {
                    self.push(if number > 0 { ",\n" } else { "" });
                    self.value(item);
                }
                self.push("]");
            }
            NodeKind::Map(entries) => {
                self.push("{");
                for (number, entry) in entries.iter().enumerate() {
                    self.push(if number > 0 { ",\n" } else { "" });
                    self.mark(&entry.key_at);
                    self.quoted(&entry.key);
                    self.push(": ");
                    self.value(&entry.value);
                }
                self.push("}");
            }
            NodeKind::Output { .. } | NodeKind::Secret(_) | NodeKind::Join(_) => {
                self.open.push(node.at.clone());
                self.quoted(&later(node));
            }
            _ => self.push(&node.to_json().to_string()),
        }
    }
}

/// A text with what is known of it.
fn later(node: &Node) -> String {
    match &node.kind {
        NodeKind::Join(parts) => parts.iter().map(later).collect(),
        NodeKind::Text(text) => text.clone(),
        _ => LATER.to_owned(),
    }
}

/// Where a place of a text stands in the manifest, when the text is written there as it is, or line by line.
pub(super) fn place_in_text(at: &Span, text: &str, place: Place) -> Option<Span> {
    in_one_line(at, text, place).or_else(|| in_lines(at, text, place))
}

/// A text of one line, in quotes that change nothing of it.
fn in_one_line(at: &Span, text: &str, place: Place) -> Option<Span> {
    let text = text.trim_end();
    if text.contains('\n') {
        return None;
    }
    let written = at.source.text.get(at.start..at.end)?;
    let (before, _) = text.char_indices().nth(place.offset)?;
    let from = at.start + written.find(text)? + before;
    Some(Span::new(&at.source, from, from + extent(&text[before..])))
}

fn in_lines(at: &Span, text: &str, place: Place) -> Option<Span> {
    let line = text.lines().nth(place.line.checked_sub(1)?)?;
    let column: usize = line
        .chars()
        .take(place.column.saturating_sub(1))
        .map(char::len_utf8)
        .sum();
    let source = &at.source.text;
    let begin = source.get(..at.start)?.rfind('\n').map_or(0, |end| end + 1);
    let rows = || source.get(begin..).into_iter().flat_map(str::lines);
    // A block begins behind the line with its mark.
    let first = text.lines().next()?;
    let skipped = rows().take(2).position(|row| row.ends_with(first))?;
    let mut start = begin;
    for (number, row) in source.get(begin..)?.split_inclusive('\n').enumerate() {
        let shown = row.trim_end_matches(['\n', '\r']);
        if number == skipped + place.line - 1 {
            let indent = shown.strip_suffix(line)?.len();
            let from = start + indent + column;
            let to = from + extent(&line[column..]);
            return Some(Span::new(&at.source, from, to));
        }
        start += row.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    fn place(line: usize, column: usize) -> Place {
        Place {
            line,
            column,
            offset: 0,
        }
    }

    #[test]
    fn a_line_of_a_block_is_found_in_the_manifest() {
        let source = Source::new("s.yaml", "a:\n  text: |\n    é: 1\n    b: 2\n");
        let at = Span::new(&source, 11, 30);
        let text = "é: 1\nb: 2\n";
        let shown = |line, column| place_in_text(&at, text, place(line, column)).unwrap();
        assert_eq!(shown(1, 4).to_string(), "s.yaml:3:8");
        assert_eq!(shown(2, 1).to_string(), "s.yaml:4:5");
        assert_eq!(place_in_text(&at, text, place(9, 1)), None);
    }

    #[test]
    fn a_text_of_one_line_is_found_in_its_quotes() {
        let source = Source::new("s.yaml", "text: '{\"é\": \"x\", \"b\": 2}' # 2\n");
        let at = Span::new(&source, 6, source.text.len() - 5);
        let place = Place {
            line: 1,
            column: 7,
            offset: 6,
        };
        let found = place_in_text(&at, "{\"é\": \"x\", \"b\": 2}", place).unwrap();
        assert_eq!(&source.text[found.start..found.end], "\"x\"");
    }

    #[test]
    fn a_text_that_is_written_in_another_way_has_no_lines() {
        let source = Source::new("s.yaml", "text: \"a: 1\\nb: 2\"\n");
        let at = Span::new(&source, 6, 18);
        assert_eq!(place_in_text(&at, "a: 1\nb: 2", place(2, 1)), None);
    }
}
