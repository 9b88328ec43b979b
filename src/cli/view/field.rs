//! What differs about a thing: attributes one by one, then its items.

use serde_json::Value as Json;

use super::super::printer::{Printer, Style};
use super::fold::Lines;
use super::item::{self, is_item};
use super::leaf::leaves;
use super::{diff, text};
use crate::plan::FieldDiff;

/// Whose change it is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mark {
    /// The plan's own symbols.
    Change,
    /// A change that somebody else made.
    Drift,
}

/// How differences are shown.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) printer: Printer,
    pub(super) lines: Lines,
}

impl Fields {
    /// Attributes one by one; items grouped after them.
    pub(super) fn all(self, diffs: &[FieldDiff], mark: Mark, out: &mut Vec<String>) {
        let (items, fields): (Vec<_>, Vec<_>) = diffs.iter().partition(|d| is_item(d));
        let fields: Vec<FieldDiff> = fields.into_iter().flat_map(leaves).collect();
        let width = fields
            .iter()
            .map(|d| name_of(d).chars().count())
            .max()
            .unwrap_or(0);
        for field in &fields {
            self.field(field, width, mark, out);
        }
        let width = items
            .iter()
            .map(|d| text::plain(&d.path[1]).chars().count())
            .max()
            .unwrap_or(0)
            .min(48);
        let items = items.iter().map(|item| self.item(item, width, mark));
        self.lines.fold(self.printer, items.collect(), out);
    }

    fn field(self, field: &FieldDiff, width: usize, mark: Mark, out: &mut Vec<String>) {
        let name = name_of(field);
        if field.path.is_empty() {
            out.push("      it is gone".to_owned());
            return;
        }
        if let (Some(Json::String(before)), Some(Json::String(after))) =
            (&field.before, &field.after)
            && (before.contains('\n') || after.contains('\n'))
        {
            out.push(format!("      {name}:"));
            out.extend(diff::lines(self.printer, before, after));
            return;
        }
        let after = match (&field.after, field.unknown) {
            (_, true) if is_made_by_actions(field) => "(known after its actions)".to_owned(),
            (_, true) => "(known after the deploy)".to_owned(),
            (Some(after), _) => text::value(after),
            (None, _) => "nothing".to_owned(),
        };
        let values = match &field.before {
            _ if is_made_by_actions(field) => after,
            // Of a secret only where it comes from is shown, and that is the same.
            Some(before) if text::value(before) == after => format!("{after}, changed"),
            Some(before) => format!("{} → {after}", text::value(before)),
            None if mark == Mark::Drift => format!("nothing → {after}"),
            None => after,
        };
        out.push(format!("      {name:width$}  {values}"));
    }

    fn item(self, item: &FieldDiff, width: usize, mark: Mark) -> String {
        let key = text::plain(&item.path[1]);
        let (symbol, style) = match (&item.before, &item.after, mark) {
            (_, None, Mark::Drift) => ("gone   ", Style::Yellow),
            (_, _, Mark::Drift) => ("changed", Style::Yellow),
            (None, _, _) => ("+", Style::Green),
            (_, None, _) => ("-", Style::Red),
            _ => ("~", Style::Yellow),
        };
        let line = format!(
            "      {} {key:width$}  {}",
            self.printer.paint(style, symbol),
            item::note(item)
        );
        line.trim_end().to_owned()
    }
}

/// Whether it depends on files that actions make: these attributes never hold outputs.
fn is_made_by_actions(field: &FieldDiff) -> bool {
    field.unknown && matches!(field.path.as_slice(), [name] if name == "files" || name == "website")
}

/// The path of a field as words.
pub(super) fn name_of(field: &FieldDiff) -> String {
    text::plain(&field.path.join(".")).into_owned()
}
