//! From a text to its tree.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use serde_json::Value;

use super::merge::{Merge, merge};
use super::scalar::scalar;
use super::{Data, Entry, Node, Place};
use crate::Finding;

/// How deep maps and lists may nest.
const DEPTH: usize = 64;

/// How many nodes a text may be, with what its aliases repeat.
const NODES: usize = 200_000;

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

/// The keys of a map so far, the one whose value comes next, and what is to be merged in.
#[derive(Default)]
struct Keys {
    met: BTreeMap<String, Place>,
    next: Option<(Key, Place)>,
    merges: Vec<Merge>,
}

enum Key {
    Text(String),
    Merge,
}

enum Inside {
    List(Vec<Node>),
    Map(Vec<Entry>, Keys),
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
                let is_merge = style == ScalarStyle::Plain && tag.is_none() && text == "<<";
                let data = Data::Scalar(scalar(&text, style, tag.as_deref()));
                self.close(Node { at, data }, anchor, is_merge)?;
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(anchor).cloned().flatten();
                let node = node.ok_or_else(|| {
                    Finding::error(at, "this alias names an anchor that is not complete")
                })?;
                self.count(node.size(), at)?;
                self.place(Node { at, ..node }, false)?;
            }
            Event::SequenceStart(anchor, _) => self.open(at, anchor, Inside::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                self.open(at, anchor, Inside::Map(Vec::new(), Keys::default()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.stack.pop() {
                    let data = match open.inside {
                        Inside::List(items) => Data::List(items),
                        Inside::Map(entries, keys) => Data::Map(merge(entries, keys.merges)?),
                    };
                    self.close(Node { at: open.at, data }, open.anchor, false)?;
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

    fn close(&mut self, node: Node, anchor: usize, is_merge: bool) -> Result<(), Finding> {
        self.count(1, node.at)?;
        if anchor != 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = Some(node.clone());
        }
        self.place(node, is_merge)
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

    /// Puts a finished node where it belongs; `is_merge` tells whether it is `<<` as a key would be.
    fn place(&mut self, node: Node, is_merge: bool) -> Result<(), Finding> {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.inside {
            Inside::List(items) => items.push(node),
            Inside::Map(entries, keys) => match keys.next.take() {
                None if is_merge => keys.next = Some((Key::Merge, node.at)),
                None => keys.next = Some((Key::Text(key_of(&node)?), node.at)),
                Some((Key::Merge, at)) => keys.merges.push(Merge {
                    position: entries.len(),
                    at,
                    value: node,
                }),
                Some((Key::Text(key), at)) => {
                    if let Some(first) = keys.met.insert(key.clone(), at) {
                        let said = format!("the key `{key}` is here twice");
                        return Err(Finding::error(at, said).with(first, "the first time"));
                    }
                    let value = node;
                    entries.push(Entry { key, at, value });
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
