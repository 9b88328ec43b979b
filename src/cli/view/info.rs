//! What is in the cloud, in words.

use serde_json::{Value as Json, json};

use super::super::printer::{Printer, Style};
use super::{release, setting, text};
use crate::engine::Shown;
use crate::resource::{Object, is_sealed};

/// Before the lines of a thing, and before those of a part of it.
const MARGIN: &str = "  ";
const DEEPER: &str = "    ";

/// Each block's things; with `--json` one object a block.
pub(in crate::cli) fn show(printer: Printer, all: &[Shown]) {
    if all.is_empty() {
        return printer.say("Nothing was deployed.");
    }
    for things in all.chunk_by(|a, b| a.id.block() == b.id.block()) {
        if printer.json {
            printer.object("info", as_json(things));
        } else {
            for thing in things {
                words(printer, thing);
            }
        }
    }
}

fn as_json(things: &[Shown]) -> Json {
    let thing = |shown: &Shown| {
        json!({
            "id": shown.id,
            "kind": shown.kind,
            "name": shown.remote,
            "begun": shown.is_begun,
            "attributes": shown.attrs,
        })
    };
    let function = things.iter().map(|shown| &shown.more);
    json!({
        "resource": things.first().map(|shown| shown.id.block()),
        "things": things.iter().map(thing).collect::<Json>(),
        "function": function.into_iter().find(|more| !more.is_null()),
    })
}

fn words(printer: Printer, shown: &Shown) {
    let name = shown.remote.as_ref().map_or("", |remote| remote.as_str());
    let head = printer.paint(Style::Bold, &text::plain(shown.id.as_str()));
    printer.data(&format!("{head}  {} {}", shown.kind, text::plain(name)));
    let Some(attrs) = &shown.attrs else {
        return printer.data(if shown.is_begun {
            "  was begun and never made"
        } else {
            "  is not in the cloud any more"
        });
    };
    pairs(printer, MARGIN, attrs);
    if let Json::Object(more) = &shown.more {
        function(printer, more);
    }
    printer.data("");
}

/// Names and values that say something, behind a margin, the values in one column. Parts of maps have dotted names.
fn pairs(printer: Printer, margin: &str, values: &Object) {
    let mut lines = Vec::new();
    flatten("", values, &mut lines);
    let width = lines.iter().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or(0);
    for (name, value) in lines {
        printer.data(&format!("{margin}{name:width$}  {value}"));
    }
}

fn flatten(path: &str, values: &Object, lines: &mut Vec<(String, String)>) {
    for (name, value) in values {
        let name = format!("{path}{}", text::plain(name));
        match value {
            Json::Object(files) if name == "files" => {
                lines.push((name, text::count(files.len(), "file")));
            }
            Json::Object(inner) if !is_sealed(value) => {
                flatten(&format!("{name}."), inner, lines);
            }
            Json::Null => {}
            Json::String(empty) if empty.is_empty() => {}
            Json::Array(empty) if empty.is_empty() => {}
            value => lines.push((name, text::value(value))),
        }
    }
}

/// What is told of a function beside its attributes, as the commands for each part show it.
fn function(printer: Printer, more: &Object) {
    if let Some(Json::Object(status)) = more.get("status") {
        section(printer, "status");
        pairs(printer, DEEPER, status);
    }
    let list = |name: &str| more.get(name).filter(|list| is_told(list));
    if let Some(triggers) = list("triggers") {
        section(printer, "triggers");
        release::trigger_rows(printer, DEEPER, triggers);
    }
    if let Some(versions) = list("versions") {
        section(printer, "versions");
        release::version_rows(printer, DEEPER, versions);
    }
    if let Some(aliases) = list("aliases") {
        section(printer, "aliases");
        release::alias_rows(printer, DEEPER, aliases);
    }
    if let Some(provisions) = list("provision") {
        section(printer, "instances kept ready");
        setting::provision_rows(printer, DEEPER, provisions);
    }
    let scaling = list("scaling").map(|list| ("scaling", list));
    let calls = list("async_config").map(|list| ("asynchronous calls", list));
    for (title, documents) in scaling.into_iter().chain(calls) {
        for document in documents.as_array().into_iter().flatten() {
            section(printer, title);
            self::document(printer, document);
        }
    }
    if let Some(reserved) = more.get("concurrency").filter(|one| one.is_object()) {
        section(printer, "instances reserved");
        document(printer, reserved);
    }
}

/// A setting without the name of its function, which stands above.
fn document(printer: Printer, document: &Json) {
    let mut fields = document.as_object().cloned().unwrap_or_default();
    fields.shift_remove("functionArn");
    pairs(printer, DEEPER, &fields);
}

fn section(printer: Printer, title: &str) {
    printer.data(&format!("  {}", printer.paint(Style::Bold, title)));
}

fn is_told(list: &Json) -> bool {
    list.as_array().is_some_and(|list| !list.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_told_by_dotted_names_and_what_is_empty_is_not_told() {
        let secret = json!({ "secret": "env:A", "digest": "0".repeat(40) });
        let values = json!({
            "env": { "A": secret, "B": "b" }, "layers": [], "role": "", "tags": {}, "none": null,
            "files": { "a": {}, "b": {} }, "timeout": 0, "on": false,
        });
        let mut lines = Vec::new();
        flatten("", values.as_object().unwrap(), &mut lines);
        let lines: Vec<String> = lines.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let expected = [
            "env.A=(secret env:A)",
            "env.B=b",
            "files=2 files",
            "timeout=0",
            "on=false",
        ];
        assert_eq!(lines, expected);
    }
}
