//! What became of tests: a line for each, and how many passed.

use serde_json::{Value, json};

use super::super::exit::Exit;
use super::super::printer::{Printer, Style};
use super::text;
use crate::diagnostic::Span;

/// How a test ended.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum Ended<'a> {
    /// All that it says is true.
    Passed,
    /// Something is not: where that stands, and why.
    Failed(&'a Span, &'a str),
    /// It says nothing; why.
    Skipped(&'a str),
}

/// Counts as tests end.
#[derive(Debug, Default)]
pub(in crate::cli) struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    file: String,
}

impl Tally {
    /// Shows a test that has ended.
    pub(in crate::cli) fn add(
        &mut self,
        printer: Printer,
        (name, at): (&str, &Span),
        ended: Ended<'_>,
        seconds: f64,
    ) {
        self.file = at.path().display().to_string();
        match ended {
            Ended::Passed => self.passed += 1,
            Ended::Failed(..) => self.failed += 1,
            Ended::Skipped(_) => self.skipped += 1,
        }
        if printer.json {
            return printer.object("test", self.shown((name, at), ended, seconds));
        }
        let name = text::plain(name);
        let took = printer.paint(Style::Dim, &format!("{seconds:.1} s"));
        let (style, mark) = match ended {
            Ended::Passed => (Style::Green, "✓"),
            Ended::Failed(..) => (Style::Red, "✗"),
            Ended::Skipped(_) => (Style::Dim, "○"),
        };
        printer.data(&format!("{} {name}  {took}", printer.paint(style, mark)));
        match ended {
            Ended::Passed => {}
            Ended::Failed(at, why) => {
                let place = printer.paint(Style::Dim, &at.to_string());
                printer.data(&format!("  {place}: {}", text::plain(why)));
            }
            Ended::Skipped(why) => printer.data(&format!("  skipped: {}", text::plain(why))),
        }
    }

    fn shown(&self, (name, at): (&str, &Span), ended: Ended<'_>, seconds: f64) -> Value {
        let (at, passed, why) = match ended {
            Ended::Passed => (at, Some(true), None),
            Ended::Failed(at, why) => (at, Some(false), Some(why)),
            Ended::Skipped(why) => (at, None, Some(why)),
        };
        let (line, column) = at.line_column();
        json!({
            "file": self.file, "line": line, "column": column, "name": name,
            "passed": passed, "why": why, "seconds": seconds,
        })
    }

    /// Shows how many there were of each, and says how the command ends.
    pub(in crate::cli) fn end(&self, printer: Printer) -> Exit {
        let Self {
            passed,
            failed,
            skipped,
            file,
        } = self;
        if printer.json {
            let counts = json!({
                "file": file, "passed": passed, "failed": failed, "skipped": skipped,
            });
            printer.object("tests", counts);
        } else {
            let file = text::plain(file);
            let skipped = match skipped {
                0 => String::new(),
                number => format!(", {number} skipped"),
            };
            printer.say(&format!(
                "{file}: {passed} passed, {failed} failed{skipped}"
            ));
        }
        if *failed == 0 {
            Exit::Done
        } else {
            Exit::Failed
        }
    }
}
