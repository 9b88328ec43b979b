//! Rules of `retry` and `catch` that never apply, because an earlier one takes every error that they name.

use std::collections::BTreeMap;

use crate::{Finding, Findings, Place, Program};

/// What matches every error in the vendor's languages. That of the States Language stands last, or is an error.
const ALL: &str = "FnF.ALL";

pub(super) fn check(program: &Program, findings: &mut Findings) {
    for step in &program.steps {
        let retry = step.retry.iter().map(|rule| (rule.at, &rule.errors));
        judge(retry, findings);
        let catch = step.catch.iter().map(|rule| (rule.at, &rule.errors));
        judge(catch, findings);
    }
}

/// Judges the rules of one list, in their order: the first that matches counts.
fn judge<'p>(rules: impl Iterator<Item = (Place, &'p Vec<String>)>, findings: &mut Findings) {
    let mut taken: BTreeMap<&str, Place> = BTreeMap::new();
    for (at, errors) in rules {
        if errors.is_empty() {
            let said = "this rule names no errors, so it never applies";
            findings.push(Finding::warning(at, said));
        } else if let Some(first) = taken.get(ALL) {
            let said = "this rule never applies";
            findings.push(Finding::warning(at, said).with(*first, "this one takes every error"));
        } else if let Some(first) = earlier(&taken, errors) {
            let said = "this rule never applies: its errors are taken before it";
            findings.push(Finding::warning(at, said).with(first, "here"));
        }
        for name in errors {
            taken.entry(name).or_insert(at);
        }
    }
}

/// The last of the rules that take all of these errors before, if they are all taken.
fn earlier(taken: &BTreeMap<&str, Place>, errors: &[String]) -> Option<Place> {
    let places: Option<Vec<Place>> = errors
        .iter()
        .map(|name| taken.get(name.as_str()).copied())
        .collect();
    places?.into_iter().max()
}
