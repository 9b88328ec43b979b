//! `Retry` and `Catch`.

use super::paths;
use super::state::refuse;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Catch, Retry};
use crate::{Finding, Node};

/// The largest interval and the most repetitions.
const MOST: f64 = 99_999_999.0;
/// The largest `MaxDelaySeconds`: a year.
const DELAY: f64 = 31_622_400.0;

pub(super) fn retry(builder: &mut Builder, form: &Form) -> Vec<Retry> {
    each(builder, form, "Retry", |builder, form| {
        let errors = builder.names(form, "ErrorEquals");
        let attempts = builder
            .number(form, "MaxAttempts", (0.0, MOST))
            .unwrap_or(3.0);
        let interval = builder
            .number(form, "IntervalSeconds", (1.0, MOST))
            .unwrap_or(1.0);
        let rate = builder
            .number(form, "BackoffRate", (1.0, 1_000_000.0))
            .unwrap_or(2.0);
        let most = builder.number(form, "MaxDelaySeconds", (1.0, DELAY));
        jitter(builder, form);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within bounds"
        )]
        let attempts = attempts as u64;
        Some(Retry {
            errors,
            interval,
            rate,
            most,
            attempts,
        })
    })
}

/// Pauses are the same each time, so that a run can be told beforehand: chance is not added to them.
fn jitter(builder: &mut Builder, form: &Form) {
    let Some(node) = form.get("JitterStrategy") else {
        return;
    };
    match node.text() {
        Some("NONE") => {}
        Some("FULL") => builder.findings.push(Finding::warning(
            node.at,
            "pauses are as long as the rule says, without jitter",
        )),
        _ => builder.error(node.at, "`JitterStrategy` is FULL or NONE"),
    }
}

pub(super) fn catch(builder: &mut Builder, form: &Form, names: &Names) -> Vec<Catch> {
    each(builder, form, "Catch", |builder, form| {
        let errors = builder.names(form, "ErrorEquals");
        let result = paths::result(builder, form);
        refuse(
            builder,
            form,
            &["Output", "Assign"],
            "belongs to JSONata or to variables, and only JSON paths are read",
        );
        Some(Catch {
            errors,
            at: form.at,
            next: names.need(builder, form, "Next")?,
            output: None,
            result,
        })
    })
}

/// The rules under a key.
fn each<T>(
    builder: &mut Builder,
    form: &Form,
    key: &str,
    read: impl Fn(&mut Builder, &Form) -> Option<T>,
) -> Vec<T> {
    let Some(node) = form.get(key) else {
        return Vec::new();
    };
    let items = builder.list(node, &format!("`{key}`"));
    let mut rules = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let Some(form) = builder.form(item, &format!("a rule of `{key}`")) else {
            continue;
        };
        form.get("Comment");
        all_is_last(builder, item, number + 1 == items.len());
        rules.extend(read(builder, &form));
        builder.done(&form);
    }
    rules
}

/// `States.ALL` stands alone, in the last rule.
fn all_is_last(builder: &mut Builder, rule: &Node, is_last: bool) {
    let names = rule
        .get("ErrorEquals")
        .and_then(Node::items)
        .unwrap_or_default();
    let all = names.iter().find(|name| name.text() == Some("States.ALL"));
    if let Some(all) = all.filter(|_| !is_last || names.len() > 1) {
        builder.error(all.at, "`States.ALL` stands alone, in the last rule");
    }
}
