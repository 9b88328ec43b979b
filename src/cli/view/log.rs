//! A line that a function wrote.

use serde_json::Value as Json;

use super::super::printer::Printer;

/// Shows a line with its time; with `--json` everything that is known of it.
pub(in crate::cli) fn show(printer: Printer, line: &Json) {
    if printer.json {
        printer.object("log", serde_json::json!({ "log": line }));
        return;
    }
    let time = line["time"].as_i64().unwrap_or_default();
    let time = jiff::Timestamp::from_millisecond(time).unwrap_or_default();
    let time = time.strftime("%Y-%m-%d %H:%M:%S%.3f");
    let text = line["text"].as_str().unwrap_or_default();
    printer.data(&format!("{time} {text}"));
}
