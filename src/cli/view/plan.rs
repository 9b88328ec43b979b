//! A plan in words, readable at a glance.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::printer::{Printer, Style};
use super::field::{Fields, Mark};
use super::item::{is_item, volume};
use super::{action, diagnostic, diff, edits, flow, summary, text};

use crate::content::{self, FlowChange, Texts};
use crate::engine::Replan;
use crate::hook::Label;
use crate::plan::{Change, FieldDiff, Plan, Step};
use crate::resource::{ResourceId, Value};

pub(in crate::cli) use super::fold::Lines;

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
                page.fields().all(diffs, Mark::Drift, &mut out);
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
    fn fields(&self) -> Fields {
        Fields {
            printer: self.printer,
            lines: self.lines,
        }
    }

    fn step(&self, step: &Step, out: &mut Vec<String>) {
        let (symbol, style) = symbol(&step.change);
        let mut note = note(step);
        if let Some(plugins) = self.changed_by.get(step.id.block()) {
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
            None => self.fields().all(step.change.diff(), Mark::Change, out),
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
            self.lines.fold(
                self.printer,
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
        self.fields().all(&others, Mark::Change, out);
        self.lines
            .fold(self.printer, flow::lines(self.printer, change), out);
        let name = (step.id.clone(), content::DEFINITION.to_owned());
        if let Some((old, new)) = self.texts.get(&name) {
            out.push(format!("      {}:", content::DEFINITION));
            out.extend(diff::lines(self.printer, old, new));
        }
    }
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

/// Bytes of the package that goes up, where the files are sent in one.
fn zip(step: &Step) -> Option<u64> {
    match step.resource.as_ref()?.attrs.get("code")? {
        Value::Plain(code) => code.get("size")?.as_u64(),
        _ => None,
    }
}

/// Why, or how much.
fn note(step: &Step) -> String {
    match &step.change {
        Change::Create { replaces, .. } if !replaces.is_empty() => {
            format!("made anew: {} cannot change in place", replaces.join(", "))
        }
        Change::Create { diff, .. } | Change::Update { diff } => volume(diff, zip(step)),
        Change::Adopt { because, .. }
        | Change::Delete { because, .. }
        | Change::Forget { because, .. } => because.clone(),
        Change::Act { act, .. } => format!("{act}: what changed behind the cache"),
    }
}
