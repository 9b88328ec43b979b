//! A text as a row of plain pieces and expressions, and the way back from there to the file.

use std::ops::Range;

use crate::diagnostic::Span;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::manifest) enum Piece<'t> {
    /// Stays as it is.
    Plain(&'t str),
    /// What stands between `${` and the first `}` after it, with its bytes in the text.
    Expression(&'t str, Range<usize>),
}

/// Whether something in the text has to be resolved.
pub(in crate::manifest) fn holds_expression(text: &str) -> bool {
    text.contains("${") || has_script(text)
}

/// The pieces in order. `${` without a `}` is plain; there is no escape and no nesting.
pub(in crate::manifest) fn split(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some((open, close)) = next(text, done) {
        if open > done {
            pieces.push(Piece::Plain(&text[done..open]));
        }
        pieces.push(Piece::Expression(&text[open + 2..close], open + 2..close));
        done = close + 1;
    }
    if done < text.len() {
        pieces.push(Piece::Plain(&text[done..]));
    }
    pieces
}

/// Where a `${` stands that no `}` closes.
pub(in crate::manifest) fn unclosed(text: &str) -> Option<usize> {
    let mut done = 0;
    while let Some((_, close)) = next(text, done) {
        done = close + 1;
    }
    text[done..].find("${").map(|at| done + at)
}

/// The place in the file of `range`, a part of the decoded `text` that stands at `at`. Escapes and folded lines
/// make the two differ; then the expression is found by its number, and failing that the whole value is given.
pub(in crate::manifest) fn locate(at: &Span, text: &str, range: &Range<usize>) -> Span {
    let Some(open) = text[..range.start].rfind("${") else {
        return at.clone();
    };
    let number = text[..open].matches("${").count();
    let written = &at.source.text[at.start..at.end];
    let found = written.match_indices("${").nth(number);
    match found {
        Some((place, _)) if written[place..].starts_with(&text[open..range.end]) => {
            let shift = at.start + place - open;
            Span::new(&at.source, range.start + shift, range.end + shift)
        }
        _ => at.clone(),
    }
}

fn next(text: &str, from: usize) -> Option<(usize, usize)> {
    let open = from + text[from..].find("${")?;
    let close = open + text[open..].find('}')?;
    Some((open, close))
}

/// `<% %>` runs JavaScript in the original tool.
pub(super) fn has_script(text: &str) -> bool {
    text.find("<%").is_some_and(|at| text[at..].contains("%>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn the_first_brace_closes() {
        use Piece::{Expression, Plain};
        assert_eq!(
            split("a${b}c"),
            [Plain("a"), Expression("b", 3..4), Plain("c")]
        );
        assert_eq!(split("$${b}"), [Plain("$"), Expression("b", 3..4)]);
        assert_eq!(
            split("${a}${b}"),
            [Expression("a", 2..3), Expression("b", 6..7)]
        );
        assert_eq!(split("${{a}}"), [Expression("{a", 2..4), Plain("}")]);
        assert_eq!(split("$x ${y"), [Plain("$x ${y")]);
        assert_eq!(split(""), []);
    }

    #[test]
    fn an_open_expression_is_found() {
        assert_eq!(unclosed("${a} ${b"), Some(5));
        assert_eq!(unclosed("${a} b"), None);
    }

    #[test]
    fn places_survive_escapes_and_folding() {
        let written = "\"\\u00e9 ${a}\\n${bc}\"";
        let source = Source::new("s.yaml", written);
        let at = Span::new(&source, 0, written.len());
        let text = "é ${a}\n${bc}";
        let inner = text.find("bc").unwrap();
        let span = locate(&at, text, &(inner..inner + 2));
        assert_eq!(&written[span.start..span.end], "bc");
    }

    #[test]
    fn a_hidden_expression_is_placed_at_its_value() {
        let written = "\"\\x24{a}\"";
        let source = Source::new("s.yaml", written);
        let at = Span::new(&source, 0, written.len());
        assert_eq!(locate(&at, "${a}", &(2..3)), at);
    }
}
