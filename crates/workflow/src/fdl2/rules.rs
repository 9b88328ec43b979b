//! `Retry` and `Catch` of the second language.

use super::construct;
use crate::form::{Builder, Form};
use crate::names::Names;
use crate::program::{Catch, ResultPath, Retry};

/// The most repetitions.
const ATTEMPTS: u32 = 1_000_000;
/// The largest interval between two tries, in seconds.
const INTERVAL: f64 = 86_400.0;

pub(super) fn retry(builder: &mut Builder, form: &Form) -> Vec<Retry> {
    builder.rules(form, ("Retry", "Description"), |builder, form, _| {
        let errors = builder.names(form, "Errors");
        let attempts = builder.count(form, "MaxAttempts", (0, ATTEMPTS));
        let interval = builder.number(form, "IntervalSeconds", (0.0, INTERVAL));
        let rate = builder.number(form, "BackoffRate", (0.0, 1_000.0));
        let most = builder.number(form, "MaxBackoffSeconds", (0.0, INTERVAL));
        Some(Retry {
            errors,
            at: form.at,
            interval: interval.unwrap_or(1.0),
            rate: rate.unwrap_or(1.0),
            most,
            attempts: attempts.map_or(3, u64::from),
            jitter: false,
        })
    })
}

pub(super) fn catch(builder: &mut Builder, form: &Form, names: &Names) -> Vec<Catch> {
    builder.rules(form, ("Catch", "Description"), |builder, form, _| {
        let errors = builder.names(form, "Errors");
        let output = construct::optional(builder, form, "OutputConstructor");
        Some(Catch {
            errors,
            at: form.at,
            next: names.need(builder, form, "Next")?,
            output,
            result: ResultPath::Whole,
            assign: None,
        })
    })
}
