//! Two texts, line by line.

use similar::{ChangeTag, TextDiff};

use super::super::printer::{Printer, Style};
use super::text;

/// Lines that differ, with two lines around them.
pub(in crate::cli) fn lines(printer: Printer, before: &str, after: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(before, after);
    let mut out = Vec::new();
    for (number, group) in diff.grouped_ops(2).iter().enumerate() {
        if number > 0 {
            out.push("          ⋮".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = text::plain(change.value().trim_end_matches('\n'));
            out.push(match change.tag() {
                ChangeTag::Delete => format!(
                    "        {}",
                    printer.paint(Style::Red, &format!("- {line}"))
                ),
                ChangeTag::Insert => format!(
                    "        {}",
                    printer.paint(Style::Green, &format!("+ {line}"))
                ),
                ChangeTag::Equal => format!("          {line}"),
            });
        }
    }
    out
}
