//! What an apply tells: a live bar for a person, plain lines without a terminal, JSON lines for programs.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::super::printer::{Printer, Style};
use super::{action, diagnostic, text};
use crate::apply::{Event, Report};
use crate::diagnostic::Diagnostic;
use crate::hook;
use crate::sys::clock::Stopwatch;

/// How the bar looks while no upload is known.
const WAITING: &str = "  {spinner} {wide_msg}";
/// How it looks with bytes to send; in decimal units, as everything else that is said.
const SENDING: &str =
    "  {spinner} {decimal_bytes}/{decimal_total_bytes} {wide_bar} {decimal_bytes_per_sec}  {msg}";
/// How long nothing is said without a terminal.
const SILENCE: Duration = Duration::from_secs(5);

/// The listener of one apply.
pub(in crate::cli) struct Progress {
    printer: Printer,
    bar: ProgressBar,
    watch: Stopwatch,
    sums: Mutex<Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    files: usize,
    bytes: u64,
    /// Bytes of all steps that began.
    total: u64,
    /// When the last line was said, and how many bytes were sent then.
    said: (Duration, u64),
}

impl Sums {
    /// How far it is, when it is time to say so.
    fn line(&mut self, now: Duration) -> Option<String> {
        let passed = now.checked_sub(self.said.0).filter(|p| *p >= SILENCE)?;
        let sent = u128::from(self.bytes - self.said.1);
        let rate = sent * 1000 / passed.as_millis();
        self.said = (now, self.bytes);
        Some(format!(
            "{}, {} of {}, {}/s",
            text::count(self.files, "file"),
            text::size(self.bytes),
            text::size(self.total),
            text::size(u64::try_from(rate).unwrap_or(u64::MAX))
        ))
    }
}

impl Progress {
    /// A listener that shows what it hears by this printer's ways.
    pub(in crate::cli) fn new(printer: Printer) -> Self {
        let bar = if printer.live {
            ProgressBar::new(0)
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(style(WAITING));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            printer,
            bar,
            watch: Stopwatch::start(),
            sums: Mutex::default(),
        }
    }

    /// Takes an event.
    pub(in crate::cli) fn tell(&self, event: Event) {
        if self.printer.json && !self.printer.is_quiet {
            return self.tell_json(event);
        }
        match event {
            Event::Began { id, bytes, .. } => {
                self.expect(bytes);
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

    /// Takes what an action tells.
    pub(in crate::cli) fn action(&self, event: hook::Event) {
        if self.printer.json && !self.printer.is_quiet {
            let (kind, fields) = action::as_json(&event);
            return self.printer.object(kind, fields);
        }
        let line = action::line(self.printer, &event);
        self.aside(|| self.printer.say(&line));
        if let hook::Event::Failed { why, .. } = event {
            self.aside(|| diagnostic::show_one(self.printer, &why));
        }
    }

    /// Takes an error that belongs to no step.
    pub(in crate::cli) fn trouble(&self, why: &Diagnostic) {
        self.aside(|| diagnostic::show_one(self.printer, why));
    }

    /// Shows something while the bar is away.
    pub(in crate::cli) fn aside(&self, show: impl FnOnce()) {
        self.bar.suspend(show);
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

    fn expect(&self, bytes: u64) {
        if bytes > 0 {
            self.sums().total += bytes;
            self.bar.inc_length(bytes);
            self.bar.set_style(style(SENDING));
        }
    }

    fn add(&self, files: usize, bytes: u64) -> usize {
        let mut sums = self.sums();
        sums.files += files;
        sums.bytes += bytes;
        let files = sums.files;
        if !self.printer.live
            && let Some(line) = sums.line(Duration::from_secs_f64(self.watch.seconds()))
        {
            drop(sums);
            self.printer.say(&format!("  {line}"));
        }
        files
    }

    fn sums(&self) -> std::sync::MutexGuard<'_, Sums> {
        self.sums
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn line(&self, line: &str) {
        self.bar.suspend(|| self.printer.say(&format!("  {line}")));
    }

    /// Takes the bar away.
    pub(in crate::cli) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// How it ended, in one line.
    pub(in crate::cli) fn summary(&self, report: &Report, is_well: bool, seconds: f64) {
        let sums = self.sums();
        if self.printer.json {
            let fields = json!({
                "report": report, "well": is_well, "files": sums.files, "bytes": sums.bytes, "seconds": seconds,
            });
            return self.printer.object("summary", fields);
        }
        let head = if report.interrupted && !is_well {
            "Interrupted; the same command finishes the rest"
        } else if is_well {
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

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_said_every_five_seconds() {
        let mut sums = Sums {
            files: 1,
            bytes: 3_000_000,
            total: 10_000_000,
            ..Sums::default()
        };
        assert_eq!(sums.line(Duration::from_secs(4)), None);
        let line = sums.line(Duration::from_secs(6)).unwrap();
        assert_eq!(line, "1 file, 3.0 MB of 10.0 MB, 500.0 kB/s");
        assert_eq!(sums.line(Duration::from_secs(10)), None);
        let line = sums.line(Duration::from_secs(11)).unwrap();
        assert_eq!(line, "1 file, 3.0 MB of 10.0 MB, 0 B/s");
    }

    #[test]
    fn the_bars_templates_are_readable() {
        for template in [WAITING, SENDING] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
