//! What an apply tells: a live bar for a person, plain lines without a terminal, JSON lines for programs.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::super::printer::{Printer, Style};
use super::{diagnostic, text};
use crate::apply::{Event, Report};

/// The listener of one apply.
pub(in crate::cli) struct Progress {
    printer: Printer,
    bar: ProgressBar,
    sums: Mutex<Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    files: usize,
    bytes: u64,
}

impl Progress {
    /// A listener that shows what it hears by this printer's ways.
    pub(in crate::cli) fn new(printer: Printer) -> Self {
        let bar = if printer.live {
            ProgressBar::new(0)
        } else {
            ProgressBar::hidden()
        };
        let style = "  {spinner} {bytes}/{total_bytes} {wide_bar} {bytes_per_sec}  {msg}";
        bar.set_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            printer,
            bar,
            sums: Mutex::default(),
        }
    }

    /// Takes an event.
    pub(in crate::cli) fn tell(&self, event: Event) {
        if self.printer.json {
            return self.tell_json(event);
        }
        match event {
            Event::Began { id, bytes, .. } => {
                self.bar.inc_length(bytes);
                self.bar.set_message(id.to_string());
            }
            Event::Note { id, text: words } => {
                self.bar
                    .set_message(format!("{id}  {}", text::plain(&words)));
            }
            Event::Bytes { bytes, .. } => {
                self.bar.inc(bytes);
                self.add(0, bytes);
            }
            Event::Item { key, .. } => {
                let files = self.add(1, 0);
                self.bar.set_message(format!(
                    "{}  {}",
                    text::count(files, "file"),
                    text::plain(&key)
                ));
            }
            Event::Done { id, action, .. } => self.line(&format!(
                "{} {id} {}",
                self.printer.paint(Style::Green, "✓"),
                past(action)
            )),
            Event::Failed { id, action, why } => {
                self.line(&format!(
                    "{} {id} {}",
                    self.printer.paint(Style::Red, "✗"),
                    failed(action)
                ));
                self.bar
                    .suspend(|| diagnostic::show_one(self.printer, &why));
            }
            Event::Skipped { id, action } => self.line(&format!(
                "{} {id} not {}",
                self.printer.paint(Style::Dim, "·"),
                past(action)
            )),
        }
    }

    fn tell_json(&self, event: Event) {
        let (kind, fields) = match event {
            Event::Began {
                id,
                kind,
                action,
                items,
                bytes,
            } => (
                "began",
                json!({ "id": id, "kind": kind, "action": action, "items": items, "bytes": bytes }),
            ),
            Event::Bytes { bytes, .. } => {
                self.add(0, bytes);
                return;
            }
            Event::Note { id, text } => ("note", json!({ "id": id, "text": text })),
            Event::Item { id, key, gone } => {
                self.add(1, 0);
                ("item", json!({ "id": id, "key": key, "gone": gone }))
            }
            Event::Done {
                id,
                action,
                outputs,
            } => (
                "done",
                json!({ "id": id, "action": action, "outputs": outputs }),
            ),
            Event::Failed { id, action, why } => (
                "failed",
                json!({ "id": id, "action": action, "diagnostic": diagnostic::as_json(&why) }),
            ),
            Event::Skipped { id, action } => ("skipped", json!({ "id": id, "action": action })),
        };
        self.printer.object(kind, fields);
    }

    fn add(&self, files: usize, bytes: u64) -> usize {
        let mut sums = self
            .sums
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        sums.files += files;
        sums.bytes += bytes;
        sums.files
    }

    fn line(&self, line: &str) {
        self.bar.suspend(|| self.printer.say(&format!("  {line}")));
    }

    /// Takes the bar away.
    pub(in crate::cli) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// How it ended, in one line.
    pub(in crate::cli) fn summary(&self, report: &Report, seconds: f64) {
        let sums = self
            .sums
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.printer.json {
            let fields = json!({ "report": report, "files": sums.files, "bytes": sums.bytes, "seconds": seconds });
            return self.printer.object("summary", fields);
        }
        let head = if report.interrupted && !report.is_complete() {
            "Interrupted; the same command finishes the rest"
        } else if report.is_complete() {
            "Done"
        } else {
            "Not everything was done; the same command tries the rest again"
        };
        let files = if sums.files > 0 {
            format!(
                ", {}, {}",
                text::count(sums.files, "file"),
                text::size(sums.bytes)
            )
        } else {
            String::new()
        };
        let steps = format!(
            "{} done, {} failed, {} not begun",
            report.done, report.failed, report.skipped
        );
        let steps = if report.is_complete() {
            text::count(report.done, "change")
        } else {
            steps
        };
        self.printer.say(&self.printer.paint(
            Style::Bold,
            &format!("{head}: {steps}{files} in {seconds:.1} s."),
        ));
    }
}

fn past(action: &str) -> &'static str {
    match action {
        "create" => "created",
        "update" => "changed",
        "adopt" => "adopted",
        "delete" => "deleted",
        "forget" => "forgotten",
        _ => "refreshed",
    }
}

fn failed(action: &str) -> &'static str {
    match action {
        "create" => "was not created",
        "update" => "was not changed",
        "adopt" => "was not adopted",
        "delete" => "was not deleted",
        "forget" => "was not forgotten",
        _ => "was not refreshed",
    }
}
