//! The keys of a YAML text and where they stand, read line by line, so that a text that is half written has them too.

use std::ops::Range;

use super::flow;

/// What an item's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing, or what is on deeper lines.
    Block,
    /// A text, number or the like.
    Scalar,
    /// Lines after `|` or `>`.
    Lines,
    /// `{…}`.
    FlowMap,
    /// `[…]`.
    FlowList,
}

/// A key with its value, or an item of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// The key; an item of a list has its number.
    pub key: String,
    /// Where the key is, with its quotes. Empty for an item of a list.
    pub key_at: Range<usize>,
    /// Where the value is, with its quotes; for a block from its first to its last key.
    pub value_at: Range<usize>,
    /// What the value is.
    pub shape: Shape,
    /// The item that it stands in. The root stands in itself.
    pub parent: usize,
    /// The items in it, in file order.
    pub children: Vec<usize>,
}

/// All items of a text; the first is the root.
#[derive(Debug, Clone)]
pub struct Outline {
    /// The items, each after the one that it stands in.
    pub items: Vec<Item>,
}

/// An item whose block is open, and the column that it began in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) column: usize,
    pub(super) item: usize,
    pub(super) is_dash: bool,
}

impl Outline {
    /// The outline of any text.
    pub fn new(text: &str) -> Self {
        Scanner::run(text).outline
    }

    /// The item at `path` from the root.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<usize> {
        path.into_iter().try_fold(0, |at, key| self.child(at, key))
    }

    /// The item under `key` in another.
    pub fn child(&self, of: usize, key: &str) -> Option<usize> {
        let mut children = self.items[of].children.iter().copied();
        children.find(|child| self.items[*child].key == key)
    }

    /// The keys in the item at `path`.
    pub fn keys<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Vec<&str> {
        let children = self.find(path).map(|at| &self.items[at].children[..]);
        let key = |at: &usize| self.items[*at].key.as_str();
        children.unwrap_or_default().iter().map(key).collect()
    }

    /// The value at `path` when it is a scalar, without its quotes.
    pub fn scalar<'t, 'a>(
        &self,
        text: &'t str,
        path: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'t str> {
        self.scalar_at(text, self.find(path)?)
    }

    /// An item's value when it is a scalar, without its quotes.
    pub fn scalar_at<'t>(&self, text: &'t str, item: usize) -> Option<&'t str> {
        let item = &self.items[item];
        (item.shape == Shape::Scalar).then(|| unquoted(&text[item.value_at.clone()]))
    }

    /// The keys from the root to an item.
    pub fn path(&self, mut item: usize) -> Vec<String> {
        let mut path = Vec::new();
        while item != 0 {
            path.push(self.items[item].key.clone());
            item = self.items[item].parent;
        }
        path.reverse();
        path
    }

    /// The innermost item whose key or value `byte` touches.
    pub fn at(&self, byte: usize) -> Option<usize> {
        let touches = |range: &Range<usize>| range.start <= byte && byte <= range.end;
        let here = |item: &Item| {
            !item.key_at.is_empty() && touches(&item.key_at)
                || item.shape != Shape::Block && touches(&item.value_at)
        };
        (1..self.items.len())
            .rev()
            .find(|at| here(&self.items[*at]))
    }

    pub(super) fn add(&mut self, parent: usize, key: String, key_at: Range<usize>) -> usize {
        let at = self.items.len();
        self.items.push(Item {
            key,
            value_at: key_at.end..key_at.end,
            key_at,
            shape: Shape::Block,
            parent,
            children: Vec::new(),
        });
        self.items[parent].children.push(at);
        at
    }

    /// Adds the next item of a list.
    pub(super) fn add_next(&mut self, parent: usize, at: usize) -> usize {
        let number = self.items[parent].children.len();
        self.add(parent, number.to_string(), at..at)
    }
}

/// Reads line by line.
pub(super) struct Scanner<'t> {
    text: &'t str,
    pub(super) outline: Outline,
    pub(super) open: Vec<Open>,
    /// The column of the item that owns a block of lines, and the item.
    pub(super) lines_of: Option<(usize, usize)>,
    /// Up to where a value over several lines was read.
    read: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn run(text: &'t str) -> Self {
        let root = Item {
            key: String::new(),
            key_at: 0..0,
            value_at: 0..text.len(),
            shape: Shape::Block,
            parent: 0,
            children: Vec::new(),
        };
        let mut scanner = Self {
            text,
            outline: Outline { items: vec![root] },
            open: Vec::new(),
            lines_of: None,
            read: 0,
        };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            scanner.line(start, line.trim_end_matches(['\n', '\r']));
            start += line.len();
        }
        scanner.close_blocks();
        scanner
    }

    /// A block ends where the last item in it does.
    fn close_blocks(&mut self) {
        let items = &mut self.outline.items;
        for at in (1..items.len()).rev() {
            let (start, end) = (items[at].key_at.start, items[at].value_at.end);
            let parent = items[at].parent;
            let outer = &mut items[parent];
            if parent != 0 && outer.shape == Shape::Block {
                outer.value_at.end = outer.value_at.end.max(end);
                outer.value_at.start = start;
            }
        }
    }

    fn line(&mut self, start: usize, line: &str) {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        if start < self.read || content.trim().is_empty() {
            return;
        }
        if let Some((column, item)) = self.lines_of {
            if indent > column {
                self.outline.items[item].value_at.end = start + line.trim_end().len();
                return;
            }
            self.lines_of = None;
        }
        let marks = indent == 0
            && (content.starts_with("---")
                || content.starts_with("...")
                || content.starts_with('%'));
        if marks || content.starts_with('#') {
            return;
        }
        let mut column = indent;
        while let Some(width) = dash(&line[column..]) {
            self.dash(start, column);
            column += width;
            if line.len() <= column {
                return;
            }
        }
        self.entry(start, column, &line[column..]);
    }

    /// Opens an item of a list whose dash is in `column`.
    pub(super) fn dash(&mut self, line: usize, column: usize) {
        while let Some(top) = self.open.last()
            && (top.column > column || top.column == column && top.is_dash)
        {
            self.open.pop();
        }
        let parent = self.open.last().map_or(0, |top| top.item);
        let item = self.outline.add_next(parent, line + column + 1);
        self.push(column, item, true);
    }

    /// Closes what ends before a key in `column`, and says what the key stands in.
    pub(super) fn parent_of(&mut self, column: usize) -> usize {
        while self.open.last().is_some_and(|top| top.column >= column) {
            self.open.pop();
        }
        self.open.last().map_or(0, |top| top.item)
    }

    fn push(&mut self, column: usize, item: usize, is_dash: bool) {
        self.open.push(Open {
            column,
            item,
            is_dash,
        });
    }

    fn entry(&mut self, line: usize, column: usize, rest: &str) {
        let at = line + column;
        if let Some((key, after)) = key(rest) {
            let parent = self.parent_of(column);
            let item = self.outline.add(
                parent,
                unquoted(&rest[key.clone()]).to_owned(),
                at..at + key.end,
            );
            self.push(column, item, false);
            self.value(item, column, at + after, line + column + rest.len());
        } else if let Some(top) = self.open.last().copied()
            && top.is_dash
            && top.column < column
            && self.outline.items[top.item].shape == Shape::Block
            && self.outline.items[top.item].children.is_empty()
        {
            self.value(top.item, top.column, at, at + rest.len());
        }
    }

    /// Reads the value that begins in `at` or later on a line that ends in `end`.
    fn value(&mut self, item: usize, column: usize, at: usize, end: usize) {
        let mut start = end - self.text[at..end].trim_start().len();
        while self.text[start..end].starts_with(['&', '!']) {
            let token = self.text[start..end].find(' ').unwrap_or(end - start);
            let rest = &self.text[start + token..end];
            start = end - rest.trim_start().len();
        }
        let rest = &self.text[start..end];
        let Some(first) = rest.chars().next().filter(|first| *first != '#') else {
            return;
        };
        let value = &mut self.outline.items[item];
        value.shape = Shape::Scalar;
        let end = match first {
            '|' | '>' => {
                value.shape = Shape::Lines;
                self.lines_of = Some((column, item));
                start + rest.trim_end().len()
            }
            '{' | '[' => {
                let end = flow::read(self.text, start, (item, column), &mut self.outline);
                self.read = end;
                end
            }
            '"' | '\'' => {
                let end = quoted(self.text, start, column).unwrap_or(end);
                self.read = end;
                end
            }
            _ => start + plain(rest),
        };
        self.outline.items[item].value_at = start..end;
    }
}

/// How wide a dash with its blanks is, when the text begins with one.
pub(super) fn dash(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('-')?;
    (after.is_empty() || after.starts_with(' ')).then(|| rest.len() - after.trim_start().len())
}

/// Where the key is that the text begins with, and where its value may begin.
pub(super) fn key(rest: &str) -> Option<(Range<usize>, usize)> {
    let colon = |at: usize| {
        let after = rest[at..].strip_prefix(':')?;
        (after.is_empty() || after.starts_with([' ', '\t'])).then_some(at + 1)
    };
    match rest.chars().next()? {
        '"' | '\'' => {
            let end = quoted(rest, 0, 0)?;
            let blanks = rest[end..].len() - rest[end..].trim_start().len();
            Some((0..end, colon(end + blanks)?))
        }
        '{' | '[' | '#' | '&' | '*' => None,
        _ => {
            let after = rest.match_indices(':').find_map(|(at, _)| colon(at))?;
            let written = rest[..after - 1].trim_end();
            (!written.contains(" #")).then_some((0..written.len(), after))
        }
    }
}

/// Where the quoted text that begins in `start` ends, its last quote included. It ends before a line that is no deeper
/// than `column`, since a quote that is being typed is not closed.
pub(super) fn quoted(text: &str, start: usize, column: usize) -> Option<usize> {
    let quote = text[start..].chars().next()?;
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return Some(start + 1 + at + 1);
            }
        } else if c == '\n' && flow::ends_before(&text[start + at + 2..], column) {
            return None;
        }
    }
    None
}

/// How long the plain text is: up to a comment.
fn plain(rest: &str) -> usize {
    let end = rest.find(" #").unwrap_or(rest.len());
    rest[..end].trim_end().len()
}

/// The text without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.strip_suffix(quote).unwrap_or(inner);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::manifest::{self, Node, NodeKind};

    /// Path, key's and scalar's place of everything in a tree.
    fn of_tree(node: &Node, path: &str, found: &mut Vec<(String, Range<usize>)>) {
        for entry in node.entries() {
            let path = format!("{path}/{}", entry.key);
            found.push((path.clone(), entry.key_at.start..entry.key_at.end));
            of_tree(&entry.value, &path, found);
        }
        for (number, item) in node.items().iter().enumerate() {
            of_tree(item, &format!("{path}/{number}"), found);
        }
        if let NodeKind::Text(_) = node.kind {
            found.push((format!("{path}="), node.at.start..node.at.end));
        }
    }

    fn compare(text: &str) {
        let (root, diagnostics) = manifest::parse(&Source::new("s.yaml", text));
        let mut wanted = Vec::new();
        of_tree(
            &root.unwrap_or_else(|| panic!("{diagnostics:?}")),
            "",
            &mut wanted,
        );
        let outline = Outline::new(text);
        for (path, at) in wanted {
            let (is_value, path) = (path.ends_with('='), path.trim_end_matches('='));
            let item = outline
                .find(path.split('/').skip(1))
                .unwrap_or_else(|| panic!("{path}"));
            let item = &outline.items[item];
            if !is_value {
                assert_eq!(item.key_at, at, "{path}");
            } else if item.shape != Shape::Lines {
                assert_eq!(&text[item.value_at.clone()], &text[at], "{path}");
            }
        }
    }

    #[test]
    fn the_outline_agrees_with_the_tree() {
        compare(
            "edition: 3.0.0 # x\n'name': \"a # b\"\nvars:\n  o: {a: 1, 'b c': [x, {y: z}], d: }\n  l:\n  - one\n  - k: v\n    w: |\n      text: no\n      # no\n    z: last\n  m:\n    -   - deep\n        - k: é\n  url: http://x:80/y\nresources:\n  a:\n    component: fc3\n    props: {\n      x: 'it''s',\n      y: \"a: b\"\n    }\n  b: &b !!map\n    q: >-\n      a\n    component: site\n",
        );
        compare(include_str!("../../s.yaml.example"));
    }

    #[test]
    fn what_is_half_written_hides_nothing_after_it() {
        for middle in [
            "  l: [a, {b",
            "  l: 'a",
            "  l",
            "  l: \"",
            "  - ",
            "  : :",
            "\t",
            "  l: {a: ${x",
        ] {
            let text = format!("vars:\n  a: 1\n{middle}\nresources:\n  r: {{}}\n");
            assert!(
                Outline::new(&text).find(["resources", "r"]).is_some(),
                "{text}"
            );
        }
    }
}
