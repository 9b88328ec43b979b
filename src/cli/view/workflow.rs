//! Executions of workflows in words.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::printer::{Printer, Style};
use super::run_tree::{self, Line, fault, lines};
use super::waiting::waiting;
use super::{table, text};

/// What is known of an execution beside itself.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Told {
    /// A list of its events.
    pub(in crate::cli) events: Json,
    /// The map runs that they name, as the vendor shows them.
    pub(in crate::cli) map_runs: BTreeMap<String, Json>,
}

impl Told {
    pub(in crate::cli) fn events(&self) -> &[Json] {
        self.events
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// The names of the map runs that events tell of.
pub(in crate::cli) fn map_runs_of(events: &Json) -> Vec<String> {
    let all = events.as_array().into_iter().flatten();
    let started = all.filter(|event| event["Type"] == "MapRunStarted");
    started.filter_map(run_tree::map_run_of).collect()
}

/// An execution that was begun.
pub(in crate::cli) fn begun(
    printer: Printer,
    (flow, resource): (&str, Option<&str>),
    execution: &Json,
) {
    if printer.json {
        return printer.object(
            "execution_started",
            json!({ "workflow": flow, "execution": execution }),
        );
    }
    let name = word(execution, "Name");
    let of = resource.map_or_else(String::new, |resource| format!(" --resource {resource}"));
    printer.say(&format!(
        "Began execution {name} of {flow}; see it: sdev workflow show {name}{of}"
    ));
    printer.data(&name);
}

/// An execution that was waited for; whether it ended well. Its output is data.
pub(in crate::cli) fn ended(printer: Printer, execution: &Json, told: &Told) -> bool {
    let is_well = execution["Status"] == "Succeeded";
    if printer.json {
        printer.object(
            "execution",
            json!({ "execution": execution, "events": told.events, "map_runs": told.map_runs }),
        );
        return is_well;
    }
    if is_well {
        printer.data(execution["Output"].as_str().unwrap_or_default());
    } else {
        tree(printer, execution, told, false);
    }
    is_well
}

/// Executions of a workflow; `which` of them were asked for.
pub(in crate::cli) fn list(
    printer: Printer,
    (flow, which): (&str, &str),
    (executions, limit): (&Json, usize),
) {
    if printer.json {
        return printer.object(
            "executions",
            json!({ "workflow": flow, "executions": executions }),
        );
    }
    let all = executions.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return printer.say(&format!("{flow} has no executions{which}."));
    }
    let head = ["EXECUTION", "STATUS", "BEGAN", "ENDED"];
    let columns = ["Name", "Status", "StartedTime", "StoppedTime"];
    let rows: Vec<[String; 4]> = all
        .iter()
        .map(|one| columns.map(|name| word(one, name)))
        .collect();
    table::show(printer, head, &rows);
    if all.len() >= limit {
        printer.say(&format!("The newest {limit}; `--limit` shows more."));
    }
}

/// Every event, a line each.
pub(in crate::cli) fn history(printer: Printer, events: &Json) {
    let all = events.as_array().map(Vec::as_slice).unwrap_or_default();
    if printer.json {
        for event in all {
            printer.object("execution_event", json!({ "event": event }));
        }
        return;
    }
    let head = ["EVENT", "TIME", "TYPE", "STEP", "DETAIL"];
    let row = |event: &Json| {
        [
            event["EventId"].to_string(),
            word(event, "Time"),
            word(event, "Type"),
            word(event, "StepName"),
            short(&detail(event)),
        ]
    };
    table::show(printer, head, &all.iter().map(row).collect::<Vec<_>>());
}

/// An execution as a tree of its steps.
pub(in crate::cli) fn tree(printer: Printer, execution: &Json, told: &Told, is_again: bool) {
    let all = told.events();
    if printer.json {
        let waiting = waiting(all).into_iter();
        let waiting = waiting.map(|one| json!({ "step": one.step, "token": one.token }));
        return printer.object(
            "execution",
            json!({
                "execution": execution, "events": told.events, "map_runs": told.map_runs,
                "waiting": waiting.collect::<Vec<Json>>(),
            }),
        );
    }
    if is_again {
        printer.data("");
    }
    let status = word(execution, "Status");
    let style = style_of(&status);
    let name = printer.paint(Style::Bold, &word(execution, "Name"));
    printer.data(&format!(
        "{name}  {}  {}",
        printer.paint(style, &status),
        word(execution, "StartedTime")
    ));
    for line in lines(all, &told.map_runs) {
        printer.data(&shown(printer, &line));
    }
    for (label, field) in [("input", "Input"), ("output", "Output")] {
        let value = word(execution, field);
        if !value.is_empty() {
            printer.data(&format!(
                "{}  {}",
                printer.paint(Style::Dim, label),
                short(&value)
            ));
        }
    }
    let last = all.last().map(detail).filter(|_| style == Style::Red);
    let last: Option<Json> = last.and_then(|text| serde_json::from_str(&text).ok());
    if let Some(last) = last {
        printer.data(&printer.paint(Style::Red, &fault(&last)));
    }
}

/// Something that was done with an execution.
pub(in crate::cli) fn changed(printer: Printer, (done, name): (&str, &str), execution: &Json) {
    if printer.json {
        return printer.object("execution", json!({ "execution": execution }));
    }
    printer.say(&format!("{done} {}.", text::plain(name)));
}

/// A report that was taken.
pub(in crate::cli) fn reported(printer: Printer, reply: &Json) {
    if printer.json {
        return printer.object("reported", json!({ "event": reply["EventId"] }));
    }
    printer.say("Reported.");
}

fn shown(printer: Printer, line: &Line) -> String {
    let mark = match line.style {
        Style::Green => "✓",
        Style::Red => "✗",
        Style::Yellow => "●",
        _ => " ",
    };
    let branch = printer.paint(Style::Dim, &line.margin);
    let mark = printer.paint(line.style, mark);
    let facts = printer.paint(Style::Dim, &text::plain(&line.facts));
    format!("{branch}{mark} {}  {facts}", text::plain(&line.name))
        .trim_end()
        .to_owned()
}

fn style_of(status: &str) -> Style {
    match status {
        "Succeeded" => Style::Green,
        "Running" | "Starting" => Style::Yellow,
        _ => Style::Red,
    }
}

fn detail(event: &Json) -> String {
    event["EventDetail"].as_str().unwrap_or_default().to_owned()
}

/// A text on one line, cut where it gets long.
pub(super) fn short(value: &str) -> String {
    const MOST: usize = 160;
    let value = text::plain(value);
    if value.chars().count() <= MOST {
        return value.into_owned();
    }
    value.chars().take(MOST).chain(['…']).collect()
}

fn word(of: &Json, name: &str) -> String {
    of[name]
        .as_str()
        .map(text::plain)
        .unwrap_or_default()
        .into_owned()
}
