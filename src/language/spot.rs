//! What stands at a position: a key, a value, or a name inside an expression.

use std::ops::Range;

use super::outline::{self, Outline, Scanner, Shape, dash};

/// What stands at a position, or may be written there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    /// A key of the map at `parent`, or an item of the list there.
    Key {
        parent: Vec<String>,
        typed: Range<usize>,
        /// Whether a colon follows.
        has_colon: bool,
    },
    /// The value at `path`.
    Value {
        path: Vec<String>,
        typed: Range<usize>,
    },
    /// Inside `${`.
    Expression(Expression),
}

/// An expression around a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    /// What is between the braces, as far as it is written.
    pub(super) inner: Range<usize>,
    /// The whole, braces included.
    pub(super) whole: Range<usize>,
}

/// The expression whose braces `byte` is between.
pub(super) fn expression(text: &str, byte: usize) -> Option<Expression> {
    let (start, end) = line_of(text, byte);
    let open = start + text[start..byte].rfind("${")?;
    if text[open..byte].contains('}') {
        return None;
    }
    let inner = open + 2;
    let rest = &text[inner..end];
    // A brace after an odd quote closes what is around the expression.
    let even = |close: &usize| {
        let inner = &rest[..*close];
        !inner.contains("${")
            && ['"', '\'']
                .iter()
                .all(|q| inner.matches(*q).count() % 2 == 0)
    };
    let (inner_end, whole_end) = if let Some(close) = rest.find('}').filter(even) {
        (inner + close, inner + close + 1)
    } else {
        let is_name = |c: char| c.is_alphanumeric() || ".-_".contains(c);
        let stop = rest[byte - inner..].find(|c| !is_name(c));
        let end = stop.map_or(end, |stop| byte + stop);
        (end, end)
    };
    Some(Expression {
        inner: inner..inner_end,
        whole: open..whole_end,
    })
}

/// What is at `byte`, for completion.
pub(super) fn spot(text: &str, outline: &Outline, byte: usize) -> Option<Spot> {
    let (start, end) = line_of(text, byte);
    let before = &text[start..byte];
    if before.trim_start().starts_with('#') || before.contains(" #") {
        return None;
    }
    if let Some(found) = expression(text, byte) {
        return Some(Spot::Expression(found));
    }
    if let Some(container) = container(text, outline, byte) {
        return Some(in_flow(text, outline, byte, container));
    }
    in_block(text, (start, end), byte)
}

/// The innermost brackets around `byte`.
fn container(text: &str, outline: &Outline, byte: usize) -> Option<usize> {
    let inside = |at: &usize| {
        let item = &outline.items[*at];
        let is_flow = matches!(item.shape, Shape::FlowMap | Shape::FlowList);
        let value = &item.value_at;
        let is_closed = value.len() > 1 && text[..value.end].ends_with(['}', ']']);
        is_flow && value.start < byte && (byte < value.end || !is_closed && byte == value.end)
    };
    (1..outline.items.len()).rev().find(inside)
}

fn in_flow(text: &str, outline: &Outline, byte: usize, container: usize) -> Spot {
    let item = &outline.items[container];
    let opened = item.value_at.start + 1;
    let delimiter = text[opened..byte].rfind([',', ':', '{', '[', '\n']);
    let from = delimiter.map_or(opened, |at| opened + at + 1);
    let typed_start = byte - text[from..byte].trim_start().len();
    let typed = typed_start..word_end(text, byte, &[',', '}', ']', ':', '\n', ' ']);
    let mut path = outline.path(container);
    let is_value = delimiter.is_some_and(|at| text[opened + at..].starts_with(':'));
    let mut started = item.children.iter().filter(|at| {
        let child = &outline.items[**at];
        child.key_at.start.max(if child.key_at.is_empty() {
            child.value_at.start
        } else {
            0
        }) < byte
    });
    if is_value && let Some(last) = started.next_back() {
        path.push(outline.items[*last].key.clone());
        return Spot::Value { path, typed };
    }
    if item.shape == Shape::FlowList {
        path.push("0".to_owned());
        return Spot::Value { path, typed };
    }
    let has_colon = text[typed.end..].trim_start_matches(' ').starts_with(':');
    Spot::Key {
        parent: path,
        typed,
        has_colon,
    }
}

fn in_block(text: &str, (start, end): (usize, usize), byte: usize) -> Option<Spot> {
    let line = &text[start..end];
    let before = &text[start..byte];
    let mut scanner = Scanner::run(&text[..start]);
    let indent = before.len() - before.trim_start_matches(' ').len();
    if let Some((column, _)) = scanner.lines_of
        && indent > column
    {
        return None;
    }
    let mut column = indent;
    while let Some(width) = dash(&before[column..]) {
        scanner.dash(start, column);
        column += width;
    }
    let parent = scanner.parent_of(column);
    let mut path = scanner.outline.path(parent);
    let stem = &before[column..];
    if let Some((key, after)) = outline::key(stem) {
        path.push(outline::unquoted(&stem[key]).to_owned());
        let blanks = stem[after..].len() - stem[after..].trim_start().len();
        let from = start + column + after + blanks;
        // A value begins after a blank.
        if blanks == 0 {
            return None;
        }
        let rest = &line[from - start..];
        let written = rest[..rest.find(" #").unwrap_or(rest.len())].trim_end();
        let typed = from..(from + written.len()).max(byte);
        return Some(Spot::Value { path, typed });
    }
    let owner = &scanner.outline.items[parent];
    if parent != 0 && owner.shape != Shape::Block {
        return None;
    }
    let typed = start + column..word_end(text, byte, &[':', ' ', '\n', '\r']);
    let has_colon = text[typed.end..].starts_with(':');
    Some(Spot::Key {
        parent: path,
        typed,
        has_colon,
    })
}

fn word_end(text: &str, from: usize, ends: &[char]) -> usize {
    from + text[from..].find(ends).unwrap_or(text.len() - from)
}

fn line_of(text: &str, byte: usize) -> (usize, usize) {
    let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
    let end = text[byte..].find('\n').map_or(text.len(), |at| byte + at);
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spot at the `|` in a text.
    fn at(marked: &str) -> Option<Spot> {
        let byte = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        spot(&text, &Outline::new(&text), byte)
    }

    fn key(marked: &str) -> String {
        match at(marked) {
            Some(Spot::Key { parent, .. }) => parent.join("."),
            other => panic!("{marked}: {other:?}"),
        }
    }

    fn value(marked: &str) -> String {
        match at(marked) {
            Some(Spot::Value { path, .. }) => path.join("."),
            other => panic!("{marked}: {other:?}"),
        }
    }

    #[test]
    fn keys_know_what_they_stand_in() {
        assert_eq!(key("|"), "");
        assert_eq!(key("a:\n  b:\n    |"), "a.b");
        assert_eq!(key("a:\n  b:\n    c: 1\n  |"), "a");
        assert_eq!(key("a:\n  b:\n    c: 1\n|\nz: 1\n"), "");
        assert_eq!(key("a:\n  b:\n    xy|\n    c: 1\n"), "a.b");
        assert_eq!(key("a:\n  - b: 1\n    |"), "a.0");
        assert_eq!(key("a:\n  - b: 1\n  - |"), "a.1");
        assert_eq!(key("a:\n- b: 1\n- c|\n"), "a.1");
        assert_eq!(key("a: {b: {c|}}\n"), "a.b");
        assert_eq!(key("a: {b: 1, |\nc: 1\n"), "a");
    }

    #[test]
    fn values_know_their_key() {
        assert_eq!(value("a:\n  b: |\n"), "a.b");
        assert_eq!(value("a:\n  b: x|y\n"), "a.b");
        assert_eq!(value("a: {b: |}\n"), "a.b");
        assert_eq!(value("a: {b: [x, |]}\n"), "a.b.0");
        assert_eq!(value("a:\n  - b: |\n"), "a.0.b");
        assert_eq!(value("a: {b: 1, c: d|"), "a.c");
    }

    #[test]
    fn comments_and_blocks_of_lines_have_none() {
        assert_eq!(at("a: 1 # x|"), None);
        assert_eq!(at("# x|"), None);
        let text = "a: >\n  x\n  \n";
        assert_eq!(spot(text, &Outline::new(text), text.len() - 1), None);
        assert_eq!(at("a: x\n  |"), None);
    }

    #[test]
    fn expressions_are_found_open_or_closed() {
        let of = |marked: &str| match at(marked) {
            Some(Spot::Expression(found)) => marked.replacen('|', "", 1)[found.inner].to_owned(),
            other => panic!("{marked}: {other:?}"),
        };
        assert_eq!(of("a: ${va|rs.x} y\n"), "vars.x");
        assert_eq!(of("a: ${vars.|\n"), "vars.");
        assert_eq!(of("a: '${x} ${v|} ${z}'\n"), "v");
        assert_eq!(of("a: {b: \"${vars.|\"}\n"), "vars.");
        assert!(!matches!(at("a: ${x} |\n"), Some(Spot::Expression(_))));
    }
}
