//! A plan in words, readable at a glance.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::printer::{Printer, Style};
use super::{diagnostic, diff, edits, summary, text};
use crate::content::Texts;
use crate::plan::{Change, FieldDiff, Plan, Step};
use crate::resource::{Object, is_sealed};

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
}

/// Shows a plan: words on standard output, or one JSON object.
pub(in crate::cli) fn show(printer: Printer, plan: &Plan, texts: &Texts, lines: Lines) {
    diagnostic::show(printer, &plan.warnings);
    if printer.json {
        return printer.object("plan", as_json(plan));
    }
    let page = Page {
        printer,
        lines,
        texts,
    };
    printer.data(&page.render(plan));
}

fn as_json(plan: &Plan) -> Json {
    json!({
        "base": plan.base,
        "steps": plan.steps,
        "drift": plan.drift,
        "unmanaged": plan.unmanaged,
        "moved": plan.edits.moved,
        "protection": { "begins": plan.edits.protect, "ends": plan.edits.release },
        "summary": plan.summary(),
    })
}

impl Page<'_> {
    fn render(&self, plan: &Plan) -> String {
        let (page, printer) = (self, self.printer);
        let mut out: Vec<String> = Vec::new();
        if !plan.drift.is_empty() {
            out.push(printer.paint(Style::Bold, "Changed outside sdev since the last deploy:"));
            for (id, diffs) in &plan.drift {
                let id = text::plain(id.as_str());
                out.push(format!("  {} {id}", printer.paint(Style::Yellow, "!")));
                page.fields(diffs, Mark::Drift, &mut out);
            }
            out.push(String::new());
        }
        out.extend(edits::lines(printer, &plan.edits));
        for step in &plan.steps {
            page.step(step, &mut out);
        }
        for (id, keys) in &plan.unmanaged {
            let some: Vec<_> = keys.iter().take(3).map(|key| text::plain(key)).collect();
            let more = if keys.len() > 3 { ", …" } else { "" };
            out.push(format!(
                "  Left alone in {}, not from this project: {}{more}",
                text::plain(id.as_str()),
                some.join(", ")
            ));
        }
        if !plan.is_empty() {
            out.push(String::new());
        }
        out.push(printer.paint(Style::Bold, &summary::line(plan)));
        out.join("\n")
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    /// The plan's own symbols.
    Change,
    /// A change that somebody else made.
    Drift,
}

struct Page<'a> {
    printer: Printer,
    lines: Lines,
    texts: &'a Texts,
}

impl Page<'_> {
    fn step(&self, step: &Step, out: &mut Vec<String>) {
        let (symbol, style) = symbol(&step.change);
        let note = self.printer.paint(Style::Dim, &text::plain(&note(step)));
        let head = format!("{symbol} {}", text::plain(step.id.as_str()));
        out.push(
            format!(
                "  {}  {}  {note}",
                self.printer.paint(style, &head),
                step.kind
            )
            .trim_end()
            .to_owned(),
        );
        self.fields(step.change.diff(), Mark::Change, out);
        for item in step.change.diff().iter().filter(|d| is_item(d)) {
            let name = (step.id.clone(), item.path[1].clone());
            if let Some((old, new)) = self.texts.get(&name) {
                out.push(format!("      {}:", text::plain(&name.1)));
                out.extend(diff::lines(self.printer, old, new));
            }
        }
        if let Change::Act { args, .. } = &step.change {
            let paths: Vec<String> = args["paths"]
                .as_array()
                .into_iter()
                .flatten()
                .map(text::value)
                .collect();
            self.folded(
                paths.iter().map(|path| format!("      {path}")).collect(),
                out,
            );
        }
    }

    /// Attributes one by one; items grouped after them.
    fn fields(&self, diffs: &[FieldDiff], mark: Mark, out: &mut Vec<String>) {
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
        self.folded(
            items
                .iter()
                .map(|item| self.item(item, width, mark))
                .collect(),
            out,
        );
    }

    fn field(&self, field: &FieldDiff, width: usize, mark: Mark, out: &mut Vec<String>) {
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
            (_, true) => "(known after the deploy)".to_owned(),
            (Some(after), _) => text::value(after),
            (None, _) => "nothing".to_owned(),
        };
        let values = match &field.before {
            // Of a secret only where it comes from is shown, and that is the same.
            Some(before) if text::value(before) == after => format!("{after}, changed"),
            Some(before) => format!("{} → {after}", text::value(before)),
            None if mark == Mark::Drift => format!("nothing → {after}"),
            None => after,
        };
        out.push(format!("      {name:width$}  {values}"));
    }

    fn item(&self, item: &FieldDiff, width: usize, mark: Mark) -> String {
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
            item_note(item)
        );
        line.trim_end().to_owned()
    }

    fn folded(&self, lines: Vec<String>, out: &mut Vec<String>) {
        let all = lines.len();
        if self.lines == Lines::Full || all <= FOLD_AT + 1 {
            return out.extend(lines);
        }
        out.extend(lines.into_iter().take(FOLD_AT));
        out.push(self.printer.paint(
            Style::Dim,
            &format!("      … {} more (--full shows all)", all - FOLD_AT),
        ));
    }
}

/// A map that appears, changes or vanishes, field by field.
fn leaves(diff: &FieldDiff) -> Vec<FieldDiff> {
    let empty = Object::new();
    if [&diff.before, &diff.after]
        .into_iter()
        .flatten()
        .any(is_sealed)
    {
        return vec![diff.clone()];
    }
    let (before, after) = match (&diff.before, &diff.after) {
        (Some(Json::Object(before)), Some(Json::Object(after))) => (before, after),
        (Some(Json::Object(before)), None) if !diff.unknown => (before, &empty),
        (None, Some(Json::Object(after))) => (&empty, after),
        _ => return vec![diff.clone()],
    };
    let vanished = before.keys().filter(|key| !after.contains_key(*key));
    let below = |key: &String| {
        let side = |map: &Object| map.get(key).filter(|value| !value.is_null()).cloned();
        let (before, after) = (side(before), side(after));
        let path = diff.path.iter().chain([key]).cloned().collect();
        let unknown = false;
        let field = FieldDiff {
            path,
            before,
            after,
            unknown,
        };
        if field.before == field.after {
            Vec::new()
        } else {
            leaves(&field)
        }
    };
    after.keys().chain(vanished).flat_map(below).collect()
}

/// The path of a field as words.
fn name_of(field: &FieldDiff) -> String {
    text::plain(&field.path.join(".")).into_owned()
}

fn is_item(diff: &FieldDiff) -> bool {
    diff.path.len() == 2 && diff.path[0] == "files"
}

fn symbol(change: &Change) -> (&'static str, Style) {
    match change {
        Change::Create { replaces, .. } if replaces.is_empty() => ("+", Style::Green),
        Change::Create { .. } => ("±", Style::Yellow),
        Change::Update { .. } => ("~", Style::Yellow),
        Change::Adopt { .. } => ("=", Style::Cyan),
        Change::Delete { .. } => ("-", Style::Red),
        Change::Forget { .. } => (".", Style::Dim),
        Change::Act { .. } => ("»", Style::Cyan),
    }
}

/// Why, or how much.
fn note(step: &Step) -> String {
    match &step.change {
        Change::Create { replaces, .. } if !replaces.is_empty() => {
            format!("made anew: {} cannot change in place", replaces.join(", "))
        }
        Change::Create { diff, .. } | Change::Update { diff } => volume(diff),
        Change::Adopt { because, .. }
        | Change::Delete { because, .. }
        | Change::Forget { because, .. } => because.clone(),
        Change::Act { act, .. } => format!("{act}: what changed behind the cache"),
    }
}

/// How many files and bytes go up, and how many go away.
fn volume(diff: &[FieldDiff]) -> String {
    let items: Vec<&FieldDiff> = diff.iter().filter(|d| is_item(d)).collect();
    let up: Vec<u64> = items
        .iter()
        .filter_map(|d| size(d.after.as_ref()?))
        .collect();
    let gone = items.iter().filter(|d| d.after.is_none()).count();
    let mut words = Vec::new();
    if !up.is_empty() {
        words.push(format!(
            "{}, {} to upload",
            text::count(up.len(), "file"),
            text::size(up.iter().sum())
        ));
    }
    if gone > 0 {
        words.push(format!("{} to delete", text::count(gone, "file")));
    }
    words.join(", ")
}

/// What changes about a file: its size, and of its other properties those that differ.
fn item_note(item: &FieldDiff) -> String {
    let Some(after) = &item.after else {
        return item
            .before
            .as_ref()
            .and_then(size)
            .map(text::size)
            .unwrap_or_default();
    };
    let Some(before) = &item.before else {
        let cache = after["cache"].as_str().unwrap_or_default();
        return format!(
            "{:>9}  {cache}",
            size(after).map(text::size).unwrap_or_default()
        );
    };
    let mut words = Vec::new();
    match (size(before), size(after)) {
        (Some(old), Some(new)) if text::size(old) != text::size(new) => {
            words.push(format!("{} → {}", text::size(old), text::size(new)));
        }
        (_, Some(new)) if before["md5"] != after["md5"] => {
            words.push(format!("{}, content", text::size(new)));
        }
        _ => {}
    }
    let known: BTreeMap<&str, (&Json, &Json)> = ["type", "cache"]
        .into_iter()
        .map(|name| (name, (&before[name], &after[name])))
        .collect();
    for (name, (old, new)) in known {
        if old != new && !old.is_null() && !new.is_null() {
            words.push(format!(
                "{name}: {} → {}",
                text::value(old),
                text::value(new)
            ));
        }
    }
    words.join(", ")
}

fn size(entry: &Json) -> Option<u64> {
    entry.get("size")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_changed_file_only_what_is_known_is_said() {
        let known = json!({ "md5": "a", "size": 4, "type": "text/html", "cache": "no-cache" });
        let note = |seen: Json| {
            item_note(&FieldDiff {
                path: vec!["files".into(), "a".into()],
                before: Some(known.clone()),
                after: Some(seen),
                unknown: false,
            })
        };
        assert_eq!(note(json!({ "md5": "b", "size": 4 })), "4 B, content");
        assert_eq!(note(json!({ "md5": "b", "size": 5 })), "4 B → 5 B");
    }

    #[test]
    fn maps_are_shown_field_by_field_on_both_sides() {
        let diff = |before: Option<Json>, after: Option<Json>| FieldDiff {
            path: vec!["website".into()],
            before,
            after,
            unknown: false,
        };
        let words = |diff: FieldDiff| -> Vec<String> {
            let side = |value: &Option<Json>| value.as_ref().map_or("-".into(), text::value);
            let word =
                |d: &FieldDiff| format!("{} {} {}", name_of(d), side(&d.before), side(&d.after));
            leaves(&diff).iter().map(word).collect()
        };
        let old = json!({ "index": "a", "error": { "page": "e", "status": 404 }, "same": 1, "gone": null });
        let new = json!({ "index": "b", "error": null, "same": 1 });
        assert_eq!(
            words(diff(Some(old.clone()), Some(new))),
            [
                "website.index a b",
                "website.error.page e -",
                "website.error.status 404 -"
            ]
        );
        assert_eq!(
            words(diff(Some(old), None)),
            [
                "website.index a -",
                "website.error.page e -",
                "website.error.status 404 -",
                "website.same 1 -"
            ]
        );
        assert_eq!(
            words(diff(None, Some(json!({ "a": 1 })))),
            ["website.a - 1"]
        );
        assert_eq!(words(diff(Some(json!([1])), None)), ["website [1] -"]);
    }
}
