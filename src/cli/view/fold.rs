//! Long lists: the first few lines, or all.

use super::super::printer::{Printer, Style};

/// How many lines of a long list are shown unfolded.
const FOLD_AT: usize = 12;

/// How long lists are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Lines {
    /// The first few, and how many more there are.
    Folded,
    /// All.
    Full,
}

impl Lines {
    /// By the flag `--full`.
    pub(in crate::cli) fn of(full: bool) -> Self {
        if full { Self::Full } else { Self::Folded }
    }

    /// Adds a list to `out`.
    pub(super) fn fold(self, printer: Printer, lines: Vec<String>, out: &mut Vec<String>) {
        let all = lines.len();
        if self == Self::Full || all <= FOLD_AT + 1 {
            return out.extend(lines);
        }
        out.extend(lines.into_iter().take(FOLD_AT));
        out.push(printer.paint(
            Style::Dim,
            &format!("      … {} more (--full shows all)", all - FOLD_AT),
        ));
    }
}
