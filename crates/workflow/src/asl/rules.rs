//! `Retry` and `Catch`.

use super::paths;
use super::state::{JSONATA, refuse};
use crate::Node;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Catch, Retry};
use crate::variables::assign;

/// The most repetitions.
const ATTEMPTS: u32 = 99_999_999;
/// The largest interval, in seconds.
const INTERVAL: f64 = 99_999_999.0;
/// The largest `MaxDelaySeconds`: a year.
const DELAY: f64 = 31_622_400.0;

pub(super) fn retry(builder: &mut Builder, form: &Form) -> Vec<Retry> {
    builder.rules(
        form,
        ("Retry", "Comment"),
        |builder, form, (item, is_last)| {
            all_is_last(builder, item, is_last);
            let errors = builder.names(form, "ErrorEquals");
            let attempts = builder
                .count(form, "MaxAttempts", (0, ATTEMPTS))
                .unwrap_or(3);
            let interval = builder
                .number(form, "IntervalSeconds", (1.0, INTERVAL))
                .unwrap_or(1.0);
            let rate = builder
                .number(form, "BackoffRate", (1.0, 1_000_000.0))
                .unwrap_or(2.0);
            let most = builder.number(form, "MaxDelaySeconds", (1.0, DELAY));
            Some(Retry {
                errors,
                at: form.at,
                interval,
                rate,
                most,
                attempts: u64::from(attempts),
                jitter: jitter(builder, form),
            })
        },
    )
}

/// Whether pauses are drawn by chance, up to what they would be without.
fn jitter(builder: &mut Builder, form: &Form) -> bool {
    let Some(node) = form.get("JitterStrategy") else {
        return false;
    };
    match node.text() {
        Some("NONE") => false,
        Some("FULL") => true,
        _ => {
            builder.error(node.at, "`JitterStrategy` is FULL or NONE");
            false
        }
    }
}

pub(super) fn catch(builder: &mut Builder, form: &Form, names: &Names) -> Vec<Catch> {
    builder.rules(
        form,
        ("Catch", "Comment"),
        |builder, form, (item, is_last)| {
            all_is_last(builder, item, is_last);
            let errors = builder.names(form, "ErrorEquals");
            let result = paths::result(builder, form);
            refuse(builder, form, &["Output"], JSONATA);
            let assign = assign(builder, form);
            Some(Catch {
                errors,
                at: form.at,
                next: names.need(builder, form, "Next")?,
                output: None,
                result,
                assign,
            })
        },
    )
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
