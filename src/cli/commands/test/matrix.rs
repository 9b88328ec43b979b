//! The runs that a test comes to: one, or one for each task step of a workflow.

use serde_json::{Value as Json, json};
use workflow::Kind;

use super::stage::{Stage, name};
use super::{Failure, Played};
use crate::cli::suite::Test;

/// One run of a test.
pub(super) struct Case {
    pub(super) name: String,
    /// The step that fails.
    pub(super) step: Option<String>,
    /// How, as the admin API takes it.
    pub(super) fault: Option<Json>,
}

/// All runs of a test.
pub(super) fn cases(test: &Test, stage: &Stage) -> Played<Vec<Case>> {
    let Some(matrix) = &test.matrix else {
        let case = Case {
            name: test.name.clone(),
            step: None,
            fault: None,
        };
        return Ok(vec![case]);
    };
    let failed = |why: String| Failure::new(&matrix.at, why);
    let flow = stage.flow(&matrix.workflow).map_err(failed)?;
    let steps = tasks(&flow.attrs["definition"]);
    let only = matrix.only.as_deref();
    if let Some(other) = only
        .unwrap_or_default()
        .iter()
        .find(|name| !steps.contains(name))
    {
        let why = format!("`{other}` is no task step; those are {}", steps.join(", "));
        return Err(failed(why));
    }
    let is_wanted = |step: &String| only.is_none_or(|only| only.contains(step));
    let flow = name(flow);
    let case = |step: String| Case {
        name: format!("{} ({step})", test.name),
        fault: Some(json!({
            "of": { "step": { "flow": flow, "step": step } },
            "does": matrix.does,
        })),
        step: Some(step),
    };
    Ok(steps.into_iter().filter(is_wanted).map(case).collect())
}

/// The names of the task steps of a definition, in the order of the text.
fn tasks(definition: &Json) -> Vec<String> {
    let text = definition
        .as_str()
        .map_or_else(|| definition.to_string(), str::to_owned);
    let (program, _) = workflow::read(&text);
    let steps = program.into_iter().flat_map(|program| program.steps);
    let tasks = steps.filter(|step| matches!(step.kind, Kind::Task(_)));
    tasks.map(|step| step.name).collect()
}
