//! A flow's text as a tree in which everything knows its place. JSON is read by the same rules.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value};

use crate::Finding;

/// How deep maps and lists may nest.
const DEPTH: usize = 64;

/// How many nodes a text may be, with what its aliases repeat.
const NODES: usize = 200_000;

/// Where something begins: line and column from 1, the column in characters; `offset` in characters from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Characters before it.
    pub offset: usize,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub at: Place,
    /// What it is.
    pub data: Data,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Data {
    /// A scalar as JSON knows it.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the text.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key begins.
    pub at: Place,
    /// What it holds.
    pub value: Node,
}

impl Node {
    /// The value without places.
    pub fn value(&self) -> Value {
        match &self.data {
            Data::Scalar(value) => value.clone(),
            Data::List(items) => items.iter().map(Self::value).collect(),
            Data::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// The entries of a map.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a scalar that is one.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// What a key holds.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let entry = self.entries()?.iter().find(|entry| entry.key == key)?;
        Some(&entry.value)
    }

    /// How one calls such a value.
    pub(crate) const fn noun(&self) -> &'static str {
        match &self.data {
            Data::Scalar(Value::Null) => "nothing",
            Data::Scalar(Value::Bool(_)) => "true or false",
            Data::Scalar(Value::Number(_)) => "a number",
            Data::Scalar(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    fn size(&self) -> usize {
        match &self.data {
            Data::Scalar(_) => 1,
            Data::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Data::Map(entries) => {
                1 + entries
                    .iter()
                    .map(|entry| entry.value.size())
                    .sum::<usize>()
            }
        }
    }
}

/// The tree of a text.
///
/// # Errors
/// One finding: the text is no YAML, holds more than one document, nests too deep or is too large.
pub(crate) fn parse(text: &str) -> Result<Node, Finding> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        let at = Place {
            line: span.start.line(),
            column: span.start.col() + 1,
            offset: span.start.index(),
        };
        builder.take(event, at)?;
    }
    Ok(builder.root.unwrap_or(Node {
        at: Place {
            line: 1,
            column: 1,
            offset: 0,
        },
        data: Data::Scalar(Value::Null),
    }))
}

fn syntax(error: &ScanError) -> Finding {
    let mark = error.marker();
    let at = Place {
        line: mark.line(),
        column: mark.col() + 1,
        offset: mark.index(),
    };
    Finding::error(at, format!("this is not YAML: {}", error.info()))
}

#[derive(Default)]
struct Builder {
    stack: Vec<Open>,
    anchors: Vec<Option<Node>>,
    nodes: usize,
    root: Option<Node>,
}

/// A list or map whose end was not met yet.
struct Open {
    at: Place,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Place)>),
}

impl Builder {
    fn take(&mut self, event: Event, at: Place) -> Result<(), Finding> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                return Err(Finding::error(
                    at,
                    "a second document begins here, and a flow is one",
                ));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = Node {
                    at,
                    data: Data::Scalar(scalar(&text, style, tag.as_deref())),
                };
                self.close(node, anchor)?;
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(anchor).cloned().flatten();
                let node = node.ok_or_else(|| {
                    Finding::error(at, "this alias names an anchor that is not complete")
                })?;
                self.count(node.size(), at)?;
                self.place(Node { at, ..node })?;
            }
            Event::SequenceStart(anchor, _) => self.open(at, anchor, Inside::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                self.open(at, anchor, Inside::Map(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.stack.pop() {
                    let data = match open.inside {
                        Inside::List(items) => Data::List(items),
                        Inside::Map(entries, _) => Data::Map(entries),
                    };
                    self.close(Node { at: open.at, data }, open.anchor)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, at: Place, anchor: usize, inside: Inside) -> Result<(), Finding> {
        if self.stack.len() >= DEPTH {
            return Err(Finding::error(
                at,
                format!("maps and lists nest deeper than {DEPTH} levels"),
            ));
        }
        self.stack.push(Open { at, anchor, inside });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Finding> {
        self.count(1, node.at)?;
        if anchor != 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = Some(node.clone());
        }
        self.place(node)
    }

    fn count(&mut self, nodes: usize, at: Place) -> Result<(), Finding> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES {
            return Err(Finding::error(
                at,
                format!("the flow holds more than {NODES} values"),
            ));
        }
        Ok(())
    }

    fn place(&mut self, node: Node) -> Result<(), Finding> {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.inside {
            Inside::List(items) => items.push(node),
            Inside::Map(entries, key) => match key.take() {
                None => *key = Some((key_of(&node)?, node.at)),
                Some((name, at)) => {
                    if let Some(first) = entries.iter().find(|entry| entry.key == name) {
                        let said = format!("the key `{name}` is here twice");
                        return Err(Finding::error(at, said).with(first.at, "the first time"));
                    }
                    entries.push(Entry {
                        key: name,
                        at,
                        value: node,
                    });
                }
            },
        }
        Ok(())
    }
}

fn key_of(node: &Node) -> Result<String, Finding> {
    match &node.data {
        Data::Scalar(Value::String(text)) => Ok(text.clone()),
        Data::Scalar(value) => Ok(value.to_string()),
        _ => Err(Finding::error(node.at, "a key must be a text")),
    }
}

/// A tag such as `!Ref` does not change what is written behind it.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
    if is_text {
        Value::String(text.to_owned())
    } else {
        plain(text)
    }
}

/// A scalar without quotes by the core rules of YAML 1.2.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let begins = text
        .trim_start_matches(['-', '+', '.'])
        .as_bytes()
        .first()?;
    if !begins.is_ascii_digit() {
        return None;
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok().map(Number::from);
    }
    if let Some(digits) = unsigned.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    if let Ok(whole) = unsigned.parse::<i64>() {
        return Some(Number::from(whole));
    }
    let is_float = unsigned
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'));
    if !is_float {
        return None;
    }
    Number::from_f64(unsigned.parse().ok()?)
}
