//! What a plan changes in the state alone, in words.

use super::super::printer::{Printer, Style};
use super::text;
use crate::plan::{Edits, Moved};

/// One line for each.
pub(super) fn lines(printer: Printer, edits: &Edits) -> Vec<String> {
    let line = |symbol: &str, what: &str, why: &str| {
        let symbol = printer.paint(Style::Cyan, symbol);
        let why = printer.paint(Style::Dim, why);
        format!("  {symbol} {}  {why}", text::plain(what))
    };
    let moved = edits.moved.iter().map(|Moved { from, to }| {
        let why = "moved: what there is goes on under the new name";
        line(">", &format!("{from} → {to}"), why)
    });
    let begins = edits.protect.iter();
    let begins = begins.map(|id| line("#", id.as_str(), "protected from now on"));
    let ends = edits.release.iter();
    let ends = ends.map(|id| line("#", id.as_str(), "no longer protected"));
    moved.chain(begins).chain(ends).collect()
}
