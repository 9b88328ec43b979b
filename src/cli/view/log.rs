//! A line that a function wrote.

use serde_json::Value as Json;

use super::super::printer::Printer;

/// Shows a line of the resource `of`, if that must be said, with its time; with `--json` everything that is known of it.
pub(in crate::cli) fn show(printer: Printer, of: Option<&str>, line: &Json) {
    if printer.json {
        printer.object("log", serde_json::json!({ "log": line }));
        return;
    }
    let time = line["time"].as_i64().unwrap_or_default();
    let time = jiff::Timestamp::from_millisecond(time).unwrap_or_default();
    let time = time.strftime("%Y-%m-%d %H:%M:%S%.3f");
    let text = line["text"].as_str().unwrap_or_default();
    match of {
        Some(of) => printer.data(&format!("{time} {of} | {text}")),
        None => printer.data(&format!("{time} {text}")),
    }
}
