//! `{…}` and `[…]`: maps and lists between brackets, over one line or several, closed or not.

use super::outline::{Outline, Shape, quoted, unquoted};

/// Reads the brackets that open in `start` into `item`, whose key is in `column`; says where they end.
pub(super) fn read(
    text: &str,
    start: usize,
    (item, column): (usize, usize),
    outline: &mut Outline,
) -> usize {
    let mut reader = Reader {
        text,
        column,
        at: start,
        open: Vec::new(),
        slot: Some(item),
        outline,
    };
    while let Some(c) = reader.peek() {
        if !reader.take(c) {
            break;
        }
    }
    reader.close_all()
}

/// Whether the line at the start of `rest` belongs to what comes after brackets or quotes that were never closed: it is no
/// deeper than `column` and does not close them.
pub(super) fn ends_before(rest: &str, column: usize) -> bool {
    let line = rest.lines().next().unwrap_or_default();
    let content = line.trim_start_matches(' ');
    !content.is_empty()
        && line.len() - content.len() <= column
        && !content.starts_with(['}', ']', '"', '\''])
}

struct Reader<'t, 'o> {
    text: &'t str,
    column: usize,
    at: usize,
    open: Vec<usize>,
    /// The item whose value comes next.
    slot: Option<usize>,
    outline: &'o mut Outline,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Takes what begins with `c`; false when the outermost bracket is closed or never will be.
    fn take(&mut self, c: char) -> bool {
        match c {
            '{' | '[' => self.enter(c),
            '}' | ']' => {
                self.at += 1;
                let closed = self.open.pop();
                if let Some(closed) = closed {
                    self.outline.items[closed].value_at.end = self.at;
                }
                self.slot = None;
                return !self.open.is_empty();
            }
            '\n' if ends_before(&self.text[self.at + 1..], self.column) => return false,
            ',' => {
                self.at += 1;
                self.slot = None;
            }
            '#' if self.text[..self.at].ends_with([' ', '\n', '\t']) => {
                let rest = &self.text[self.at..];
                self.at += rest.find('\n').unwrap_or(rest.len());
            }
            c if c.is_whitespace() || c == ':' => self.at += c.len_utf8(),
            _ => self.token(),
        }
        true
    }

    fn enter(&mut self, bracket: char) {
        let item = self.slot.take().unwrap_or_else(|| self.next());
        let shape = if bracket == '{' {
            Shape::FlowMap
        } else {
            Shape::FlowList
        };
        let value = &mut self.outline.items[item];
        value.shape = shape;
        value.value_at = self.at..self.at + 1;
        self.open.push(item);
        self.at += 1;
    }

    /// The next item of what is open.
    fn next(&mut self) -> usize {
        let parent = self.open.last().copied().unwrap_or(0);
        self.outline.add_next(parent, self.at)
    }

    fn token(&mut self) {
        let start = self.at;
        let is_quoted = self.text[start..].starts_with(['"', '\'']);
        let end = is_quoted
            .then(|| quoted(self.text, start, self.column))
            .flatten();
        self.at = end.unwrap_or_else(|| start + plain(&self.text[start..]));
        let parent = self.open.last().copied().unwrap_or(0);
        if self.slot.is_none() && self.outline.items[parent].shape == Shape::FlowMap {
            let key = unquoted(&self.text[start..self.at]).to_owned();
            self.slot = Some(self.outline.add(parent, key, start..self.at));
            return;
        }
        let item = self.slot.take().unwrap_or_else(|| self.next());
        let value = &mut self.outline.items[item];
        value.shape = Shape::Scalar;
        value.value_at = start..self.at;
    }

    fn close_all(mut self) -> usize {
        let end = self.at - (self.text[..self.at].len() - self.text[..self.at].trim_end().len());
        for item in std::mem::take(&mut self.open) {
            let value = &mut self.outline.items[item];
            value.value_at.end = end.max(value.value_at.start + 1);
        }
        self.at
    }
}

/// How long the plain text at the start of `rest` is; at least one character. An expression belongs to it as a whole.
fn plain(rest: &str) -> usize {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        let after = &rest[at + c.len_utf8()..];
        let line = after.find('\n').unwrap_or(after.len());
        if after.starts_with('{') && c == '$' {
            let close = after[..line].find('}').map_or(line, |close| close + 1);
            at += 1 + close;
            continue;
        }
        let ends = matches!(c, ',' | ']' | '}' | '[' | '{' | '\n')
            || c == ':'
                && (after.is_empty() || after.starts_with([' ', '\n', ',', '}', ']', '\r']))
            || c == ' ' && after.starts_with('#');
        if ends {
            break;
        }
        at += c.len_utf8();
    }
    rest[..at].trim_end().len().max(first)
}
