//! What is known, in the shapes of the protocol.

use std::ops::Range;

use serde_json::{Value as Json, json};

use super::document::Document;
use super::uri;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source, Span};
use crate::language::{
    Encoding, Lines, Proposal, Shown, Sort, Symbol, Target, complete, define, hover, symbols,
};
use crate::manifest::Node;

/// What the client understands.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability")]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    pub(super) snippets: bool,
    pub(super) markdown: bool,
    pub(super) related: bool,
    pub(super) nested_symbols: bool,
}

impl Client {
    /// By the parameters of `initialize`.
    pub(super) fn new(params: &Json) -> Self {
        let of = &params["capabilities"];
        let text = &of["textDocument"];
        let lists = |list: &Json, wanted: &str| {
            list.as_array()
                .is_some_and(|all| all.iter().any(|one| one == wanted))
        };
        Self {
            encoding: if lists(&of["general"]["positionEncodings"], "utf-8") {
                Encoding::Utf8
            } else {
                Encoding::Utf16
            },
            snippets: text["completion"]["completionItem"]["snippetSupport"] == true,
            markdown: lists(&text["hover"]["contentFormat"], "markdown"),
            related: text["publishDiagnostics"]["relatedInformation"] == true,
            nested_symbols: text["documentSymbol"]["hierarchicalDocumentSymbolSupport"] == true,
        }
    }

    /// The answer to `initialize`.
    pub(super) fn abilities(self) -> Json {
        json!({
            "capabilities": {
                "positionEncoding": match self.encoding {
                    Encoding::Utf8 => "utf-8",
                    Encoding::Utf16 => "utf-16",
                },
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "completionProvider": { "triggerCharacters": [".", "{", ":", " ", "-"] },
                "hoverProvider": true,
                "definitionProvider": true,
                "documentSymbolProvider": true,
            },
            "serverInfo": { "name": "sdev", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    fn range(self, (text, lines): (&str, &Lines), bytes: &Range<usize>) -> Json {
        let position = |byte| {
            let at = lines.position(text, byte, self.encoding);
            json!({ "line": at.line, "character": at.character })
        };
        json!({ "start": position(bytes.start), "end": position(bytes.end) })
    }

    fn in_document(self, document: &Document, bytes: &Range<usize>) -> Json {
        self.range((&document.source.text, &document.lines), bytes)
    }

    pub(super) fn completion(self, document: &Document, byte: usize) -> Json {
        let found = complete(&document.source.text, &document.outline, byte);
        let item = |(number, one): (usize, &Proposal)| self.item(document, number, one);
        let items: Vec<Json> = found.iter().enumerate().map(item).collect();
        json!({ "isIncomplete": false, "items": items })
    }

    fn item(self, document: &Document, number: usize, one: &Proposal) -> Json {
        let snippet = one.snippet.as_ref().filter(|_| self.snippets);
        let mut item = json!({
            "label": one.label,
            "kind": match one.sort {
                Sort::Key => 10,
                Sort::Value => 12,
                Sort::Component => 9,
                Sort::Function => 3,
                Sort::Name => 6,
            },
            "detail": one.detail,
            // In the order that the docs have.
            "sortText": format!("{number:04}"),
            "filterText": one.label,
            "insertTextFormat": if snippet.is_some() { 2 } else { 1 },
            // The text has its indentation already.
            "insertTextMode": 1,
            "textEdit": {
                "range": self.in_document(document, &one.replaces),
                "newText": snippet.unwrap_or(&one.insert),
            },
        });
        if !one.docs.is_empty() {
            item["documentation"] = self.words(&one.docs);
        }
        item
    }

    fn words(self, markdown: &str) -> Json {
        let kind = if self.markdown {
            "markdown"
        } else {
            "plaintext"
        };
        json!({ "kind": kind, "value": markdown })
    }

    pub(super) fn hover(self, document: &Document, resolved: Option<&Node>, byte: usize) -> Json {
        let shown = hover(&document.source.text, &document.outline, resolved, byte);
        shown.map_or(Json::Null, |Shown { markdown, at }| {
            json!({ "contents": self.words(&markdown), "range": self.in_document(document, &at) })
        })
    }

    pub(super) fn definition(self, document: &Document, address: &str, byte: usize) -> Json {
        match define(&document.source.text, &document.outline, byte) {
            Some(Target::Here(at)) => {
                json!({ "uri": address, "range": self.in_document(document, &at) })
            }
            Some(Target::File(named)) => {
                let start = json!({ "line": 0, "character": 0 });
                document.neighbour(&named).map_or(Json::Null, |path| {
                    json!({ "uri": uri::of(&path), "range": { "start": start, "end": start } })
                })
            }
            None => Json::Null,
        }
    }

    pub(super) fn symbols(self, document: &Document, address: &str) -> Json {
        let found = symbols(&document.source.text, &document.outline);
        if self.nested_symbols {
            return found.iter().map(|one| self.symbol(document, one)).collect();
        }
        let mut flat = Vec::new();
        self.flatten(document, address, (&found, None), &mut flat);
        flat.into()
    }

    fn symbol(self, document: &Document, one: &Symbol) -> Json {
        let children = one
            .children
            .iter()
            .map(|child| self.symbol(document, child));
        json!({
            "name": name(one),
            "detail": one.detail,
            "kind": kind(one),
            "range": self.in_document(document, &one.whole),
            "selectionRange": self.in_document(document, &one.key),
            "children": children.collect::<Vec<_>>(),
        })
    }

    fn flatten(
        self,
        document: &Document,
        address: &str,
        (all, container): (&[Symbol], Option<&str>),
        flat: &mut Vec<Json>,
    ) {
        for one in all {
            flat.push(json!({
                "name": name(one),
                "kind": kind(one),
                "location": { "uri": address, "range": self.in_document(document, &one.whole) },
                "containerName": container,
            }));
            self.flatten(document, address, (&one.children, Some(&one.name)), flat);
        }
    }

    /// The parameters of `publishDiagnostics`.
    pub(super) fn diagnostics(
        self,
        document: &Document,
        address: &str,
        found: &Diagnostics,
    ) -> Json {
        let all = found.sorted().into_iter();
        let all: Vec<Json> = all
            .map(|one| self.diagnostic(document, address, one))
            .collect();
        json!({ "uri": address, "version": document.version, "diagnostics": all })
    }

    fn diagnostic(self, document: &Document, address: &str, one: &Diagnostic) -> Json {
        let here = one.at.as_ref().filter(|at| is_of(at, &document.source));
        let elsewhere = one.at.as_ref().filter(|_| here.is_none());
        let mut message = one.to_string();
        if let Some(at) = elsewhere {
            message = format!("{message}\nat {at}");
        }
        for hint in &one.hints {
            message = format!("{message}\nhint: {hint}");
        }
        message = format!("{message}\nmore: sdev explain {}", one.code);
        let bytes = here.map_or(0..0, |at| at.start..at.end);
        let mut told = json!({
            "range": self.in_document(document, &bytes),
            "severity": match one.severity {
                Severity::Error => 1,
                Severity::Warning => 2,
            },
            "code": one.code.to_string(),
            "source": "sdev",
            "message": message,
        });
        let elsewhere = elsewhere.map(|at| (at, "here"));
        let related = one.related.iter().map(|(at, label)| (at, label.as_str()));
        let places: Vec<Json> = elsewhere
            .into_iter()
            .chain(related)
            .map(|(at, label)| json!({ "location": self.location(document, address, at), "message": label }))
            .collect();
        if self.related && !places.is_empty() {
            told["relatedInformation"] = places.into();
        }
        told
    }

    fn location(self, document: &Document, address: &str, at: &Span) -> Json {
        if is_of(at, &document.source) {
            return json!({ "uri": address, "range": self.in_document(document, &(at.start..at.end)) });
        }
        let text = &at.source.text;
        let range = self.range((text, &Lines::new(text)), &(at.start..at.end));
        json!({ "uri": uri::of(&at.source.path), "range": range })
    }
}

fn is_of(at: &Span, source: &Source) -> bool {
    at.source.path == source.path && at.source.text.len() == source.text.len()
}

/// No symbol may be without a name.
fn name(one: &Symbol) -> &str {
    if one.name.trim().is_empty() {
        "(empty)"
    } else {
        &one.name
    }
}

/// Object for a resource, key for anything else.
fn kind(one: &Symbol) -> u8 {
    if one.is_resource { 19 } else { 20 }
}
