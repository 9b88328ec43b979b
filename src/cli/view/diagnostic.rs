//! A diagnostic in words: place, line, caret, hints, code.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value as Json, json};

use super::super::printer::Printer;
use super::text;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};

/// Shows all of them, in the order of their places.
pub(in crate::cli) fn show(printer: Printer, diagnostics: &Diagnostics) {
    for diagnostic in diagnostics.sorted() {
        show_one(printer, diagnostic);
    }
}

/// Shows one.
pub(in crate::cli) fn show_one(mut printer: Printer, diagnostic: &Diagnostic) {
    // Who is quiet still tells of errors.
    printer.is_quiet &= diagnostic.severity != Severity::Error;
    if printer.json {
        printer.object("diagnostic", as_json(diagnostic));
    } else {
        printer.say(&render(diagnostic, printer.color));
    }
}

/// The form in which `--json` prints it.
pub(in crate::cli) fn as_json(diagnostic: &Diagnostic) -> Json {
    let related = |(span, label): &(Span, String)| json!({ "file": span.path().display().to_string(), "range": range(span), "label": label });
    json!({
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "quote": diagnostic.quote,
        "file": diagnostic.at.as_ref().map(|s| s.path().display().to_string()),
        "range": diagnostic.at.as_ref().map(range),
        "related": diagnostic.related.iter().map(related).collect::<Vec<_>>(),
        "hints": diagnostic.hints,
    })
}

fn range(span: &Span) -> Json {
    let ((line, column), (end_line, end_column)) = (span.line_column(), span.end_line_column());
    json!({
        "start": { "line": line, "column": column, "byte": span.start },
        "end": { "line": end_line, "column": end_column, "byte": span.end },
    })
}

/// The words for one.
pub(in crate::cli) fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let code = diagnostic.code.to_string();
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let title = level.primary_title(&diagnostic.summary).id(&code);
    let Some(span) = &diagnostic.at else {
        let head = renderer.render(&[Group::with_title(title)]);
        let hints = diagnostic
            .hints
            .iter()
            .map(|hint| format!("\n  hint: {}", text::plain(hint)));
        return format!(
            "{head}\n  {}{}{}",
            text::plain(&diagnostic.detail),
            quote(diagnostic),
            hints.collect::<String>()
        );
    };
    let path = span.path().display().to_string();
    let path = text::plain(&path);
    let mut group = Group::with_title(title).element(snippet(span, &path, diagnostic));
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.with_name("hint").message(text::plain(hint)));
    }
    renderer.render(&[group]) + &quote(diagnostic)
}

/// What a program wrote, each line after a bar, so that none can pass for one of ours.
fn quote(diagnostic: &Diagnostic) -> String {
    let lines = diagnostic.quote.iter().map(|line| text::plain(line));
    lines.fold(String::new(), |quoted, line| quoted + "\n  | " + &line)
}

fn snippet<'a>(
    span: &'a Span,
    path: &'a str,
    diagnostic: &'a Diagnostic,
) -> Snippet<'a, Annotation<'a>> {
    let mut snippet = Snippet::source(&span.source.text).path(path).annotation(
        AnnotationKind::Primary
            .span(first_line(span))
            .label(text::plain(&diagnostic.detail)),
    );
    for (other, label) in diagnostic
        .related
        .iter()
        .filter(|(other, _)| other.source == span.source)
    {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(first_line(other))
                .label(text::plain(label)),
        );
    }
    snippet
}

/// The span as far as its first line goes: a caret under a whole block says nothing.
fn first_line(span: &Span) -> std::ops::Range<usize> {
    let text = &span.source.text;
    let end = text
        .get(span.start..span.end)
        .and_then(|t| t.find('\n'))
        .map_or(span.end, |n| span.start + n);
    span.start..end.max(span.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Source, code};

    #[test]
    fn words_from_outside_are_shown_escaped() {
        let evil = "x\u{1b}[2J\n  hint: rm";
        let placeless = Diagnostic::error(code::USAGE, evil).hint(evil);
        let source = Source::new("s\u{1b}.yaml", "a: \u{1b}b\nc: d\n");
        let placed = placeless
            .clone()
            .at(Span::new(&source, 0, 3))
            .related(Span::new(&source, 6, 7), evil);
        for diagnostic in [placeless, placed] {
            let shown = render(&diagnostic, false);
            assert!(!shown.contains('\u{1b}'), "{shown:?}");
            assert!(shown.contains(r"x\u{1b}[2J\n  hint: rm"), "{shown}");
        }
    }

    #[test]
    fn what_a_program_wrote_is_shown_in_lines_that_are_no_words_of_ours() {
        let said = "Traceback:\n  File \"a.py\"\u{1b}[2J\nhint: rm";
        let placeless = Diagnostic::error(code::USAGE, "it ended").quote(said);
        let source = Source::new("s.yaml", "a: b\n");
        let placed = placeless.clone().at(Span::new(&source, 0, 1));
        for diagnostic in [placeless.hint("look"), placed] {
            let shown = render(&diagnostic, false);
            let lines = "\n  | Traceback:\n  |   File \"a.py\"\\u{1b}[2J\n  | hint: rm";
            assert!(shown.contains(lines), "{shown}");
        }
    }
}
