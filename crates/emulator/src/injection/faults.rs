//! Counts calls, and finds what becomes of each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::rule::{Does, Of, Rule};

/// The failures that were asked for, and how often what was called; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    rules: Vec<Rule>,
    functions: BTreeMap<String, u64>,
    steps: BTreeMap<(String, String), u64>,
}

impl Faults {
    /// Sets the rules, in the place of all that were there, and counts from nothing.
    ///
    /// # Errors
    /// The value is no list of rules: what is wrong, in words.
    pub(crate) fn set(&self, rules: Value) -> Result<(), String> {
        let rules = serde_json::from_value(rules).map_err(|error| error.to_string())?;
        *self.lock() = Known {
            rules,
            ..Known::default()
        };
        Ok(())
    }

    /// No rules, and nothing counted.
    pub(crate) fn clear(&self) {
        *self.lock() = Known::default();
    }

    /// How many rules there are, and the calls of each function since they were set.
    pub(crate) fn shown(&self) -> Value {
        let known = self.lock();
        json!({ "faults": known.rules.len(), "calls": known.functions })
    }

    /// Counts a call of a function; what becomes of it, if that was asked for.
    pub(super) fn of_call(&self, function: &str) -> Option<Does> {
        let mut known = self.lock();
        let count = known.functions.entry(function.to_owned()).or_default();
        *count += 1;
        let number = *count;
        known.find(
            number,
            |of| matches!(of, Of::Function(name) if name == function),
        )
    }

    /// Counts a call that a step of a workflow makes; the name of its error, if it fails.
    pub(crate) fn of_step(&self, flow: &str, step: &str) -> Option<String> {
        let mut known = self.lock();
        let key = (flow.to_owned(), step.to_owned());
        let count = known.steps.entry(key).or_default();
        *count += 1;
        let number = *count;
        let is_its =
            |of: &Of| matches!(of, Of::Step { flow: f, step: s } if f == flow && s == step);
        match known.find(number, is_its)? {
            Does::Error(name) => Some(name),
            Does::Throttle => Some("FC.ResourceExhausted".to_owned()),
            Does::Crash | Does::LatencyMs(_) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&self, number: u64, is_its: impl Fn(&Of) -> bool) -> Option<Does> {
        let fits =
            |rule: &&Rule| is_its(&rule.of) && rule.call.is_none_or(|call| call.get() == number);
        self.rules.iter().find(fits).map(|rule| rule.does.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_that_was_named_fails_and_counting_begins_with_the_rules() {
        let faults = Faults::default();
        assert_eq!(faults.of_call("pay"), None);
        let rules = json!([
            { "of": { "function": "pay" }, "call": 2, "does": { "error": "Declined" } },
            { "of": { "function": "ship" }, "does": "throttle" },
            { "of": { "step": { "flow": "order", "step": "Charge" } }, "does": { "error": "Injected" } },
        ]);
        faults.set(rules).unwrap();
        let declined = Some(Does::Error("Declined".to_owned()));
        assert_eq!(
            (0..3).map(|_| faults.of_call("pay")).collect::<Vec<_>>(),
            [None, declined, None]
        );
        assert_eq!(faults.of_call("ship"), Some(Does::Throttle));
        assert_eq!(faults.of_call("ship"), Some(Does::Throttle));
        assert_eq!(
            faults.of_step("order", "Charge").as_deref(),
            Some("Injected")
        );
        assert_eq!(faults.of_step("order", "Ship"), None);
        assert_eq!(
            faults.shown(),
            json!({ "faults": 3, "calls": { "pay": 3, "ship": 2 } })
        );
        faults.clear();
        assert_eq!(faults.shown(), json!({ "faults": 0, "calls": {} }));
    }

    #[test]
    fn what_is_no_rule_is_refused_and_changes_nothing() {
        let faults = Faults::default();
        faults
            .set(json!([{ "of": { "function": "pay" }, "does": "crash" }]))
            .unwrap();
        for wrong in [
            json!({}),
            json!([{ "of": { "function": "pay" } }]),
            json!([{ "does": "crash" }]),
            json!([{ "of": { "function": "pay" }, "call": 0, "does": "crash" }]),
            json!([{ "of": { "function": "pay" }, "does": "explode" }]),
        ] {
            assert!(faults.set(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(faults.of_call("pay"), Some(Does::Crash));
    }
}
