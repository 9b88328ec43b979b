//! `Retry` and `Catch` of the second language.

use super::construct;
use crate::Node;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Catch, ResultPath, Retry};

/// The largest interval between two tries, in seconds.
const INTERVAL: f64 = 86_400.0;

pub(super) fn retry(builder: &mut Builder, form: &Form) -> Vec<Retry> {
    let mut rules = Vec::new();
    let Some(node) = form.get("Retry") else {
        return rules;
    };
    for item in builder.list(node, "`Retry`") {
        let Some(form) = builder.form(item, "a rule of `Retry`") else {
            continue;
        };
        let errors = builder.names(&form, "Errors");
        form.get("Description");
        let attempts = builder
            .number(&form, "MaxAttempts", (0.0, 1_000_000.0))
            .unwrap_or(3.0);
        let interval = builder
            .number(&form, "IntervalSeconds", (0.0, INTERVAL))
            .unwrap_or(1.0);
        let rate = builder
            .number(&form, "BackoffRate", (0.0, 1_000.0))
            .unwrap_or(1.0);
        let most = builder.number(&form, "MaxBackoffSeconds", (0.0, INTERVAL));
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
            most,
            attempts,
        });
    }
    rules
}

pub(super) fn catch(builder: &mut Builder, form: &Form, names: &Names) -> Vec<Catch> {
    let mut rules = Vec::new();
    let Some(node) = form.get("Catch") else {
        return rules;
    };
    for item in builder.list(node, "`Catch`") {
        rules.extend(rule(builder, item, names));
    }
    rules
}

fn rule(builder: &mut Builder, node: &Node, names: &Names) -> Option<Catch> {
    let form = builder.form(node, "a rule of `Catch`")?;
    let errors = builder.names(&form, "Errors");
    form.get("Description");
    let output = construct::optional(builder, &form, "OutputConstructor");
    let next = names.need(builder, &form, "Next");
    builder.done(&form);
    Some(Catch {
        errors,
        at: form.at,
        next: next?,
        output,
        result: ResultPath::Whole,
    })
}
