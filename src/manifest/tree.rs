//! The YAML text as a tree in which every key and value knows its bytes.

use std::borrow::Cow;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::merge::{Merge, merge, refuse_duplicates};
use super::number::{number, spell};
use super::place::Places;
use super::{Entry, Node, NodeKind, read, scalar, syntax_error};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};

/// How deep maps and lists may nest.
const DEPTH: usize = 100;

/// How much anchors and aliases together may copy, in units of [`Node::measure`].
const COPIES: usize = 1_000_000;

/// The prefix that all tags of YAML itself have.
const CORE: &str = "tag:yaml.org,2002:";

/// The tree of `source`, and what was found wrong on the way. No tree when the text is not YAML or exceeds a limit;
/// an empty text is a null.
pub(super) fn parse(source: &Arc<Source>) -> (Option<Node>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let root = match build(source, &mut diagnostics) {
        Ok(root) => Some(root),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            None
        }
    };
    (root, diagnostics)
}

type Fatal = Box<Diagnostic>;

fn build(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Result<Node, Fatal> {
    if let Some((byte, at)) = read::control_character(source) {
        let detail =
            format!("the file holds the control character 0x{byte:02x}, which YAML does not allow");
        return Err(Box::new(
            Diagnostic::error(code::YAML_SYNTAX, detail).at(at),
        ));
    }
    let mut builder = Builder {
        source,
        places: Places::new(&source.text),
        diagnostics,
        stack: Vec::new(),
        anchors: Vec::new(),
        copied: 0,
        root: None,
        documents: 0,
    };
    let mut parser = Parser::new_from_str(&source.text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event
            .map_err(|error| Box::new(syntax_error::describe(&error, source, &builder.places)))?;
        let start = builder.places.byte(span.start.index());
        let end = builder.places.byte(span.end.index());
        if matches!(event, Event::StreamEnd) {
            break;
        }
        builder.take(event, start, end)?;
    }
    Ok(builder
        .root
        .unwrap_or_else(|| Node::new(Span::new(source, 0, 0), NodeKind::Null)))
}

struct Builder<'s, 'd> {
    source: &'s Arc<Source>,
    places: Places<'s>,
    diagnostics: &'d mut Diagnostics,
    stack: Vec<Frame>,
    anchors: Vec<Option<Node>>,
    copied: usize,
    root: Option<Node>,
    documents: usize,
}

/// A map or list whose end was not met yet.
struct Frame {
    start: usize,
    end: usize,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        merges: Vec<Merge>,
        key: Key,
    },
}

enum Key {
    Awaited,
    Text(String, Span),
    Merge(Span),
    Unusable,
}

impl Builder<'_, '_> {
    fn take(&mut self, event: Event, start: usize, end: usize) -> Result<(), Fatal> {
        match event {
            Event::DocumentStart(_) => self.document(start, end)?,
            Event::Scalar(text, style, anchor, tag) => {
                let is_merge = style == ScalarStyle::Plain && tag.is_none() && text == "<<";
                let node = self.scalar(text, style, tag.as_deref(), (start, end));
                self.remember(anchor, &node)?;
                self.place(node, end, is_merge);
            }
            Event::Alias(anchor) => {
                let node = self.alias(anchor, start, end)?;
                self.place(node, end, false);
            }
            Event::SequenceStart(anchor, tag) => {
                self.collection_tag(tag.as_deref(), &["seq", "omap", "pairs"], start, end);
                self.open(anchor, (start, end), Inside::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.collection_tag(tag.as_deref(), &["map", "set"], start, end);
                let inside = Inside::Map {
                    entries: Vec::new(),
                    merges: Vec::new(),
                    key: Key::Awaited,
                };
                self.open(anchor, (start, end), inside)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start, end)?,
            _ => {}
        }
        Ok(())
    }

    fn document(&mut self, start: usize, end: usize) -> Result<(), Fatal> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let diagnostic = Diagnostic::error(
            code::YAML_SYNTAX,
            "a second document starts here, and a manifest is one document",
        );
        Err(Box::new(diagnostic.at(self.span(start, end)).hint(
            "remove the line `---` or move what follows to its own file",
        )))
    }

    fn open(
        &mut self,
        anchor: usize,
        (start, end): (usize, usize),
        inside: Inside,
    ) -> Result<(), Fatal> {
        if self.stack.len() >= DEPTH {
            return Err(self.limit(
                format!("maps and lists nest deeper than {DEPTH} levels"),
                start,
                end,
            ));
        }
        self.stack.push(Frame {
            start,
            end,
            anchor,
            inside,
        });
        Ok(())
    }

    fn close(&mut self, start: usize, end: usize) -> Result<(), Fatal> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        // A block collection ends with an empty event at the next token; its own end is that of its last child.
        let end = if end > start { end } else { frame.end };
        let kind = match frame.inside {
            Inside::List(items) => NodeKind::List(items),
            Inside::Map {
                mut entries,
                merges,
                ..
            } => {
                refuse_duplicates(&mut entries, self.diagnostics);
                if !merges.is_empty() {
                    entries = merge(entries, merges, self.diagnostics);
                }
                NodeKind::Map(entries)
            }
        };
        let node = Node::new(self.span(frame.start, end), kind);
        self.remember(frame.anchor, &node)?;
        self.place(node, end, false);
        Ok(())
    }

    /// Puts a finished node where it belongs: the root, an item, a key or a value.
    fn place(&mut self, mut node: Node, end: usize, is_merge: bool) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.end = frame.end.max(end);
        let (entries, merged, key) = match &mut frame.inside {
            Inside::List(items) => return items.push(node),
            Inside::Map {
                entries,
                merges,
                key,
            } => (entries, merges, key),
        };
        match std::mem::replace(key, Key::Awaited) {
            Key::Awaited if is_merge => *key = Key::Merge(node.at),
            Key::Awaited => *key = key_of(&node, self.diagnostics),
            Key::Unusable => {}
            Key::Merge(at) => merged.push(Merge {
                position: entries.len(),
                at,
                value: node,
            }),
            Key::Text(text, key_at) => {
                if node.is_null() && node.at.start == node.at.end {
                    node.at = Span::new(self.source, key_at.end, key_at.end);
                }
                entries.push(Entry {
                    key: text,
                    key_at,
                    value: node,
                });
            }
        }
    }

    fn scalar(
        &mut self,
        text: Cow<str>,
        style: ScalarStyle,
        tag: Option<&Tag>,
        (start, end): (usize, usize),
    ) -> Node {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let end = if block {
            start + self.source.text[start..end].trim_end().len()
        } else {
            end
        };
        let at = self.span(start, end);
        let kind = match tag {
            Some(tag) => self.tagged(text, tag, &at),
            None if style == ScalarStyle::Plain => {
                let kind = scalar::resolve(&text);
                if scalar::loses_digits(&text, &kind) {
                    self.warn_of_rounding(&text, &kind, &at);
                }
                kind
            }
            None => NodeKind::Text(text.into_owned()),
        };
        Node::new(at, kind)
    }

    fn tagged(&mut self, text: Cow<str>, tag: &Tag, at: &Span) -> NodeKind {
        let name = format!("{}{}", tag.handle, tag.suffix);
        let read = match name.strip_prefix(CORE).unwrap_or(&name) {
            "!" | "str" | "binary" | "timestamp" => Some(NodeKind::Text(text.to_string())),
            "null" => Some(scalar::resolve(&text)).filter(|kind| *kind == NodeKind::Null),
            "bool" => Some(scalar::resolve(&text)).filter(|kind| matches!(kind, NodeKind::Bool(_))),
            "int" => scalar::integer(&text).map(number),
            "float" => scalar::float(&text).map(number),
            _ => {
                self.refuse_tag(&name, at.clone());
                return NodeKind::Text(text.into_owned());
            }
        };
        read.unwrap_or_else(|| {
            let detail = format!("`{text}` cannot be read with the tag `{tag}`");
            self.diagnostics
                .push(Diagnostic::error(code::YAML_TAG, detail).at(at.clone()));
            NodeKind::Text(text.into_owned())
        })
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, known: &[&str], start: usize, end: usize) {
        let Some(tag) = tag else {
            return;
        };
        let name = format!("{}{}", tag.handle, tag.suffix);
        if name != "!"
            && !name
                .strip_prefix(CORE)
                .is_some_and(|name| known.contains(&name))
        {
            let at = self.span(start, end);
            self.refuse_tag(&name, at);
        }
    }

    fn refuse_tag(&mut self, name: &str, at: Span) {
        let name = match name.strip_prefix(CORE) {
            Some(core) => format!("!!{core}"),
            None => name.to_owned(),
        };
        self.diagnostics.push(
            Diagnostic::error(
                code::YAML_TAG,
                format!("the tag `{name}` has no meaning in a manifest"),
            )
            .at(at)
            .hint("remove the tag; a text that starts with `!` needs quotes"),
        );
    }

    fn warn_of_rounding(&mut self, text: &str, kind: &NodeKind, at: &Span) {
        let NodeKind::Float(value) = kind else {
            return;
        };
        self.diagnostics.push(
            Diagnostic::warning(
                code::NUMBER_ROUNDED,
                format!(
                    "`{text}` has more digits than a number keeps and is read as {}",
                    spell(*value)
                ),
            )
            .at(at.clone())
            .hint(format!("write \"{text}\" if it is an identifier")),
        );
    }

    fn remember(&mut self, anchor: usize, node: &Node) -> Result<(), Fatal> {
        if anchor == 0 {
            return Ok(());
        }
        self.charge(node.measure().0, node.at.start, node.at.end)?;
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, None);
        }
        self.anchors[anchor] = Some(node.clone());
        Ok(())
    }

    fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Result<Node, Fatal> {
        let Some(node) = self.anchors.get_mut(anchor).and_then(Option::take) else {
            let diagnostic = Diagnostic::error(
                code::YAML_SYNTAX,
                "this alias stands inside the value that it names",
            );
            return Err(Box::new(diagnostic.at(self.span(start, end))));
        };
        let (size, depth) = node.measure();
        self.charge(size, start, end)?;
        if self.stack.len() + depth > DEPTH + 1 {
            return Err(self.limit(
                format!("maps and lists nest deeper than {DEPTH} levels through this alias"),
                start,
                end,
            ));
        }
        self.anchors[anchor] = Some(node.clone());
        Ok(node)
    }

    fn charge(&mut self, size: usize, start: usize, end: usize) -> Result<(), Fatal> {
        self.copied += size;
        if self.copied <= COPIES {
            return Ok(());
        }
        Err(self.limit(
            "the aliases up to here repeat more than a million values".to_owned(),
            start,
            end,
        ))
    }

    fn limit(&self, detail: String, start: usize, end: usize) -> Fatal {
        Box::new(Diagnostic::error(code::MANIFEST_LIMIT, detail).at(self.span(start, end)))
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }
}

/// A scalar as a key, spelled as JavaScript would. Anything else is reported.
fn key_of(node: &Node, diagnostics: &mut Diagnostics) -> Key {
    let text = match &node.kind {
        NodeKind::Text(text) => text.clone(),
        NodeKind::Null => "null".to_owned(),
        NodeKind::Bool(value) => value.to_string(),
        NodeKind::Int(value) => value.to_string(),
        NodeKind::Float(value) => spell(*value),
        _ => {
            let detail = format!("a key must be a text, and this one is {}", node.type_name());
            diagnostics.push(
                Diagnostic::error(code::WRONG_TYPE, detail)
                    .at(node.at.clone())
                    .hint("put it in quotes if it is meant as a text, such as \"${...}\" or \"{{ }}\""),
            );
            return Key::Unusable;
        }
    };
    Key::Text(text, node.at.clone())
}
