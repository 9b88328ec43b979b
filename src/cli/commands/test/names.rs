//! What a test names that is not there. It is told before anything is waited for.

use super::stage::Stage;
use super::{Failure, Played};
use crate::cli::suite::{Check, Means, Test, Wanted};

/// Fails with the first check about a thing that the manifest does not have.
pub(super) fn known(test: &Test, stage: &Stage) -> Played<()> {
    let waited = test.when.iter().flat_map(|step| match &step.means {
        Means::Until(checks) => checks.as_slice(),
        _ => &[],
    });
    for check in waited.chain(&test.then) {
        find(check, stage).map_err(|why| Failure::new(&check.at, why))?;
    }
    Ok(())
}

fn find(check: &Check, stage: &Stage) -> Result<(), String> {
    match &check.wanted {
        Wanted::Http(_) => Ok(()),
        Wanted::Execution(wanted) => stage.flow(&wanted.workflow).map(drop),
        Wanted::Object(wanted) => stage.bucket(&wanted.bucket).map(drop),
        Wanted::Log { function, .. } => stage.function(function).map(drop),
        Wanted::Calls(wanted) => {
            let mut functions = wanted.iter().map(|(function, _)| function);
            functions.try_for_each(|function| stage.function(function).map(drop))
        }
    }
}
