//! Values put into a text, as JavaScript's `String()` spells them.

use crate::manifest::number::spell;
use crate::manifest::{Node, NodeKind};

/// A text under construction: plain parts grow together, outputs stay apart.
#[derive(Default)]
pub(super) struct Spelling {
    parts: Vec<Node>,
    /// Bytes of plain text so far.
    pub(super) size: usize,
    /// Whether a map was spelled, which is hardly ever meant.
    pub(super) map_seen: bool,
}

impl Spelling {
    /// Adds plain text that stands at the place of `of`.
    pub(super) fn text(&mut self, text: &str, of: &Node) {
        self.size += text.len();
        if let Some(Node {
            kind: NodeKind::Text(last),
            ..
        }) = self.parts.last_mut()
        {
            last.push_str(text);
        } else if !text.is_empty() {
            self.parts
                .push(Node::new(of.at.clone(), NodeKind::Text(text.to_owned())));
        }
    }

    /// Adds a value: lists with commas, `null` in a list as nothing.
    pub(super) fn value(&mut self, node: &Node) {
        match &node.kind {
            // No value is made of one that failed.
            NodeKind::Null | NodeKind::Failed => {}
            NodeKind::Bool(value) => self.text(&value.to_string(), node),
            NodeKind::Int(value) => self.text(&value.to_string(), node),
            NodeKind::Float(value) => self.text(&spell(*value), node),
            NodeKind::Text(text) => self.text(text, node),
            NodeKind::Output { .. } | NodeKind::Secret(_) => self.parts.push(node.clone()),
            // None is left in a value.
            NodeKind::Layered(layered) => self.value(&layered.upper),
            NodeKind::Join(parts) => parts.iter().for_each(|part| self.value(part)),
            NodeKind::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.text(if at == 0 { "" } else { "," }, node);
                    self.value(item);
                }
            }
            NodeKind::Map(_) => {
                self.map_seen = true;
                self.text("[object Object]", node);
            }
        }
    }

    /// The whole: a text, or a join when outputs or secrets are in it. A secret alone stays what it is: it is a text.
    pub(super) fn finish(mut self) -> NodeKind {
        match self.parts.pop() {
            None => NodeKind::Text(String::new()),
            Some(Node {
                kind: kind @ (NodeKind::Text(_) | NodeKind::Secret(_)),
                ..
            }) if self.parts.is_empty() => kind,
            Some(last) => {
                self.parts.push(last);
                NodeKind::Join(self.parts)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Source, Span};

    fn node(kind: NodeKind) -> Node {
        Node::new(Span::new(&Source::new("s.yaml", ""), 0, 0), kind)
    }

    fn text(text: &str) -> Node {
        node(NodeKind::Text(text.to_owned()))
    }

    #[test]
    fn values_are_spelled_as_in_javascript() {
        let list = node(NodeKind::List(vec![
            text("a"),
            node(NodeKind::Null),
            node(NodeKind::Float(1.5)),
            node(NodeKind::Map(Vec::new())),
        ]));
        let mut spelling = Spelling::default();
        spelling.text("x-", &list);
        spelling.value(&list);
        spelling.value(&node(NodeKind::Bool(false)));
        assert!(spelling.map_seen);
        assert_eq!(
            spelling.finish(),
            NodeKind::Text("x-a,,1.5,[object Object]false".to_owned())
        );
    }

    #[test]
    fn outputs_stay_apart() {
        let output = node(NodeKind::Output {
            resource: "a".to_owned(),
            path: "url".to_owned(),
        });
        let mut spelling = Spelling::default();
        spelling.text("a", &output);
        spelling.text("b", &output);
        spelling.value(&output);
        spelling.text("", &output);
        assert_eq!(
            spelling.finish(),
            NodeKind::Join(vec![text("ab"), output.clone()])
        );
        assert_eq!(Spelling::default().finish(), NodeKind::Text(String::new()));
    }
}
