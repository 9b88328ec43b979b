//! The text as tokens, each with the comments before and after it.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::layout::{Line, Scalar, Style};

/// A value's start, its end, or a whole scalar.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) column: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) props: Vec<String>,
    pub(super) before: Vec<Line>,
    pub(super) after: Option<String>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar(Scalar),
    Block { header: String, lines: Vec<String> },
    Start { is_map: bool, is_flow: bool },
    End,
}

/// The tokens of strict YAML, and the lines after the last one. An error is the byte that is not understood.
pub(super) fn scan(text: &str) -> Result<(Vec<Token>, Vec<Line>), usize> {
    let mut scanner = Scanner {
        text,
        cursor: 0,
        line: Held::Nothing,
        lines: Vec::new(),
        props: Vec::new(),
        tokens: Vec::new(),
        last: None,
    };
    let bytes: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    let byte = |index: usize| bytes.get(index).copied().unwrap_or(text.len());
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| byte(error.marker().index()))?;
        scanner.take(event, byte(span.start.index()), byte(span.end.index()))?;
    }
    scanner.gap(text.len())?;
    Ok((scanner.tokens, scanner.lines))
}

/// All comments of a text, sorted.
pub(super) fn comments(text: &str) -> Vec<String> {
    let Ok((tokens, tail)) = scan(text) else {
        return Vec::new();
    };
    let own = |line: Line| match line {
        Line::Comment(text, _) => Some(text),
        _ => None,
    };
    let mut found: Vec<String> = tail.into_iter().filter_map(own).collect();
    for token in tokens {
        found.extend(token.before.into_iter().filter_map(own).chain(token.after));
    }
    found.sort();
    found
}

/// What the current line holds so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    Dash,
    Token,
}

struct Scanner<'t> {
    text: &'t str,
    cursor: usize,
    line: Held,
    lines: Vec<Line>,
    props: Vec<String>,
    tokens: Vec<Token>,
    /// The last token that has a width.
    last: Option<usize>,
}

impl Scanner<'_> {
    fn take(&mut self, event: Event, start: usize, end: usize) -> Result<(), usize> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    // Its event begins anywhere from its header to its text.
                    let start = self.trivia(end.max(start))?;
                    let props = self.props(anchor != 0, tag.is_some());
                    self.block(start, &value, props);
                } else {
                    // The event may begin with the anchor and the tag before it, which the gap reads.
                    let end = end.max(start);
                    let start = start + props_size(&self.text[start..end]);
                    self.gap(start)?;
                    let props = self.props(anchor != 0, tag.is_some());
                    self.scalar(start, end, (&value, style), props);
                }
            }
            Event::Alias(_) => {
                self.gap(start)?;
                let raw = self.text[start..end].trim_end();
                let kind = Kind::Scalar(Scalar {
                    raw: raw.to_owned(),
                    value: String::new(),
                    style: Style::Alias,
                });
                self.push(kind, start, start + raw.len(), Vec::new());
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(false, (start, end), (anchor != 0, tag.is_some()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.open(true, (start, end), (anchor != 0, tag.is_some()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.gap(start)?;
                let closes = self.text[start..end].starts_with([']', '}']);
                let end = if closes { start + 1 } else { start };
                self.push(Kind::End, start, end, Vec::new());
            }
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        is_map: bool,
        (start, end): (usize, usize),
        (anchor, tag): (bool, bool),
    ) -> Result<(), usize> {
        // The event may begin with the anchor or the dash before it, which the next gap reads.
        let bracket = start + props_size(&self.text[start..end]);
        let start = if self.text[bracket..end].starts_with(['[', '{']) {
            bracket
        } else {
            start
        };
        let is_flow = self.text[start..end].starts_with(['[', '{']);
        self.gap(start)?;
        if (anchor || tag) && self.props.is_empty() && !is_flow {
            self.gap(end)?;
        }
        let props = self.props(anchor, tag);
        let end = if is_flow { start + 1 } else { start };
        self.push(Kind::Start { is_map, is_flow }, start, end, props);
        Ok(())
    }

    fn scalar(
        &mut self,
        start: usize,
        end: usize,
        (value, style): (&str, ScalarStyle),
        props: Vec<String>,
    ) {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            _ => Style::Plain,
        };
        let raw = self.text[start..end].trim_end();
        // The event of a quoted text may end behind the comment that follows it.
        let raw = match style {
            Style::Single | Style::Double => &raw[..quoted_size(raw)],
            _ => raw,
        };
        // An empty value has no text, wherever its event lies.
        let raw = if style == Style::Plain && value.is_empty() {
            ""
        } else {
            raw
        };
        let kind = Kind::Scalar(Scalar {
            raw: raw.to_owned(),
            value: value.to_owned(),
            style,
        });
        self.push(kind, start, start + raw.len(), props);
    }

    /// A `|` or `>` text: its extent is found by indentation, as events end anywhere behind it.
    fn block(&mut self, start: usize, value: &str, props: Vec<String>) {
        let rest = &self.text[start..];
        let head_end = rest.find('\n').unwrap_or(rest.len());
        let head = &rest[..head_end];
        let indicators = head.split(char::is_whitespace).next().unwrap_or(head);
        let comment = head[indicators.len()..].trim();
        let first_value = value.lines().find(|line| !line.trim().is_empty());
        let body = rest.get(head_end + 1..).unwrap_or_default();
        let first = body.lines().find(|line| !line.trim().is_empty());
        let depth = match (first_value, first) {
            (Some(value), Some(line)) => Some(indentation(line).saturating_sub(indentation(value))),
            _ => None,
        };
        let keeps = indicators.contains('+');
        let (lines, size) = body_lines(body, depth.unwrap_or(usize::MAX), keeps);
        let kind = Kind::Block {
            header: indicators.to_owned(),
            lines,
        };
        let end = (start + head_end + 1 + size).min(self.text.len());
        self.push(kind, start, end, props);
        if let (false, Some(token)) = (comment.is_empty(), self.tokens.last_mut()) {
            token.after = Some(comment.to_owned());
        }
        self.line = Held::Nothing;
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, props: Vec<String>) {
        if end > start {
            self.last = Some(self.tokens.len());
            self.cursor = end;
            self.line = Held::Token;
        }
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        self.tokens.push(Token {
            kind,
            column: self.text[line_start..start].chars().count(),
            start,
            end,
            props,
            before: std::mem::take(&mut self.lines),
            after: None,
        });
    }

    /// The anchor and the tag read last that belong to the event.
    fn props(&mut self, anchor: bool, tag: bool) -> Vec<String> {
        let mut taken = Vec::new();
        for (wanted, sign) in [(anchor, '&'), (tag, '!')] {
            let found = self.props.iter().position(|prop| prop.starts_with(sign));
            if let (true, Some(at)) = (wanted, found) {
                taken.push(self.props.remove(at));
            }
        }
        taken
    }

    /// Reads what stands between two tokens.
    fn gap(&mut self, end: usize) -> Result<(), usize> {
        let reached = self.trivia(end)?;
        if reached < end { Err(reached) } else { Ok(()) }
    }

    /// Reads up to `end` or the start of a block text, and says where that is.
    fn trivia(&mut self, end: usize) -> Result<usize, usize> {
        while self.cursor < end {
            let rest = &self.text[self.cursor..];
            let Some(c) = rest.chars().next() else { break };
            let size = match c {
                '\n' => {
                    self.end_line();
                    1
                }
                '#' => self.comment(rest),
                '&' | '!' => {
                    let stop = |c: char| c.is_whitespace() || ",[]{}".contains(c);
                    let size = rest.find(stop).unwrap_or(rest.len());
                    self.props.push(rest[..size].to_owned());
                    self.line = Held::Token;
                    size
                }
                '-' if self.line == Held::Nothing && rest.starts_with("---") => {
                    self.lines.push(Line::Marker);
                    self.line = Held::Token;
                    3
                }
                '-' => {
                    self.line = Held::Dash;
                    1
                }
                ':' | ',' | '?' => {
                    self.line = Held::Token;
                    1
                }
                ' ' | '\t' => 1,
                '|' | '>' => break,
                _ => return Err(self.cursor),
            };
            self.cursor += size;
        }
        Ok(self.cursor)
    }

    fn end_line(&mut self) {
        if self.line == Held::Nothing {
            self.lines.push(Line::Blank);
        }
        self.line = Held::Nothing;
    }

    fn comment(&mut self, rest: &str) -> usize {
        let size = rest.find('\n').unwrap_or(rest.len());
        let text = rest[..size].trim_end().to_owned();
        let line_start = self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1);
        let column = self.text[line_start..self.cursor].chars().count();
        let last = self.last.and_then(|at| self.tokens.get_mut(at));
        match last {
            Some(token) if self.line == Held::Token && token.after.is_none() => {
                token.after = Some(text);
            }
            _ => self.lines.push(Line::Comment(text, column)),
        }
        self.line = Held::Token;
        size
    }
}

/// How many bytes an anchor, a tag and the white space behind them take.
fn props_size(event: &str) -> usize {
    let mut rest = event;
    while rest.starts_with(['&', '!']) {
        let size = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest[size..].trim_start();
    }
    event.len() - rest.len()
}

/// How many bytes a text in quotes takes with its quotes.
fn quoted_size(raw: &str) -> usize {
    let mut chars = raw.char_indices();
    let Some((_, quote)) = chars.next() else {
        return 0;
    };
    let mut chars = chars.peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            let is_doubled = quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == quote);
            if !is_doubled {
                return at + c.len_utf8();
            }
            chars.next();
        }
    }
    raw.len()
}

/// The lines of a block text without `depth` blanks each, and how many bytes they are.
fn body_lines(body: &str, depth: usize, keeps: bool) -> (Vec<String>, usize) {
    let mut lines = Vec::new();
    let (mut size, mut solid) = (0, (0, 0));
    for line in body.split_inclusive('\n') {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let is_blank = text.trim_matches(' ').is_empty();
        if !is_blank && indentation(text) < depth {
            break;
        }
        lines.push(text.get(depth..).unwrap_or_default().to_owned());
        size += line.len();
        if !is_blank {
            solid = (lines.len(), size);
        }
    }
    if !keeps {
        lines.truncate(solid.0);
        size = solid.1;
    }
    (lines, size)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
