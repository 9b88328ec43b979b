//! Limits of executions (alibabacloud.com/help/en/serverless-workflow/latest/limits).

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::size::size;
use super::{Fault, Millis};
use crate::program::Language;

/// How many bytes the input is with which an execution begins at most.
pub const INPUT: usize = 64 * 1024;

/// How many events an execution has at most.
pub const EVENTS: u64 = 5000;

/// How many items a distributed map has at most.
pub const ITEMS: usize = 10_000;

/// How many executions of one map run go on at once at most, unless the text or the data says fewer.
pub const WIDTH: u64 = 100;

/// How an execution runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Mode {
    /// Kept, in the background, up to a year.
    #[default]
    Standard,
    /// At once, up to five minutes.
    Express,
}

impl Mode {
    /// How long an execution takes at most, in milliseconds.
    pub const fn longest(self) -> Millis {
        match self {
            Self::Standard => 365 * 24 * 3_600_000,
            Self::Express => 300_000,
        }
    }

    /// How many seconds one wait takes, where the language sets bounds
    /// (alibabacloud.com/help/en/serverless-workflow/latest/wait-steps and …/wait-wait).
    pub const fn wait(self, language: Language) -> Option<RangeInclusive<f64>> {
        match (language, self) {
            (Language::First, _) => Some(0.0..=172_800.0),
            (Language::Second, Self::Standard) => Some(1.0..=300.0),
            (Language::Second, Self::Express) => Some(1.0..=20.0),
            (Language::States, _) => None,
        }
    }
}

/// Whether data is small enough: 32 KiB for input, output and local variable together in the first language, 64 KiB
/// for each of them in the second, 256 KiB for each in the States Language.
pub(super) fn check(language: Language, parts: &[&Value]) -> Result<(), Fault> {
    let sizes = parts.iter().map(|part| size(part));
    let size = match language {
        Language::First => sizes.sum(),
        Language::Second | Language::States => sizes.max().unwrap_or(0),
    };
    let most = most(language);
    if size <= most {
        return Ok(());
    }
    let cause = format!("the step's data is {size} bytes, and may be {most}");
    Err(match language {
        Language::States => Fault::new("States.DataLimitExceeded", cause),
        Language::First | Language::Second => Fault::runtime(language, cause),
    })
}

/// How many bytes data has at most.
pub(super) const fn most(language: Language) -> usize {
    match language {
        Language::First => 32 * 1024,
        Language::Second => 64 * 1024,
        Language::States => 256 * 1024,
    }
}

/// Bytes of a global variable's name at most.
const GLOBAL_NAME: usize = 128;
/// Bytes of a global variable at most.
const GLOBAL: usize = 256 * 1024;

/// Bytes of all variables of an execution at most, in the States Language.
const STORED: usize = 10 * 1024 * 1024;

/// Whether these may be variables besides the bytes that are stored
/// (alibabacloud.com/help/en/serverless-workflow/latest/global-io).
pub(super) fn check_variables(
    language: Language,
    assigned: &Value,
    stored: impl FnOnce() -> usize,
) -> Result<(), Fault> {
    if language == Language::States {
        return check_states_variables(size(assigned), stored());
    }
    let global = assigned;
    let refused = |cause: String| Err(Fault::runtime(language, cause));
    let Some(entries) = global.as_object() else {
        return refused("what a GlobalConstructor makes must be a map".to_owned());
    };
    for (name, value) in entries {
        if name.len() > GLOBAL_NAME {
            return refused(format!(
                "a global variable's name has {} bytes, and may have {GLOBAL_NAME}",
                name.len()
            ));
        }
        let size = size(value);
        if size > GLOBAL {
            return refused(format!(
                "the global variable {name} is {size} bytes, and may be {GLOBAL}"
            ));
        }
    }
    Ok(())
}

/// 256 KiB for what one `Assign` sets, 10 MiB for all that an execution keeps
/// (docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html). The error's name is a choice of this product.
fn check_states_variables(assigned: usize, stored: usize) -> Result<(), Fault> {
    let cause = if assigned > GLOBAL {
        format!("the variables that are set are {assigned} bytes, and may be {GLOBAL}")
    } else if stored + assigned > STORED {
        let all = stored + assigned;
        format!("all variables of the execution would be {all} bytes, and may be {STORED}")
    } else {
        return Ok(());
    };
    Err(Fault::new("States.DataLimitExceeded", cause))
}

/// Whether the second language takes it: its inputs and outputs are maps.
pub(super) fn check_map(language: Language, value: &Value, what: &str) -> Result<(), Fault> {
    if language == Language::Second && !value.is_object() {
        return Err(Fault::runtime(
            language,
            format!("the {what} of a state must be a map"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{GLOBAL, STORED, check_variables};
    use crate::program::Language;

    #[test]
    fn variables_of_states_are_bounded_at_once_and_in_all() {
        let check = |bytes: usize, stored: usize| {
            let assigned = json!({"x": "x".repeat(bytes)});
            let checked = check_variables(Language::States, &assigned, || stored);
            checked.map_err(|fault| fault.error)
        };
        let refused = Err("States.DataLimitExceeded".to_owned());
        assert_eq!(check(GLOBAL / 2, 0), Ok(()));
        assert_eq!(check(GLOBAL, 0), refused);
        assert_eq!(check(1000, STORED - 2000), Ok(()));
        assert_eq!(check(1000, STORED - 1000), refused);
    }
}
