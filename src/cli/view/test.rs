//! What became of tests: a line for each, and how many passed.

use serde_json::json;

use super::super::exit::Exit;
use super::super::printer::{Printer, Style};
use super::text;
use crate::diagnostic::Span;

/// Counts as tests end.
#[derive(Debug, Default)]
pub(in crate::cli) struct Tally {
    passed: usize,
    failed: usize,
    file: String,
}

impl Tally {
    /// Shows a test that has ended; `failure` is where and why, if it failed.
    pub(in crate::cli) fn add(
        &mut self,
        printer: Printer,
        (name, at): (&str, &Span),
        failure: Option<(&Span, &str)>,
        seconds: f64,
    ) {
        self.file = at.path().display().to_string();
        match failure {
            None => self.passed += 1,
            Some(_) => self.failed += 1,
        }
        if printer.json {
            let (line, column) = failure.map_or(at, |(at, _)| at).line_column();
            return printer.object(
                "test",
                json!({
                    "file": self.file, "line": line, "column": column, "name": name,
                    "passed": failure.is_none(), "why": failure.map(|(_, why)| why), "seconds": seconds,
                }),
            );
        }
        let name = text::plain(name);
        let took = printer.paint(Style::Dim, &format!("{seconds:.1} s"));
        let Some((at, why)) = failure else {
            let mark = printer.paint(Style::Green, "✓");
            return printer.data(&format!("{mark} {name}  {took}"));
        };
        let mark = printer.paint(Style::Red, "✗");
        printer.data(&format!("{mark} {name}  {took}"));
        let place = printer.paint(Style::Dim, &at.to_string());
        printer.data(&format!("  {place}: {}", text::plain(why)));
    }

    /// Shows how many there were of each, and says how the command ends.
    pub(in crate::cli) fn end(&self, printer: Printer) -> Exit {
        let Self {
            passed,
            failed,
            file,
        } = self;
        if printer.json {
            let counts = json!({ "file": file, "passed": passed, "failed": failed });
            printer.object("tests", counts);
        } else {
            let file = text::plain(file);
            printer.say(&format!("{file}: {passed} passed, {failed} failed"));
        }
        if *failed == 0 {
            Exit::Done
        } else {
            Exit::Failed
        }
    }
}
