//! One try at a text's value: it ends with a value, with what is needed before, or with what to tell.

use std::ops::Range;

use super::cell::{Cell, Place, Slot};
use super::function;
use super::lookup::{Found, walk};
use super::settle::{Host, State};
use super::spelling::Spelling;
use super::world::{View, World};
use crate::diagnostic::{Diagnostic, Span, code};
use crate::manifest::expression::{
    Expr, Piece, Reference, holds_expression, locate, parse, split, unclosed,
};
use crate::manifest::layer::settle;
use crate::manifest::{Entry, Layered, Node, NodeKind};

/// How often a text that a function gave may again hold expressions that give such a text.
const AGAIN: usize = 8;

/// The largest text that is put together, in bytes.
const TEXT: usize = 4 * 1024 * 1024;

/// A slot that has to be settled first, and the place that asks for it.
pub(super) struct Need {
    pub(super) slot: usize,
    pub(super) at: Span,
}

pub(super) struct Attempt<'w> {
    pub(super) world: &'w World<'w>,
    pub(super) states: &'w [State],
    pub(super) host: &'w Host<'w>,
    /// Where the slot stands.
    pub(super) place: Place,
    /// What its file's expressions see first.
    pub(super) view: View<'w>,
    /// Missing values that a function may still do without.
    pub(super) absent: Vec<String>,
    needs: Vec<Need>,
    told: Vec<Diagnostic>,
    depth: usize,
}

/// The text around an expression, to find places in the file.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    text: &'a str,
    at: &'a Span,
    /// Where the expression starts in the text, after `${`.
    start: usize,
}

impl Around<'_> {
    /// The place of a part of the expression.
    pub(super) fn place(&self, part: &Range<usize>) -> Span {
        locate(
            self.at,
            self.text,
            &(self.start + part.start..self.start + part.end),
        )
    }

    /// The place of the whole expression with `${` and `}`.
    fn whole(&self, inner: &str) -> Span {
        let inside = self.place(&(0..inner.len()));
        if inside == *self.at {
            return inside;
        }
        Span::new(&inside.source, inside.start - 2, inside.end + 1)
    }
}

impl<'w> Attempt<'w> {
    pub(super) fn new(
        world: &'w World<'w>,
        states: &'w [State],
        host: &'w Host<'w>,
        slot: &Slot<'_>,
    ) -> Self {
        Self {
            world,
            states,
            host,
            place: slot.place,
            view: world.view(&slot.node.at.source),
            absent: Vec::new(),
            needs: Vec::new(),
            told: Vec::new(),
            depth: 0,
        }
    }

    /// What is needed first; and, when nothing is, what there is to tell.
    pub(super) fn finish(self) -> (Vec<Need>, Vec<Diagnostic>) {
        (self.needs, self.told)
    }

    /// The value of a text: of any type when the whole is one expression, otherwise a text.
    pub(super) fn text(&mut self, text: &str, at: &Span) -> Option<Node> {
        if text
            .find("<%")
            .is_some_and(|open| text[open..].contains("%>"))
        {
            let detail = "`<% %>` would run JavaScript in the original tool, and does not run here";
            return self.tell(
                Diagnostic::error(code::EXPRESSION_SYNTAX, detail)
                    .at(at.clone())
                    .hint("write the value itself, or ${env('NAME')}"),
            );
        }
        if let Some(open) = unclosed(text) {
            let after = locate(at, text, &(open + 2..open + 2));
            let start = if after == *at {
                after.start
            } else {
                after.start - 2
            };
            let place = Span::new(&after.source, start, after.end);
            self.told.push(
                Diagnostic::warning(code::EXPRESSION_SYNTAX, "`${` without a `}` stays as it is")
                    .at(place),
            );
        }
        let pieces = split(text);
        if let [Piece::Expression(inner, range)] = &pieces[..] {
            let mut value = self.expression(
                inner,
                Around {
                    text,
                    at,
                    start: range.start,
                },
            )?;
            let shows_where = matches!(
                value.kind,
                NodeKind::Output { .. } | NodeKind::Join(_) | NodeKind::Secret(_)
            );
            if !shows_where {
                value.at = at.clone();
            }
            return Some(value);
        }
        self.join(&pieces, text, at)
    }

    /// Two values laid over each other.
    pub(super) fn layered(
        &mut self,
        layered: &Layered,
        [lower, upper]: &[Cell; 2],
        at: &Span,
    ) -> Option<Node> {
        let place = || at.clone();
        let (lower, upper) = (self.collect(lower, &place), self.collect(upper, &place));
        Some(settle(layered, lower?, upper?))
    }

    fn join(&mut self, pieces: &[Piece], text: &str, at: &Span) -> Option<Node> {
        let here = Node::new(at.clone(), NodeKind::Null);
        let mut spelling = Spelling::default();
        let mut whole = true;
        for piece in pieces {
            match piece {
                Piece::Plain(plain) => spelling.text(plain, &here),
                Piece::Expression(inner, range) => {
                    let around = Around {
                        text,
                        at,
                        start: range.start,
                    };
                    let Some(value) = self.expression(inner, around) else {
                        whole = false;
                        continue;
                    };
                    spelling.value(&value);
                    if std::mem::take(&mut spelling.map_seen) {
                        let detail = format!(
                            "`${{{inner}}}` is a map and becomes `[object Object]` in this text"
                        );
                        self.told.push(
                            Diagnostic::warning(code::VALUE_IN_TEXT, detail)
                                .at(around.whole(inner)),
                        );
                    }
                }
            }
            if spelling.size > TEXT {
                return self.tell(
                    Diagnostic::error(
                        code::MANIFEST_LIMIT,
                        format!("this text grows beyond {TEXT} bytes"),
                    )
                    .at(at.clone()),
                );
            }
        }
        whole.then(|| Node::new(at.clone(), spelling.finish()))
    }

    fn expression(&mut self, inner: &str, around: Around) -> Option<Node> {
        if inner.starts_with("self.") || inner.starts_with("shared.") {
            return Some(Node::new(
                around.at.clone(),
                NodeKind::Text(format!("${{{inner}}}")),
            ));
        }
        let expr = match parse(inner) {
            Ok(expr) => expr,
            Err(error) => {
                let diagnostic = Diagnostic::error(code::EXPRESSION_SYNTAX, error.detail)
                    .at(around.place(&error.at));
                return self.tell(error.hint.into_iter().fold(diagnostic, Diagnostic::hint));
            }
        };
        let whole = 0..inner.len();
        let mut value = match &expr {
            Expr::Reference(reference) => self.reference(reference, around, &whole, true)?,
            _ => self.value(&expr, around, &whole)?,
        };
        if value.is_null() {
            let detail = format!("`{}` is empty (null)", inner.trim());
            return self.tell(
                Diagnostic::error(code::EXPRESSION_UNKNOWN, detail).at(around.place(&whole)),
            );
        }
        let written_here = match (&value.kind, &expr) {
            (NodeKind::Output { .. }, Expr::Reference(Reference { root, .. })) => root != "vars",
            (NodeKind::Secret(_), Expr::Call { .. }) => true,
            _ => false,
        };
        if written_here {
            value.at = around.whole(inner);
        }
        Some(value)
    }

    /// The value of an argument; a reference that leads nowhere is null there.
    fn value(&mut self, expr: &Expr, around: Around, at: &Range<usize>) -> Option<Node> {
        let kind = match expr {
            Expr::Text(text) => NodeKind::Text(text.clone()),
            Expr::Number(value) => crate::manifest::number::number(*value),
            Expr::Bool(value) => NodeKind::Bool(*value),
            Expr::Null => NodeKind::Null,
            Expr::Reference(reference) => return self.reference(reference, around, at, false),
            Expr::Call {
                name,
                name_at,
                arguments,
            } => return self.call(name, name_at, arguments, around),
        };
        Some(Node::new(around.place(at), kind))
    }

    fn call(
        &mut self,
        name: &str,
        name_at: &Range<usize>,
        arguments: &[(Expr, Range<usize>)],
        around: Around,
    ) -> Option<Node> {
        let place = around.place(name_at);
        let function = match function::find(name, arguments.len()) {
            Ok(function) => function,
            Err(diagnostic) => return self.tell(diagnostic.at(place)),
        };
        let mut values = Vec::new();
        for (expr, at) in arguments {
            values.push(self.value(expr, around, at));
        }
        let values: Vec<Node> = values.into_iter().collect::<Option<_>>()?;
        let value = (function.run)(self, &values, &place)?;
        if function.again {
            self.again(value)
        } else {
            Some(value)
        }
    }

    /// Resolves expressions in what a function gave.
    fn again(&mut self, node: Node) -> Option<Node> {
        let Node { at, kind } = node;
        let kind = match kind {
            NodeKind::Text(text) if holds_expression(&text) => {
                if self.depth == AGAIN {
                    let detail = format!(
                        "a text inside a text inside a text, {AGAIN} times: does it contain itself?"
                    );
                    return self.tell(Diagnostic::error(code::EXPRESSION_CYCLE, detail).at(at));
                }
                self.depth += 1;
                let value = self.text(&text, &at);
                self.depth -= 1;
                return value;
            }
            NodeKind::List(items) => {
                let items: Vec<Option<Node>> =
                    items.into_iter().map(|item| self.again(item)).collect();
                NodeKind::List(items.into_iter().collect::<Option<_>>()?)
            }
            NodeKind::Map(entries) => {
                let entries: Vec<Option<Entry>> = entries
                    .into_iter()
                    .map(|entry| self.again_entry(entry))
                    .collect();
                NodeKind::Map(entries.into_iter().collect::<Option<_>>()?)
            }
            other => other,
        };
        Some(Node::new(at, kind))
    }

    fn again_entry(&mut self, entry: Entry) -> Option<Entry> {
        let value = self.again(entry.value)?;
        Some(Entry { value, ..entry })
    }

    /// The value that a way leads to. `place` is asked only when something has to be told.
    pub(super) fn take(&mut self, found: Found<'w>, place: &dyn Fn() -> Span) -> Option<Node> {
        match found {
            Found::Node(node) => Some(node.clone()),
            Found::Made(node) => Some(node),
            Found::Cell(cell) => self.collect(cell, place),
            Found::Wait(slot) => {
                self.needs.push(Need { slot, at: place() });
                None
            }
            Found::Broken | Found::Missing(..) => None,
        }
    }

    /// A part of the document with all its slots filled.
    fn collect(&mut self, cell: &Cell, place: &dyn Fn() -> Span) -> Option<Node> {
        match cell {
            Cell::Plain(node) => Some((*node).clone()),
            Cell::Slot(slot) => match &self.states[*slot] {
                State::Done(node) => Some(node.clone()),
                State::Failed => None,
                State::New | State::Active => {
                    self.needs.push(Need {
                        slot: *slot,
                        at: place(),
                    });
                    None
                }
            },
            Cell::List(node, cells) => {
                let items: Vec<Option<Node>> =
                    cells.iter().map(|cell| self.collect(cell, place)).collect();
                Some(Node::new(
                    node.at.clone(),
                    NodeKind::List(items.into_iter().collect::<Option<_>>()?),
                ))
            }
            Cell::Map(node, cells, _) => {
                let values: Vec<Option<Node>> =
                    cells.iter().map(|cell| self.collect(cell, place)).collect();
                let values: Vec<Node> = values.into_iter().collect::<Option<_>>()?;
                let with = |(entry, value): (&Entry, Node)| Entry {
                    key: entry.key.clone(),
                    key_at: entry.key_at.clone(),
                    value,
                };
                let entries = node.entries().iter().zip(values).map(with).collect();
                Some(Node::new(node.at.clone(), NodeKind::Map(entries)))
            }
        }
    }

    /// The place along a path from a cell.
    pub(super) fn follow(&self, from: Option<&'w Cell<'w>>, steps: &[String]) -> Found<'w> {
        match from {
            Some(cell) => walk(Found::Cell(cell), steps, self.states),
            None => Found::Missing(0, Vec::new()),
        }
    }

    /// Notes an error or warning; nothing comes of the expression.
    pub(super) fn tell<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.told.push(diagnostic);
        None
    }
}
