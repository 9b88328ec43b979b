//! Actions in words and as JSON: those that will run, and what they tell while they do.

use serde_json::{Value as Json, json};

use super::super::printer::{Printer, Style};
use super::{diagnostic, text};
use crate::hook::{Event, Label};

/// The actions that go with a plan, a line each below their number.
pub(super) fn list(printer: Printer, actions: &[Label]) -> Vec<String> {
    let count = text::count(actions.len(), "action");
    let verb = if actions.len() == 1 { "runs" } else { "run" };
    let mut lines = vec![printer.paint(Style::Bold, &format!("{count} {verb} with it:"))];
    let width = actions.iter().map(|a| head(a).chars().count()).max();
    for action in actions {
        let (head, width) = (head(action), width.unwrap_or(0));
        lines.push(format!("  » {head:width$}  {}", what(action)));
    }
    lines
}

/// When, and whose.
fn head(label: &Label) -> String {
    match &label.resource {
        Some(name) => format!("{:8} {}", label.hook, text::plain(name)),
        None => format!("{:8} (all)", label.hook),
    }
}

/// The first line of what runs.
fn what(label: &Label) -> String {
    let mut lines = label.what.trim().lines();
    let first = text::plain(lines.next().unwrap_or_default()).into_owned();
    let more = if lines.next().is_some() { " …" } else { "" };
    match label.does {
        "run" => format!("{first}{more}"),
        does => format!("{does} {first}{more}"),
    }
}

/// A line for a person, if there is something to say.
pub(super) fn line(printer: Printer, event: &Event) -> String {
    let whose = |label: &Label| {
        let name = label.resource.as_deref().unwrap_or("all");
        text::plain(name).into_owned()
    };
    match event {
        Event::Began(label) => {
            let mark = printer.paint(Style::Cyan, "»");
            format!("  {mark} {} {}: {}", whose(label), label.hook, what(label))
        }
        Event::Line {
            label, text: words, ..
        } => {
            format!("{} | {}", whose(label), text::plain(words))
        }
        Event::Done(label) => {
            let mark = printer.paint(Style::Green, "✓");
            format!("  {mark} {} {} done", whose(label), label.hook)
        }
        Event::Failed { label, allowed, .. } => {
            let mark = printer.paint(Style::Red, "✗");
            let allowed = if *allowed { ", which is allowed" } else { "" };
            format!("  {mark} {} {} failed{allowed}", whose(label), label.hook)
        }
    }
}

/// The event's type and fields.
pub(super) fn as_json(event: &Event) -> (&'static str, Json) {
    let with = |label: &Label, more: Json| {
        let mut fields = json!(label);
        if let (Some(fields), Json::Object(more)) = (fields.as_object_mut(), more) {
            fields.extend(more);
        }
        fields
    };
    match event {
        Event::Began(label) => ("action_began", json!(label)),
        Event::Line { label, error, text } => {
            let stream = if *error { "stderr" } else { "stdout" };
            (
                "action_line",
                with(label, json!({ "stream": stream, "text": text })),
            )
        }
        Event::Done(label) => ("action_done", json!(label)),
        Event::Failed {
            label,
            why,
            allowed,
        } => {
            let fields = json!({ "allowed": allowed, "diagnostic": diagnostic::as_json(why) });
            ("action_failed", with(label, fields))
        }
    }
}
