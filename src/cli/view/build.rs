//! A build in words and as JSON.

use serde_json::json;

use super::super::printer::{Printer, Style};
use super::text;
use crate::engine::Build;

/// Something that happened.
pub(in crate::cli) enum Line<'a> {
    /// A recipe began.
    Began,
    /// It wrote a line.
    Said { error: bool, text: &'a str },
    /// It needs nothing more.
    Ended(Done),
}

/// Why it needs nothing more.
#[derive(Clone, Copy)]
pub(in crate::cli) enum Done {
    Made,
    Fresh,
}

/// Shows what happened.
pub(in crate::cli) fn show(printer: Printer, build: &Build, line: &Line<'_>) {
    if printer.json {
        return show_json(printer, build, line);
    }
    let (resource, tool) = (text::plain(&build.resource), build.recipe.tool);
    printer.say(&match line {
        Line::Began => {
            let mark = printer.paint(Style::Cyan, "»");
            let line = build.recipe.line();
            format!("  {mark} {resource}: {}", text::plain(&line))
        }
        Line::Said { text: words, .. } => format!("{resource} | {}", text::plain(words)),
        Line::Ended(Done::Made) => {
            let mark = printer.paint(Style::Green, "✓");
            format!("  {mark} {resource} {tool} done")
        }
        Line::Ended(Done::Fresh) => {
            let mark = printer.paint(Style::Dim, "=");
            format!("  {mark} {resource} {tool} is up to date")
        }
    });
}

fn show_json(printer: Printer, build: &Build, line: &Line<'_>) {
    let whose = json!({ "resource": build.resource, "tool": build.recipe.tool });
    let (kind, more) = match line {
        Line::Began => ("build_began", json!({ "command": build.recipe.line() })),
        Line::Said { error, text } => ("build_line", json!({ "error": error, "text": text })),
        Line::Ended(done) => ("build_done", json!({ "made": matches!(done, Done::Made) })),
    };
    let mut fields = whose;
    if let (Some(fields), serde_json::Value::Object(more)) = (fields.as_object_mut(), more) {
        fields.extend(more);
    }
    printer.object(kind, fields);
}

/// How much was made.
pub(in crate::cli) fn sum(printer: Printer, made: usize, fresh: usize) {
    if printer.json {
        printer.object("built", json!({ "made": made, "fresh": fresh }));
        return;
    }
    let words = match (made, fresh) {
        (0, 0) => {
            "Nothing to build: no code has a requirements.txt, package.json, go.mod or pom.xml."
                .to_owned()
        }
        (0, fresh) => format!("Nothing to build: {fresh} up to date."),
        (made, 0) => format!("Built {made}."),
        (made, fresh) => format!("Built {made}, {fresh} up to date."),
    };
    printer.say(&words);
}
