//! An example event.

use serde_json::{Value as Json, json};

use super::super::printer::Printer;
use crate::engine::Chosen;
use crate::sample::payload;

/// Shows an event: as it is, ready for a file; of which trigger with `--json`.
pub(in crate::cli) fn sample(printer: Printer, of: Option<&Chosen>, event: &Json) {
    if printer.json {
        let trigger = of.map(|chosen| &chosen.id);
        return printer.object("event", json!({ "trigger": trigger, "event": event }));
    }
    if event.is_string() {
        return printer.data(&payload(event));
    }
    let text = serde_json::to_string_pretty(event);
    printer.data(&text.unwrap_or_else(|_| event.to_string()));
}
