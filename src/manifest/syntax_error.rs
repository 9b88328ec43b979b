//! The YAML parser's complaints, with a place and a way out.

use std::sync::Arc;

use saphyr_parser::ScanError;

use crate::diagnostic::{Diagnostic, Source, Span, code};

/// What helps, by a part of the parser's message.
const HINTS: [(&str, &str); 9] = [
    (
        "mapping values are not allowed",
        "put a text that contains `: ` in quotes",
    ),
    (
        "did not find expected key",
        "check the indentation: keys of one map start in one column",
    ),
    (
        "did not find expected '-'",
        "check the indentation: items of one list start in one column",
    ),
    ("unknown anchor", "define it before with `&name`"),
    (
        "Unicode character escape",
        "write the character itself instead of a pair of escapes",
    ),
    (
        "escape character",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "unexpected character: `@'",
        "put a text that starts with `@` in quotes",
    ),
    (
        "unexpected character: ``'",
        "put a text that starts with a backtick in quotes",
    ),
    (
        "simple key expect",
        "write `key: value`; a text over several lines needs `|` or quotes",
    ),
];

/// The diagnostic for a text that is not YAML, with the byte at which reading it failed.
pub(super) fn describe(error: &ScanError, source: &Arc<Source>, at: usize) -> Diagnostic {
    if let Some(tab) = indenting_tab(&source.text, at) {
        return Diagnostic::error(
            code::YAML_SYNTAX,
            "this line is indented with a tab, and YAML allows only spaces",
        )
        .at(Span::new(source, tab, tab + 1))
        .hint("replace each tab at the start of a line with spaces");
    }
    let place = Span::new(source, at, next_character(&source.text, at));
    // The parser's own limit, which lists and maps in brackets meet before ours.
    if error.info() == "recursion limit exceeded" {
        let detail = "maps and lists nest far too deep";
        return Diagnostic::error(code::MANIFEST_LIMIT, detail).at(place);
    }
    let diagnostic = Diagnostic::error(code::YAML_SYNTAX, error.info()).at(place);
    if source.text[..at].ends_with('$') && source.text[at..].starts_with('{') {
        return diagnostic.hint("inside `{ }` and `[ ]` put an expression in quotes: \"${...}\"");
    }
    match HINTS.iter().find(|(part, _)| error.info().contains(part)) {
        Some((_, hint)) => diagnostic.hint(*hint),
        None => diagnostic,
    }
}

/// The first tab in the indentation of the line that holds byte `at`, or of the line after it.
fn indenting_tab(text: &str, at: usize) -> Option<usize> {
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let mut line_start = start;
    for line in text[start..].split_inclusive('\n').take(2) {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..blank].find('\t') {
            return Some(line_start + tab);
        }
        line_start += line.len();
    }
    None
}

fn next_character(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(0, char::len_utf8)
}
