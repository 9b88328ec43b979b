//! The forms that the results of a map run take.

use serde_json::{Value, json};

use super::Finished;
use crate::program::Shape;

/// What items yielded, in a form. What failed is told whole in each of them, also where the text names no form (the vendor of
/// the States Language: "`ResultWriter` (Map)").
pub(super) fn shaped(outcomes: &[Finished], shape: Shape) -> Vec<Value> {
    let mut shaped = Vec::new();
    for item in outcomes {
        match (&item.outcome, shape) {
            (Ok(Value::Array(parts)), Shape::Flat) => shaped.extend(parts.iter().cloned()),
            (Ok(output), Shape::Compact | Shape::Flat) => shaped.push(output.clone()),
            (Ok(_), Shape::Whole) | (Err(_), _) => shaped.push(whole(item)),
        }
    }
    shaped
}

/// An item with all there is to tell of its execution.
fn whole(item: &Finished) -> Value {
    let mut whole = json!({
        "Name": item.name,
        "Input": item.input.to_string(),
    });
    match &item.outcome {
        Ok(output) => {
            whole["Status"] = json!("Succeeded");
            whole["Output"] = json!(output.to_string());
        }
        Err(fault) => {
            whole["Status"] = json!("Failed");
            whole["Error"] = json!(fault.error);
            whole["Cause"] = json!(fault.cause);
        }
    }
    whole
}

/// Each result as JSON on a line of its own.
pub(super) fn lines(results: &[Value]) -> String {
    results.iter().fold(String::new(), |mut lines, result| {
        lines.push_str(&result.to_string());
        lines.push('\n');
        lines
    })
}

/// The text of a file with these results.
pub(super) fn file(results: &[Value], by_lines: bool) -> String {
    if by_lines {
        lines(results)
    } else {
        Value::from(results).to_string()
    }
}
