//! How a map run is carried out: how many items at once, and how many may fail.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::limits::WIDTH;
use super::super::{Counts, Fault};
use crate::data::{self, Around};
use crate::expression::Expr;
use crate::program::Bounds;

/// How a map run is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// How many executions go on at once.
    pub width: u64,
    /// How many items may fail. None is set, and no percentage either: none may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<u64>,
    /// How many of a hundred items may fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
}

/// What of a policy is to be another.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Change {
    /// How many executions go on at once.
    pub width: Option<u64>,
    /// How many items may fail.
    pub failures: Option<u64>,
    /// How many of a hundred items may fail.
    pub percentage: Option<f64>,
}

impl Policy {
    /// What the text and the data set.
    pub(super) fn of(bounds: &Bounds, own: &Value, around: &Around) -> Result<Self, Fault> {
        let width = whole(bounds.width.as_ref(), own, around)?;
        Ok(Self {
            width: width.filter(|width| *width > 0).unwrap_or(WIDTH).min(WIDTH),
            failures: whole(bounds.failures.as_ref(), own, around)?,
            percentage: number(bounds.percentage.as_ref(), own, around)?,
        })
    }

    pub(super) fn with(self, change: &Change) -> Self {
        Self {
            width: change.width.unwrap_or(self.width),
            failures: change.failures.or(self.failures),
            percentage: change.percentage.or(self.percentage),
        }
    }

    /// Whether more items failed than may.
    pub(super) fn is_exceeded(&self, counts: &Counts) -> bool {
        #[allow(clippy::cast_precision_loss, reason = "there are few items")]
        let share =
            |percentage: f64| counts.failed as f64 * 100.0 > percentage * counts.total as f64;
        match (self.failures, self.percentage) {
            (None, None) => counts.failed > 0,
            (failures, percentage) => {
                failures.is_some_and(|most| counts.failed > most) || percentage.is_some_and(share)
            }
        }
    }
}

/// The whole part of a number that is set.
pub(in crate::engine) fn whole(
    bound: Option<&Expr>,
    own: &Value,
    around: &Around,
) -> Result<Option<u64>, Fault> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and the cast saturates"
    )]
    let whole = |number: f64| number as u64;
    Ok(number(bound, own, around)?.map(whole))
}

fn number(bound: Option<&Expr>, own: &Value, around: &Around) -> Result<Option<f64>, Fault> {
    let Some(expression) = bound else {
        return Ok(None);
    };
    let value = data::value(expression, own, around)?;
    match value.as_f64().filter(|number| *number >= 0.0) {
        Some(number) => Ok(Some(number)),
        None => Err(Fault::runtime(
            around.language,
            format!("a map cannot be bounded by {value}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_fail_is_counted_and_shared() {
        let policy = |failures, percentage| Policy {
            width: 1,
            failures,
            percentage,
        };
        let counts = |failed| Counts {
            total: 10,
            failed,
            ..Counts::default()
        };
        let all = [
            (policy(None, None), 0, false),
            (policy(None, None), 1, true),
            (policy(Some(2), None), 2, false),
            (policy(Some(2), None), 3, true),
            (policy(None, Some(20.0)), 2, false),
            (policy(None, Some(20.0)), 3, true),
            (policy(Some(5), Some(20.0)), 3, true),
            (policy(Some(1), Some(50.0)), 2, true),
        ];
        for (policy, failed, wanted) in all {
            let is = policy.is_exceeded(&counts(failed));
            assert_eq!(is, wanted, "{policy:?} {failed}");
        }
    }
}
