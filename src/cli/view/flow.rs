//! What changes about a workflow, step by step.

use super::super::printer::{Printer, Style};
use super::text;
use crate::content::{FlowChange, Sort, StepChange};

/// A line for each step that differs, and what else does.
pub(super) fn lines(printer: Printer, change: &FlowChange) -> Vec<String> {
    let line = |step: &StepChange| {
        let (symbol, style) = match step.change {
            Sort::Added => ("+", Style::Green),
            Sort::Removed => ("-", Style::Red),
            Sort::Changed => ("~", Style::Yellow),
        };
        let symbol = printer.paint(style, symbol);
        format!("      {symbol} step {}", text::plain(&step.step))
    };
    let mut lines: Vec<String> = change.steps.iter().map(line).collect();
    let mark = printer.paint(Style::Yellow, "~");
    if change.order {
        lines.push(format!("      {mark} the order of steps"));
    }
    if change.rest {
        lines.push(format!("      {mark} what belongs to no step"));
    }
    if lines.is_empty() {
        lines.push(format!("      {mark} the text of the definition"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_has_a_line() {
        let step = |step: &str, change| StepChange {
            step: step.to_owned(),
            change,
        };
        let mut change = FlowChange {
            steps: vec![
                step("a", Sort::Added),
                step("b[1]/c", Sort::Changed),
                step("d\u{1b}", Sort::Removed),
            ],
            order: true,
            rest: true,
            before: None,
            after: String::new(),
        };
        let printer = Printer {
            json: false,
            color: false,
            live: false,
            can_ask: false,
            is_quiet: false,
        };
        let words = |change: &FlowChange| -> Vec<String> {
            let lines = lines(printer, change).into_iter();
            lines.map(|line| line.trim().to_owned()).collect()
        };
        assert_eq!(
            words(&change),
            [
                "+ step a",
                "~ step b[1]/c",
                "- step d\\u{1b}",
                "~ the order of steps",
                "~ what belongs to no step",
            ]
        );
        change.steps.clear();
        (change.order, change.rest) = (false, false);
        assert_eq!(words(&change), ["~ the text of the definition"]);
    }
}
