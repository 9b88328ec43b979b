//! Tasks of the first language: what they call, when they are tried again, where their errors lead.

use serde_json::Value;

use super::{Siblings, mapping};
use crate::actions;
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::program::{Catch, Pattern, ResultPath, Retry, Target, Task};
use crate::{Finding, Node};

/// The most repetitions.
const ATTEMPTS: u32 = 1_000_000;
/// The largest interval between two tries, in seconds.
const INTERVAL: f64 = 86_400.0;

pub(super) fn read(builder: &mut Builder, form: &Form) -> Option<Task> {
    let target = target(builder, form);
    let pattern = match builder.optional_text(form, "pattern") {
        None | Some("requestResponse") => Pattern::Response,
        Some("sync") => Pattern::Completion,
        Some("waitForCallback") => Pattern::Callback,
        Some(other) => {
            let at = form.get("pattern").map_or(form.at, |node| node.at);
            let known = "requestResponse, sync and waitForCallback";
            builder.error(
                at,
                format!("there is no pattern `{other}`; there are {known}"),
            );
            return None;
        }
    };
    let timeout = match form.get("timeoutSeconds") {
        Some(node) if node.text().is_some_and(|text| text.starts_with('$')) => {
            builder.expression(node.text().unwrap_or_default(), node.at)
        }
        _ => builder
            .number(form, "timeoutSeconds", (1.0, 31_536_000.0))
            .map(|number| Expr::Literal(Value::from(number))),
    };
    let target = target?;
    let given = form.get("serviceParams").map(mapping::template);
    // A function's event is the step's input, whatever is said of how it is called (alibabacloud.com/help/doc-detail/357640.htm).
    let (parameters, options) = match target {
        Target::Function { .. } => (None, given),
        _ => (given, None),
    };
    Some(Task {
        target,
        pattern,
        parameters,
        options,
        timeout,
        heartbeat: None,
    })
}

fn target(builder: &mut Builder, form: &Form) -> Option<Target> {
    match (form.get("resourceArn"), form.get("action")) {
        (Some(node), None) => resource(builder, node),
        (None, Some(node)) => {
            let action = builder.text(node, "action")?;
            let Some((product, operation)) = action.split_once(':') else {
                builder.error(
                    node.at,
                    format!("`{action}` is no action such as fnf:StartExecution"),
                );
                return None;
            };
            actions::doubt(builder, (product, operation), node.at);
            Some(Target::Action {
                product: product.to_owned(),
                operation: operation.to_owned(),
            })
        }
        (None, None) => {
            builder.error(form.at, "`resourceArn` is missing, or `action`");
            None
        }
        (Some(_), Some(node)) => {
            builder.error(node.at, "a task has `resourceArn` or `action`, not both");
            None
        }
    }
}

fn resource(builder: &mut Builder, node: &Node) -> Option<Target> {
    let text = builder.text(node, "resourceArn")?;
    let target = Target::of_resource(text);
    if target.is_unknown() {
        let said = format!("`{text}` names no function, flow, queue or topic");
        let hint = "such as acs:fc:::functions/NAME, acs:fnf:::flow/NAME or acs:mns:::/queues/NAME/messages";
        builder
            .findings
            .push(Finding::warning(node.at, said).hint(hint));
    }
    Some(target)
}

pub(super) fn retry(builder: &mut Builder, form: &Form) -> Vec<Retry> {
    builder.rules(form, ("retry", "description"), |builder, form, _| {
        let errors = builder.names(form, "errors");
        let interval = builder.number(form, "intervalSeconds", (1.0, INTERVAL));
        let most = builder.number(form, "maxIntervalSeconds", (1.0, INTERVAL));
        let attempts = builder.count(form, "maxAttempts", (0, ATTEMPTS));
        let rate = builder.number(form, "multiplier", (0.0, 1_000.0));
        Some(Retry {
            errors,
            at: form.at,
            interval: interval.unwrap_or(1.0),
            rate: rate.unwrap_or(2.0),
            most: Some(most.unwrap_or(INTERVAL)),
            attempts: attempts.map_or(3, u64::from),
            jitter: false,
        })
    })
}

pub(super) fn catch(builder: &mut Builder, form: &Form, siblings: &Siblings) -> Vec<Catch> {
    builder.rules(form, ("catch", "description"), |builder, form, _| {
        let errors = builder.names(form, "errors");
        let Some(goto) = form.get("goto") else {
            builder.error(form.at, "`goto` is missing");
            return None;
        };
        Some(Catch {
            errors,
            at: form.at,
            next: siblings.find(builder, goto, "goto")?,
            output: None,
            result: ResultPath::Whole,
            assign: None,
        })
    })
}
