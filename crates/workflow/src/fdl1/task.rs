//! Tasks of the first language: what they call, when they are tried again, where their errors lead.

use serde_json::Value;

use super::{Siblings, mapping};
use crate::Node;
use crate::expression::Expr;
use crate::form::{Builder, Form};
use crate::program::{Catch, Pattern, ResultPath, Retry, Target, Task};

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
    let parameters = form.get("serviceParams").map(mapping::template);
    Some(Task {
        target: target?,
        pattern,
        parameters,
        timeout,
    })
}

fn target(builder: &mut Builder, form: &Form) -> Option<Target> {
    match (form.get("resourceArn"), form.get("action")) {
        (Some(node), None) => builder.text(node, "resourceArn").map(Target::of_resource),
        (None, Some(node)) => {
            let action = builder.text(node, "action")?;
            let Some((product, operation)) = action.split_once(':') else {
                builder.error(
                    node.at,
                    format!("`{action}` is no action such as fnf:StartExecution"),
                );
                return None;
            };
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

pub(super) fn retry(builder: &mut Builder, form: &Form) -> Vec<Retry> {
    let mut rules = Vec::new();
    let Some(node) = form.get("retry") else {
        return rules;
    };
    for item in builder.list(node, "`retry`") {
        let Some(form) = builder.form(item, "a rule of `retry`") else {
            continue;
        };
        let errors = builder.names(&form, "errors");
        let interval = builder
            .number(&form, "intervalSeconds", (1.0, INTERVAL))
            .unwrap_or(1.0);
        let most = builder
            .number(&form, "maxIntervalSeconds", (1.0, INTERVAL))
            .unwrap_or(INTERVAL);
        let attempts = builder
            .number(&form, "maxAttempts", (0.0, 1_000_000.0))
            .unwrap_or(3.0);
        let rate = builder
            .number(&form, "multiplier", (0.0, 1_000.0))
            .unwrap_or(2.0);
        form.get("description");
        builder.done(&form);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within bounds"
        )]
        let attempts = attempts as u64;
        rules.push(Retry {
            errors,
            interval,
            rate,
            most: Some(most),
            attempts,
        });
    }
    rules
}

pub(super) fn catch(builder: &mut Builder, form: &Form, siblings: &Siblings) -> Vec<Catch> {
    let mut rules = Vec::new();
    let Some(node) = form.get("catch") else {
        return rules;
    };
    for item in builder.list(node, "`catch`") {
        rules.extend(catch_rule(builder, item, siblings));
    }
    rules
}

fn catch_rule(builder: &mut Builder, node: &Node, siblings: &Siblings) -> Option<Catch> {
    let form = builder.form(node, "a rule of `catch`")?;
    let errors = builder.names(&form, "errors");
    let Some(goto) = form.get("goto") else {
        builder.error(form.at, "`goto` is missing");
        return None;
    };
    form.get("description");
    builder.done(&form);
    let next = siblings.find(builder, goto, "goto")?;
    Some(Catch {
        errors,
        at: form.at,
        next,
        output: None,
        result: ResultPath::Whole,
    })
}
