//! The YAML text as a tree in which every key and value knows its bytes.

use std::borrow::Cow;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::lenient::Lenient;
use super::merge::{Merge, merge, refuse_duplicates};
use super::number::spell;
use super::place::Places;
use super::{Entry, Node, NodeKind, read, scalar, syntax_error, tag};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, code};

/// How deep maps and lists may nest.
const DEPTH: usize = 100;

/// How much anchors and aliases together may copy, in units of [`Node::measure`].
const COPIES: usize = 1_000_000;

/// The tree of `source`, and what was found wrong on the way. No tree when the text is not YAML or exceeds a limit;
/// an empty text is a null.
pub fn parse(source: &Arc<Source>) -> (Option<Node>, Diagnostics) {
    if let Some((byte, at)) = read::control_character(source) {
        let detail =
            format!("the file holds the control character 0x{byte:02x}, which YAML does not allow");
        return (
            None,
            Diagnostic::error(code::YAML_SYNTAX, detail).at(at).into(),
        );
    }
    let mut lenient = Lenient::new(&source.text);
    loop {
        let mut diagnostics = Diagnostics::new();
        match build(source, &lenient, &mut diagnostics) {
            Ok(root) => return (Some(root), diagnostics),
            Err(Stop::Syntax(error)) if lenient.repair(&error) => {}
            Err(Stop::Syntax(error)) => {
                let at = lenient.original(Places::new(&lenient.text).byte(error.marker().index()));
                diagnostics.push(syntax_error::describe(&error, source, at));
                return (None, diagnostics);
            }
            Err(Stop::Fatal(diagnostic)) => {
                diagnostics.push(*diagnostic);
                return (None, diagnostics);
            }
        }
    }
}

/// Why there is no tree.
enum Stop {
    Syntax(ScanError),
    Fatal(Fatal),
}

type Fatal = Box<Diagnostic>;

impl From<Fatal> for Stop {
    fn from(diagnostic: Fatal) -> Self {
        Self::Fatal(diagnostic)
    }
}

fn build(
    source: &Arc<Source>,
    lenient: &Lenient,
    diagnostics: &mut Diagnostics,
) -> Result<Node, Stop> {
    let places = Places::new(&lenient.text);
    let mut builder = Builder {
        source,
        diagnostics,
        stack: Vec::new(),
        anchors: Vec::new(),
        copied: 0,
        root: None,
        documents: 0,
    };
    let mut parser = Parser::new_from_str(&lenient.text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(Stop::Syntax)?;
        if matches!(event, Event::StreamEnd) {
            break;
        }
        let start = lenient.original(places.byte(span.start.index()));
        let end = lenient.original(places.byte(span.end.index()));
        builder.take(event, start, end)?;
    }
    Ok(builder
        .root
        .unwrap_or_else(|| Node::new(Span::new(source, 0, 0), NodeKind::Null)))
}

struct Builder<'s, 'd> {
    source: &'s Arc<Source>,
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
                self.check_tag(tag.as_deref(), &["seq", "omap", "pairs"], start, end);
                self.open(anchor, (start, end), Inside::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), &["map", "set"], start, end);
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
            Some(tag) => tag::scalar(text, tag, &at, self.diagnostics),
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

    fn check_tag(&mut self, tag: Option<&Tag>, known: &[&str], start: usize, end: usize) {
        if let Some(tag) = tag {
            let at = self.span(start, end);
            tag::check_collection(tag, known, &at, self.diagnostics);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::to_json;
    use serde_json::{Value, json};

    fn tree(text: &str) -> (Option<Node>, Diagnostics) {
        parse(&Source::new("s.yaml", text))
    }

    fn value(text: &str) -> Value {
        let (root, found) = tree(text);
        assert!(!found.has_errors(), "{text}: {found:?}");
        to_json(&root.unwrap())
    }

    /// The codes, places and first hints of what is wrong with a text.
    fn wrong(text: &str) -> Vec<(String, String)> {
        let (_, found) = tree(text);
        let place = |d: &Diagnostic| d.at.as_ref().map(ToString::to_string).unwrap_or_default();
        found
            .iter()
            .map(|d| (format!("{} {}", d.code, place(d)), d.detail.clone()))
            .collect()
    }

    #[test]
    fn every_key_and_value_knows_its_bytes() {
        let text = "a: é\nb:\n  c: [1, 'x y']\n  d: |\n    one\n    two\ne:\n";
        let (root, _) = tree(text);
        let root = root.unwrap();
        let shown = |at: &Span| text[at.start..at.end].to_owned();
        let b = root.entry("b").unwrap();
        assert_eq!(shown(&root.get("a").unwrap().at), "é");
        assert_eq!(shown(&b.key_at), "b");
        assert_eq!(shown(&b.value.get("c").unwrap().items()[1].at), "'x y'");
        assert_eq!(shown(&b.value.get("c").unwrap().at), "[1, 'x y']");
        assert_eq!(shown(&b.value.get("d").unwrap().at), "one\n    two");
        assert!(shown(&b.value.at).starts_with("c: [1"));
        assert_eq!(root.get("e").unwrap().at.to_string(), "s.yaml:7:2");
    }

    #[test]
    fn carriage_returns_and_tabs_after_values_are_fine() {
        assert_eq!(
            value("a: b\r\nc:\r\n  - d\t# x\r\n"),
            json!({"a": "b", "c": ["d"]})
        );
        assert_eq!(value("{\n\t\"a\": [\n\t\t1\n\t]\n}\n"), json!({"a": [1]}));
    }

    #[test]
    fn keys_are_texts() {
        assert_eq!(
            value("1: a\n0755: b\ntrue: c\n~: d\n1.50: e\n"),
            json!({"1": "a", "755": "b", "true": "c", "null": "d", "1.5": "e"})
        );
        assert_eq!(wrong("? [a]\n: b\n")[0].0, "SD0107 s.yaml:1:3");
        assert_eq!(wrong("{{ x }}: 1\n")[0].0, "SD0107 s.yaml:1:2");
    }

    #[test]
    fn quotes_that_end_at_the_start_of_a_line_are_read() {
        assert_eq!(
            value("a:\n  b: 'x\n  y\n'\n  c: 1\n"),
            json!({"a": {"b": "x y ", "c": 1}})
        );
        assert_eq!(
            value("a:\n  b: [\n  x\n]\nc: 1\n"),
            json!({"a": {"b": ["x"]}, "c": 1})
        );
        let (root, _) = tree("a:\n  b: [\nx\n]\nc: dd\n");
        let root = root.unwrap();
        assert_eq!(root.get("c").unwrap().at.to_string(), "s.yaml:5:4");
        assert_eq!(
            root.get("a").unwrap().get("b").unwrap().items()[0]
                .at
                .to_string(),
            "s.yaml:3:1"
        );
    }

    #[test]
    fn anchors_and_merges() {
        let base = "b: &b {x: 1, y: {z: 1}}\nc: &c {x: 3, w: 4}\n";
        assert_eq!(
            value(&format!("{base}a: {{<<: *b, y: 2}}\n"))["a"],
            json!({"x": 1, "y": 2})
        );
        assert_eq!(
            value(&format!("{base}a: {{y: 2, <<: [*c, *b]}}\n"))["a"],
            json!({"y": 2, "x": 3, "w": 4})
        );
        assert_eq!(
            value(&format!("{base}a:\n  <<: *b\n  <<: *c\n"))["a"],
            json!({"x": 1, "y": {"z": 1}, "w": 4})
        );
        assert_eq!(value("a: {'<<': 1}\n")["a"], json!({"<<": 1}));
        assert_eq!(wrong("a:\n  <<: 1\n")[0].0, "SD0107 s.yaml:2:3");
        assert_eq!(wrong("a: &a [*a]\n")[0].0, "SD0103 s.yaml:1:8");
        assert_eq!(wrong("a: *b\n")[0].0, "SD0103 s.yaml:1:4");
    }

    #[test]
    fn a_key_that_stands_twice_is_told_with_both_lines() {
        let found = wrong("a: 1\nb: 2\na: 3\n");
        assert_eq!(
            found,
            [(
                "SD0104 s.yaml:3:1".to_owned(),
                "`a` stands on line 1 and again on line 3".to_owned()
            )]
        );
        let many = (0..40)
            .map(|n| format!("k{n}: 1\n"))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(wrong(&format!("{many}k7: 2\nk39: 1\nk7: 3\n")).len(), 3);
    }

    #[test]
    fn tags() {
        assert_eq!(
            value(
                "a: !!str 1\nb: !!int '0x10'\nc: !!float 1\nd: ! 12\ne: !!binary aGk=\nf: !!set {x}\ng: !!null\nh: !!seq [1]\n"
            ),
            json!({"a": "1", "b": 16, "c": 1, "d": "12", "e": "aGk=", "f": {"x": null}, "g": null, "h": [1]})
        );
        let found = wrong("a: !Ref x\nb: !!int x\nc: !Map {}\nd: !!seq {}\n");
        let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(
            places,
            [
                "SD0117 s.yaml:1:4",
                "SD0117 s.yaml:2:4",
                "SD0117 s.yaml:3:4",
                "SD0117 s.yaml:4:4"
            ]
        );
    }

    #[test]
    fn tabs_in_the_indentation_are_named() {
        for text in [
            "a:\n\tb: 1\n",
            "a: 1\n\tb: 2\n",
            "a:\n  - x\n\t- y\n",
            "a:\n  b: 1\n  \tc: 2\n",
        ] {
            let found = wrong(text);
            assert!(found[0].1.contains("tab"), "{text:?}: {found:?}");
            let tab_line = text[..text.find('\t').unwrap()].lines().count().max(2);
            assert!(found[0].0.starts_with("SD0103"), "{found:?}");
            let line: usize = found[0].0.split(':').nth(1).unwrap().parse().unwrap();
            assert!(
                line == tab_line || line == tab_line + 1,
                "{text:?}: {found:?}"
            );
        }
    }

    #[test]
    fn one_document_only() {
        assert_eq!(value("---\na: 1\n...\n"), json!({"a": 1}));
        assert_eq!(wrong("a: 1\n---\nb: 2\n")[0].0, "SD0103 s.yaml:2:1");
    }

    #[test]
    fn limits_hold() {
        let deep = "[".repeat(101) + &"]".repeat(101);
        assert_eq!(wrong(&deep)[0].0, "SD0116 s.yaml:1:101");
        assert!(wrong(&("[".repeat(100) + &"]".repeat(100))).is_empty());
        assert_eq!(wrong(&"[".repeat(200_000)).len(), 1);
        let line = |n: i32| format!("a{n}: &a{n} [{}]\n", format!("*a{}, ", n - 1).repeat(9));
        let later = (1..10).map(line).collect::<Vec<_>>().concat();
        let laughs = format!("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n{later}");
        assert!(wrong(&laughs)[0].0.starts_with("SD0116 s.yaml:"));
        let nested = format!(
            "a: &a {}1{}\nb: {}*a{}\n",
            "[".repeat(60),
            "]".repeat(60),
            "[".repeat(60),
            "]".repeat(60)
        );
        assert!(wrong(&nested)[0].0.starts_with("SD0116 s.yaml:2"));
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(wrong("a: 1\nb: \u{0}c\n")[0].0, "SD0103 s.yaml:2:4");
    }

    #[test]
    fn rounded_numbers_are_warned_of() {
        assert_eq!(
            wrong("a: 12345678901234567890\nb: 1e300\n")[0].0,
            "SD0118 s.yaml:1:4"
        );
        assert!(wrong("a: 1e300\nb: '12345678901234567890'\nc: 1234567890123456\n").is_empty());
    }

    #[test]
    fn an_expression_in_braces_needs_quotes() {
        let (_, found) = tree("a: {b: ${vars.x}}\n");
        let diagnostic = found.iter().next().unwrap();
        assert!(diagnostic.hints[0].contains("quotes"), "{diagnostic:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            tree(&text);
        }

        #[test]
        fn no_near_yaml_panics(text in "[-a-c0-2:#\\[\\]{}&*!|>'\"%@,?~<. \n\r\t$é]{0,60}") {
            let (root, _) = tree(&text);
            if let Some(root) = root {
                check_spans(&root, text.len());
            }
        }
    }

    fn check_spans(node: &Node, size: usize) {
        assert!(node.at.start <= node.at.end && node.at.end <= size);
        assert!(
            node.at.source.text.is_char_boundary(node.at.start)
                && node.at.source.text.is_char_boundary(node.at.end)
        );
        node.items().iter().for_each(|item| check_spans(item, size));
        node.entries()
            .iter()
            .for_each(|entry| check_spans(&entry.value, size));
    }
}
