//! What a call of a function came to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::super::printer::Printer;

/// Shows the answer, and says whether the function succeeded.
pub(in crate::cli) fn show(printer: Printer, answer: &Json) -> bool {
    let header = |name: &str| answer["headers"][name].as_str();
    let bytes = |text: &str| STANDARD.decode(text).unwrap_or_default();
    let text = |text: &str| String::from_utf8_lossy(&bytes(text)).into_owned();
    let payload = text(answer["payload"].as_str().unwrap_or_default());
    let log = header("x-fc-log-result").map(text).unwrap_or_default();
    let error = header("x-fc-error-type");
    if printer.json {
        printer.object(
            "invocation",
            json!({
                "payload": payload,
                "error": error,
                "log": log,
                "request_id": header("x-fc-request-id"),
                "instance_id": header("x-fc-instance-id"),
                "duration_ms": header("x-fc-invocation-duration"),
                "memory_mb": header("x-fc-max-memory-usage"),
            }),
        );
        return error.is_none();
    }
    for line in log.lines() {
        printer.say(line);
    }
    let figures = [
        ("request", header("x-fc-request-id"), ""),
        ("took", header("x-fc-invocation-duration"), " ms"),
        ("memory", header("x-fc-max-memory-usage"), " MB"),
        ("failed", error, ""),
    ];
    let figures: Vec<String> = figures
        .iter()
        .filter_map(|(name, value, unit)| Some(format!("{name} {}{unit}", (*value)?)))
        .collect();
    printer.say(&figures.join(", "));
    if !payload.is_empty() {
        printer.data(&payload);
    }
    error.is_none()
}
