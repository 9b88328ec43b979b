//! What changes about a workflow, step by step.

use super::super::printer::{Printer, Style};
use super::text;
use crate::content::{FlowChange, Sort, StepChange};
use crate::plan::{Change, MOST_RUNNING};

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

/// What becomes of executions that run while a plan is carried out; nothing of those that are told of in another step.
pub(super) fn running(number: usize, change: &Change) -> Option<String> {
    let fate = match change {
        Change::Update { .. } => "go on with the old definition",
        Change::Delete { .. } => "end with it",
        _ => return None,
    };
    let words = match number {
        1 => format!("1 execution runs and will {fate}"),
        MOST_RUNNING.. => format!("{MOST_RUNNING} executions or more run and will {fate}"),
        _ => format!("{number} executions run and will {fate}"),
    };
    Some(format!("      {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Which;

    #[test]
    fn executions_that_run_go_on_or_end() {
        let update = Change::Update { diff: Vec::new() };
        let delete = Change::Delete {
            because: String::new(),
            which: Which::Current,
        };
        let words = |number, change| running(number, change).unwrap();
        assert_eq!(
            words(1, &delete).trim(),
            "1 execution runs and will end with it"
        );
        let many = words(MOST_RUNNING, &update);
        assert_eq!(
            many.trim(),
            "100 executions or more run and will go on with the old definition"
        );
    }

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
