//! A plan in words, readable at a glance.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::printer::{Printer, Style};
use super::item::{self, is_item, volume};
use super::{action, diagnostic, diff, edits, flow, summary, text};
use crate::content::{self, FlowChange, Texts};
use crate::engine::Replan;
use crate::hook::Label;
use crate::plan::{Change, FieldDiff, Plan, Step, block_of};
use crate::resource::{Object, ResourceId, is_sealed};

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

/// Shows a plan and the actions that go with it: words on standard output, or one JSON object.
pub(in crate::cli) fn show(
    printer: Printer,
    (plan, actions): (&Plan, &[Label]),
    texts: &Texts,
    lines: Lines,
) {
    diagnostic::show(printer, &plan.warnings);
    if printer.json {
        let mut fields = as_json(plan);
        if !actions.is_empty() {
            fields["actions"] = json!(actions);
        }
        return printer.object("plan", fields);
    }
    let page = Page {
        printer,
        lines,
        texts,
        flows: content::changes(plan),
        running: &plan.running,
        changed_by: &BTreeMap::new(),
    };
    let mut words = page.render(plan);
    if !actions.is_empty() {
        words.push('\n');
        words.push_str(&action::list(printer, actions).join("\n"));
    }
    printer.data(&words);
}

/// Shows what blocks came to after their actions, where that is something else than what was shown before.
pub(in crate::cli) fn again(printer: Printer, again: &Replan, lines: Lines) {
    let Replan { plan, changed_by } = again;
    if printer.json {
        let mut fields = as_json(plan);
        fields["changed_by"] = json!(changed_by);
        return printer.object("replan", fields);
    }
    let page = Page {
        printer,
        lines,
        texts: &Texts::new(),
        flows: content::changes(plan),
        running: &plan.running,
        changed_by,
    };
    let mut words = vec![printer.paint(Style::Bold, "After its actions:")];
    for (name, plugins) in changed_by {
        let (name, plugins) = (text::plain(name), plugins.join(", "));
        words.push(format!(
            "  {name}: changed by plugin {}",
            text::plain(&plugins)
        ));
    }
    words.push(page.render(plan));
    printer.say(&words.join("\n"));
}

fn as_json(plan: &Plan) -> Json {
    json!({
        "base": plan.base,
        "steps": plan.steps,
        "drift": plan.drift,
        "unmanaged": plan.unmanaged,
        "flows": content::changes(plan),
        "running": plan.running,
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
    /// What changes about the definitions of workflows.
    flows: BTreeMap<ResourceId, FlowChange>,
    /// How many executions run in workflows that change or go.
    running: &'a BTreeMap<ResourceId, usize>,
    /// The plugins that changed properties, by block.
    changed_by: &'a BTreeMap<String, Vec<String>>,
}

impl Page<'_> {
    fn step(&self, step: &Step, out: &mut Vec<String>) {
        let (symbol, style) = symbol(&step.change);
        let mut note = note(step);
        if let Some(plugins) = self.changed_by.get(block_of(&step.id)) {
            let comma = if note.is_empty() { "" } else { ", " };
            note = format!("{note}{comma}changed by plugin {}", plugins.join(", "));
        }
        let note = self.printer.paint(Style::Dim, &text::plain(&note));
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
        // What is deleted before its successor is made has the same id, and no differences.
        let flow = self.flows.get(&step.id);
        match flow.filter(|_| !step.change.diff().is_empty()) {
            Some(change) => self.flow(step, change, out),
            None => self.fields(step.change.diff(), Mark::Change, out),
        }
        if let Some(running) = self.running.get(&step.id) {
            out.extend(flow::running(*running, &step.change));
        }
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

    /// A workflow: its definition step by step, and line by line for whoever asks.
    fn flow(&self, step: &Step, change: &FlowChange, out: &mut Vec<String>) {
        let is_other =
            |diff: &&FieldDiff| diff.path.first().is_none_or(|n| n != content::DEFINITION);
        let others: Vec<FieldDiff> = step
            .change
            .diff()
            .iter()
            .filter(is_other)
            .cloned()
            .collect();
        self.fields(&others, Mark::Change, out);
        self.folded(flow::lines(self.printer, change), out);
        let name = (step.id.clone(), content::DEFINITION.to_owned());
        if let Some((old, new)) = self.texts.get(&name) {
            out.push(format!("      {}:", content::DEFINITION));
            out.extend(diff::lines(self.printer, old, new));
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
            item::note(item)
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

/// Whether it depends on files that actions make: these attributes never hold outputs.
fn is_made_by_actions(field: &FieldDiff) -> bool {
    field.unknown && matches!(field.path.as_slice(), [name] if name == "files" || name == "website")
}

/// The path of a field as words.
fn name_of(field: &FieldDiff) -> String {
    text::plain(&field.path.join(".")).into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

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
