//! Tokens as a layout tree: each comment is given to what it belongs to.
//!
//! A comment on a line of its own belongs to what follows, unless it stands as deep as the collection that ends there;
//! one at the end of a line belongs to what the line holds.

use super::layout::{Body, Collection, Document, Entry, Form, Line, Node, Scalar, Style};
use super::scan::{Kind, Token, scan};

/// The layout of strict YAML. An error is the byte that is not understood.
pub(super) fn read(text: &str) -> Result<Document, usize> {
    let (tokens, tail) = scan(text)?;
    let mut reader = Reader {
        text,
        tokens: tokens.into_iter().peekable(),
        pending: Vec::new(),
    };
    reader.pull();
    let mut head = head_of(&mut reader.pending);
    let root = if reader.tokens.peek().is_some() {
        let is_scalar = !matches!(
            reader.tokens.peek().map(|token| &token.kind),
            Some(Kind::Start { is_flow: false, .. })
        );
        if is_scalar {
            head.append(&mut reader.pending);
        }
        reader.node(Some(usize::MAX))
    } else {
        empty()
    };
    let mut rest = reader.pending;
    rest.extend(tail);
    Ok(Document {
        head,
        root,
        tail: rest,
    })
}

/// The lines that stand above a blank line or `---` before the first key.
fn head_of(lines: &mut Vec<Line>) -> Vec<Line> {
    let start = lines
        .iter()
        .take_while(|line| **line == Line::Blank)
        .count();
    let own = lines
        .iter()
        .rposition(|line| !matches!(line, Line::Comment(..)));
    match own {
        Some(at) if at >= start => lines.drain(..=at).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn empty() -> Node {
    Node {
        at: 0,
        props: Vec::new(),
        body: Body::Scalar(Scalar {
            raw: String::new(),
            value: String::new(),
            style: Style::Plain,
        }),
        comment: None,
    }
}

struct Reader<'t> {
    text: &'t str,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// Lines that belong to nothing yet.
    pending: Vec<Line>,
}

impl Reader<'_> {
    /// Takes the lines before the next token.
    fn pull(&mut self) {
        if let Some(token) = self.tokens.peek_mut() {
            self.pending.append(&mut token.before);
        }
    }

    /// The next value. `outer` is the column of the block around it; none inside brackets.
    fn node(&mut self, outer: Option<usize>) -> Node {
        self.pull();
        let Some(token) = self.tokens.next() else {
            return empty();
        };
        let body = match token.kind {
            Kind::Scalar(scalar) => Body::Scalar(scalar),
            Kind::Block { header, lines } => Body::Block { header, lines },
            Kind::Start { .. } => return self.collection(token, outer),
            Kind::End => return empty(),
        };
        Node {
            at: token.start,
            props: token.props,
            body,
            comment: token.after,
        }
    }

    fn collection(&mut self, open: Token, outer: Option<usize>) -> Node {
        let (is_map, is_flow) = match open.kind {
            Kind::Start { is_map, is_flow } => (is_map, is_flow),
            _ => (false, false),
        };
        let column = self.column(&open, is_map);
        let is_block = !is_flow && outer.is_some();
        let mut entries = Vec::new();
        loop {
            self.pull();
            match self.tokens.peek().map(|token| &token.kind) {
                Some(Kind::End) | None => break,
                _ => entries.push(self.entry(is_map, is_block.then_some(column))),
            }
        }
        let close = self.tokens.next();
        let end = if is_flow {
            std::mem::take(&mut self.pending)
        } else if is_block && (is_map || outer != Some(column)) {
            self.as_deep_as(column)
        } else {
            Vec::new()
        };
        let (last, comment) = close.map_or((open.end, None), |token| (token.end, token.after));
        let many = is_flow && (self.text[open.start..last].contains('\n') || open.after.is_some());
        let form = match (is_flow, many) {
            (true, true) if !entries.is_empty() || !end.is_empty() => Form::Lines(open.after),
            (true, _) => Form::Line,
            (false, _) if is_block => Form::Block,
            (false, _) => Form::Pair,
        };
        let body = Body::Collection(Collection {
            is_map,
            form,
            entries,
            end,
        });
        Node {
            at: open.start,
            props: open.props,
            body,
            comment: if is_flow { comment } else { None },
        }
    }

    /// Where the keys or dashes of a collection stand.
    fn column(&mut self, open: &Token, is_map: bool) -> usize {
        let first = self.tokens.peek().map_or(open.column, |token| token.column);
        if is_map {
            first
        } else if self.text[open.start..].starts_with('-') {
            open.column
        } else {
            first.saturating_sub(2)
        }
    }

    fn entry(&mut self, is_map: bool, column: Option<usize>) -> Entry {
        let mut before = std::mem::take(&mut self.pending);
        let key = is_map.then(|| self.node(None));
        self.pull();
        let mut stays = false;
        if let Some(token) = self.tokens.peek() {
            stays = match &token.kind {
                Kind::Start { is_flow, .. } => !is_flow && is_map,
                Kind::Scalar(scalar) => scalar.raw.is_empty() && token.props.is_empty(),
                _ => false,
            };
        }
        if !stays {
            before.append(&mut self.pending);
        }
        let value = self.node(column);
        let mut inner = Vec::new();
        if let (true, Some(column)) = (value.is_empty(), column) {
            self.pull();
            inner = self.as_deep_as(column + 1);
        }
        Entry {
            before,
            key,
            value,
            inner,
        }
    }

    /// The first of the pending comments, as far as they stand at `column` or deeper.
    fn as_deep_as(&mut self, column: usize) -> Vec<Line> {
        let mut size = 0;
        for (at, line) in self.pending.iter().enumerate() {
            match line {
                Line::Comment(_, depth) if *depth >= column => size = at + 1,
                Line::Blank => {}
                _ => break,
            }
        }
        self.pending.drain(..size).collect()
    }
}
