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
