//! What the runs of a test come to. A run whose fault was met by no call says nothing about it.

use std::iter::repeat;

use super::Failure;
use super::matrix::Case;
use crate::cli::suite::Test;
use crate::cli::view::test as view;

/// A run that has ended.
pub(super) struct Ran {
    /// Why it failed, if it did.
    pub(super) failure: Option<Failure>,
    /// Which faults were met: that of the matrix, if there is one, and those of the test; nothing when it was not begun.
    pub(super) met: Option<Vec<bool>>,
}

/// What a run comes to.
pub(super) enum Verdict {
    Passed,
    Failed(Failure),
    /// It was as if there were no fault; why.
    Skipped(String),
}

/// The runs of one test.
#[derive(Default)]
pub(super) struct Runs {
    passed: usize,
    failed: usize,
    /// Which faults of the test were met in any run that passed.
    met: Vec<bool>,
}

impl Ran {
    /// One that could not be begun.
    pub(super) const fn not(failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            met: None,
        }
    }
}

impl Verdict {
    /// As it is shown.
    pub(super) fn told(&self) -> view::Ended<'_> {
        match self {
            Self::Passed => view::Ended::Passed,
            Self::Failed(failure) => failure.told(),
            Self::Skipped(why) => view::Ended::Skipped(why),
        }
    }
}

impl Runs {
    /// Judges one more run.
    pub(super) fn add(&mut self, test: &Test, case: &Case, ran: Ran) -> Verdict {
        let was_begun = ran.met.is_some();
        let mut met = ran.met.unwrap_or_default();
        let is_met = case.step.is_none() || (!met.is_empty() && met.remove(0));
        let verdict = match (ran.failure, &case.step) {
            (Some(mut failure), Some(step)) if was_begun && !is_met => {
                failure.why = format!("{}; {}", failure.why, uncalled(step));
                Verdict::Failed(failure)
            }
            (Some(failure), _) => Verdict::Failed(failure),
            (None, Some(step)) if !is_met => unmet(test, step),
            (None, Some(_)) => Verdict::Passed,
            (None, None) => spared(test, &met).map_or(Verdict::Passed, Verdict::Failed),
        };
        match &verdict {
            Verdict::Passed => {
                let before = self.met.iter().copied().chain(repeat(false));
                let both = met.into_iter().zip(before);
                self.met = both.map(|(now, before)| now || before).collect();
                self.passed += 1;
            }
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Skipped(_) => {}
        }
        verdict
    }

    /// What no run had though the test speaks of it, when all are over and none failed.
    pub(super) fn lack(&self, test: &Test) -> Option<Failure> {
        let matrix = test.matrix.as_ref()?;
        if self.failed > 0 {
            return None;
        }
        if self.passed == 0 {
            let why = "no fault took place in any run: no step of the matrix called anything";
            return Some(Failure::new(&matrix.at, why));
        }
        spared(test, &self.met)
    }
}

/// The first fault of a test that no call met.
fn spared(test: &Test, met: &[bool]) -> Option<Failure> {
    let met = met.iter().copied().chain(repeat(false));
    let (fault, _) = test.faults.iter().zip(met).find(|(_, is_met)| !is_met)?;
    let call = fault
        .call
        .map_or_else(String::new, |call| format!(" {call}"));
    let why = format!(
        "this fault never took place: no call{call} of `{}` came to it",
        fault.of.name()
    );
    Some(Failure::new(&fault.at, why))
}

/// A step that the matrix names must be called.
fn unmet(test: &Test, step: &str) -> Verdict {
    match test.matrix.as_ref().filter(|matrix| matrix.only.is_some()) {
        Some(matrix) => {
            let why = format!("the fault never took place: {}", uncalled(step));
            Verdict::Failed(Failure::new(&matrix.at, why))
        }
        None => Verdict::Skipped(uncalled(step)),
    }
}

fn uncalled(step: &str) -> String {
    format!("the step `{step}` called nothing in this run")
}
