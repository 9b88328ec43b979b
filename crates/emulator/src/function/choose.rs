//! What a qualifier means: the function as it is worked on, one of its versions, or by an alias several of them in turn.

use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;

use super::error::{FcError, Outcome};
use super::model::{Function, LATEST};
use super::table;

/// One thing that a qualifier leads to.
#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    /// `LATEST`, or the number of a version.
    pub(super) version: String,
    /// The function as this version has it.
    pub(super) function: Function,
    /// Which part of the calls it gets; that of the first one is what the others leave.
    pub(super) weight: f64,
}

/// What `qualifier` leads to, the main thing first.
pub(super) fn choices(db: &Connection, name: &str, qualifier: &str) -> Outcome<Vec<Choice>> {
    let found = table::function::find(db, name)?;
    let function = found.ok_or_else(|| {
        let message = format!("function '{name}' does not exist");
        FcError::missing("FunctionNotFound", message)
    })?;
    if qualifier == LATEST || is_version(qualifier) {
        return Ok(vec![choice(db, &function, (qualifier, 1.0))?]);
    }
    let alias = table::version::alias(db, name, qualifier)?;
    let alias = alias.ok_or_else(|| no_alias(name, qualifier))?;
    let main = (alias.version.as_str(), 1.0);
    let others = alias
        .others
        .iter()
        .map(|(id, weight)| (id.as_str(), *weight));
    std::iter::once(main)
        .chain(others)
        .map(|part| choice(db, &function, part))
        .collect()
}

/// Whether a qualifier is a version's number: names of aliases do not begin with a digit.
pub(super) fn is_version(qualifier: &str) -> bool {
    qualifier.starts_with(|c: char| c.is_ascii_digit())
}

fn choice(db: &Connection, function: &Function, (id, weight): (&str, f64)) -> Outcome<Choice> {
    let function = if id == LATEST {
        function.clone()
    } else {
        let version = table::version::find(db, &function.name, id)?;
        let version = version.ok_or_else(|| no_version(&function.name, id))?;
        version.of(function.clone())
    };
    Ok(Choice {
        version: id.to_owned(),
        function,
        weight,
    })
}

/// The refusal for a version that is not there.
pub(super) fn no_version(function: &str, id: &str) -> FcError {
    let message = format!("version '{id}' of function '{function}' does not exist");
    FcError::missing("VersionNotFound", message)
}

/// The refusal for an alias that is not there.
pub(super) fn no_alias(function: &str, name: &str) -> FcError {
    let message = format!("alias '{name}' of function '{function}' does not exist");
    FcError::missing("AliasNotFound", message)
}

/// Gives calls their turns by weight, spread evenly: after any number of calls each part is what it should be, give or take
/// a few.
#[derive(Default)]
pub(super) struct Turns(AtomicU32);

/// The golden ratio of 2^32: its multiples fall into every gap that is left.
const STEP: u32 = 0x9E37_79B9;

impl Turns {
    /// Which of `weights` the next call goes to; nothing when they leave it to the main one.
    pub(super) fn next(&self, weights: impl IntoIterator<Item = f64>) -> Option<usize> {
        let turn = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mut place = f64::from(turn) / (f64::from(u32::MAX) + 1.0);
        weights.into_iter().position(|weight| {
            let is_here = place < weight;
            place -= weight;
            is_here
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gets_its_part_of_the_calls() {
        let turns = Turns::default();
        let mut counts = [0; 3];
        for _ in 0..1000 {
            let place = turns.next([0.05, 0.3]).map_or(0, |place| place + 1);
            counts[place] += 1;
        }
        for (count, expected) in counts.into_iter().zip([650_i32, 50, 300]) {
            assert!((count - expected).abs() <= 3, "{counts:?}");
        }
    }

    #[test]
    fn nothing_and_all_mean_that() {
        let turns = Turns::default();
        assert!((0..1000).all(|_| turns.next([0.0]).is_none()));
        assert!((0..1000).all(|_| turns.next([1.0]) == Some(0)));
    }
}
