//! Outputs in words.

use serde_json::{Value as Json, json};

use super::super::printer::{Printer, Style};
use super::text;
use crate::resource::Object;

/// Outputs after a deploy, for a person; one object with `--json`.
pub(in crate::cli) fn show(printer: Printer, outputs: &[(String, Object)]) {
    if printer.json {
        return printer.object("outputs", json!({ "outputs": as_json(outputs) }));
    }
    for (block, values) in outputs {
        printer.say("");
        printer.say(&printer.paint(Style::Bold, &text::plain(block)));
        let width = values.keys().map(String::len).max().unwrap_or(0);
        for (key, value) in values {
            printer.say(&format!("  {key:width$}  {}", text::value(value)));
        }
    }
}

/// Outputs as data.
pub(in crate::cli) fn print(printer: Printer, outputs: &[(String, Object)]) {
    if printer.json {
        return printer.object("outputs", json!({ "outputs": as_json(outputs) }));
    }
    for (block, values) in outputs {
        for (key, value) in values {
            printer.data(&format!("{block}.{key} = {}", text::value(value)));
        }
    }
}

fn as_json(outputs: &[(String, Object)]) -> Json {
    Json::Object(
        outputs
            .iter()
            .map(|(block, values)| (block.clone(), Json::Object(values.clone())))
            .collect(),
    )
}
