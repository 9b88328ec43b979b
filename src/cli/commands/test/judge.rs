//! Looks whether what is wanted is true.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::act::{send, short};
use super::matrix::Case;
use super::stage::{Stage, name};
use super::{Failure, Played, in_words};
use crate::cli::suite::{
    Check, Ended, Object, Request, Test, Unknown, Wanted, Words, content, content_fits, fits,
};
use crate::diagnostic::Diagnostics;

/// How often is looked.
const LOOK: Duration = Duration::from_millis(100);

/// Whether something is true.
type Verdict = Result<(), Untrue>;

/// Why something is not true.
pub(super) enum Untrue {
    /// It may come true.
    Yet(String),
    /// No time changes that.
    Ever(String),
}

impl From<String> for Untrue {
    fn from(why: String) -> Self {
        Self::Yet(why)
    }
}

impl From<Unknown> for Untrue {
    fn from(unknown: Unknown) -> Self {
        Self::Ever(unknown.into())
    }
}

impl From<Untrue> for String {
    fn from(untrue: Untrue) -> Self {
        match untrue {
            Untrue::Yet(why) | Untrue::Ever(why) => why,
        }
    }
}

/// Returns when all of it is true at once; fails with what is not true when the time is over.
pub(super) async fn until(
    stage: &Stage,
    (checks, within): (&[Check], Duration),
    words: &Words,
) -> Played<()> {
    look(stage, (checks, within), words, false).await
}

/// The same at the end of a test: what could still become untrue is believed when nothing runs any more, or when the time
/// is over. With faults that is everything, since they may be met late.
pub(super) async fn at_last(
    stage: &Stage,
    (test, case): (&Test, &Case),
    words: &Words,
) -> Played<()> {
    let has_faults = case.fault.is_some() || !test.faults.is_empty();
    let waits = has_faults || test.then.iter().any(|check| may_pass(&check.wanted));
    look(stage, (&test.then, test.within), words, waits).await
}

async fn look(
    stage: &Stage,
    (checks, within): (&[Check], Duration),
    words: &Words,
    waits: bool,
) -> Played<()> {
    let begun = Instant::now();
    loop {
        let is_last = begun.elapsed() >= within;
        // What is asked while the cloud comes back would only be wrong.
        let _ = stage.wait().await;
        // Before the look: what is true after nothing ran stays true.
        let is_open = waits && stage.admin.is_busy().await.unwrap_or(true);
        let verdict = all(stage, checks, words).await;
        let is_final = match &verdict {
            Ok(()) => !is_open,
            Err((_, untrue)) => matches!(untrue, Untrue::Ever(_)),
        };
        if is_last || is_final {
            return verdict.map_err(|(check, untrue)| Failure::new(&check.at, untrue));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether something may be true for a while only: one call more, and it is not.
fn may_pass(wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Calls(_) => true,
        Wanted::Object(object) => !object.exists,
        Wanted::Execution(execution) => execution.steps.is_some(),
        Wanted::Http(_) | Wanted::Log { .. } => false,
    }
}

/// Whether all of it is true; else the first that is not.
async fn all<'c>(
    stage: &Stage,
    checks: &'c [Check],
    words: &Words,
) -> Result<(), (&'c Check, Untrue)> {
    for check in checks {
        let verdict = match &check.wanted {
            Wanted::Http(wanted) => answered(stage, wanted, words).await,
            Wanted::Execution(wanted) => ended(stage, wanted, words).await,
            Wanted::Calls(wanted) => called(stage, wanted).await,
            Wanted::Object(wanted) => kept(stage, wanted, words).await,
            Wanted::Log { function, text } => wrote(stage, function, &(text, words)).await,
        };
        verdict.map_err(|untrue| (check, untrue))?;
    }
    Ok(())
}

async fn answered(stage: &Stage, wanted: &Request, words: &Words) -> Verdict {
    let answer = send(stage, (wanted, None), words).await?;
    let is_well = wanted
        .status
        .map_or(answer.status < 400, |status| answer.status == status);
    if !is_well {
        let body = short(&content(&answer.text));
        return Err(format!("status {}: {body}", answer.status).into());
    }
    contains("the body", wanted.body.as_ref(), (&answer.text, words))
}

/// Whether a content holds what is wanted of it, if anything is.
fn contains(what: &str, wanted: Option<&Json>, (is, words): (&str, &Words)) -> Verdict {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    match content_fits(&words.json(wanted)?, is) {
        None => Ok(()),
        Some(why) => Err(format!("{what}: {why}").into()),
    }
}

/// Whether a value holds what is wanted of it, if anything is.
fn holds(what: &str, wanted: Option<&Json>, (is, words): (&Json, &Words)) -> Verdict {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    match fits(&words.json(wanted)?, is) {
        None => Ok(()),
        Some(why) => Err(format!("{what}: {why}").into()),
    }
}

async fn ended(stage: &Stage, wanted: &Ended, words: &Words) -> Verdict {
    let flow = stage.flow(&wanted.workflow)?;
    let named = json!({ "name": words.text(&wanted.name)? });
    let shown = stage.ask(flow, ("execution.show", &named)).await?;
    let events = async || {
        let events = stage.ask(flow, ("execution.history", &named)).await?;
        Ok::<Vec<Json>, String>(events.as_array().cloned().unwrap_or_default())
    };
    if let Some(status) = &wanted.status
        && shown["Status"] != *words.text(status)?
    {
        return Err(format!(
            "the execution's status is {}, not {status}{}",
            short(&shown["Status"]),
            why(&events().await?)
        )
        .into());
    }
    if let Some(error) = &wanted.error {
        let (error, events) = (words.text(error)?, events().await?);
        if error_of(&events).is_none_or(|(is, _)| is != error) {
            return Err(format!(
                "the execution did not end by the error {error}{}",
                why(&events)
            )
            .into());
        }
    }
    let output = output(&shown);
    holds("the output", wanted.output.as_ref(), (&output, words))?;
    let Some(steps) = &wanted.steps else {
        return Ok(());
    };
    let events = events().await?;
    let begun = events.iter().filter(|event| event["Type"] == "StepEntered");
    let begun: Vec<&str> = begun
        .filter_map(|event| event["StepName"].as_str())
        .collect();
    if begun == *steps {
        return Ok(());
    }
    Err(format!(
        "the steps were {}, not {}",
        begun.join(", "),
        steps.join(", ")
    )
    .into())
}

/// What an execution put out: it is shown as the text of its JSON.
fn output(shown: &Json) -> Json {
    let text = shown["Output"].as_str().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_else(|_| shown["Output"].clone())
}

/// The error by which an execution ended, and its words.
fn error_of(events: &[Json]) -> Option<(String, String)> {
    error_told(events.last()?)
}

/// The error that an event tells of, and its words.
fn error_told(event: &Json) -> Option<(String, String)> {
    let detail: Json = serde_json::from_str(event["EventDetail"].as_str()?).ok()?;
    let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    detail["error"]
        .is_string()
        .then(|| (text("error"), text("cause")))
}

/// That error, and the step that met it last.
fn why(events: &[Json]) -> String {
    let Some((error, cause)) = error_of(events) else {
        return String::new();
    };
    let mut failed = events.iter().rev().filter(|event| {
        let kind = event["Type"].as_str().unwrap_or_default();
        kind.starts_with("Step") || kind.starts_with("Task")
    });
    let step = failed.find_map(|event| event["StepName"].as_str().filter(|name| !name.is_empty()));
    let step = step.map_or_else(String::new, |step| format!(" at {step}"));
    if error.is_empty() && cause.is_empty() {
        // What the flow made of an error that it caught is of no help; that one is.
        let caught = events.iter().rev().find_map(|event| {
            let (error, cause) = error_told(event).filter(|(error, _)| !error.is_empty())?;
            let step = event["StepName"].as_str().unwrap_or_default();
            Some(format!(
                ", after {error} at {step}: {}",
                short(&Json::from(cause))
            ))
        });
        return format!("{step}, which names no error{}", caught.unwrap_or_default());
    }
    format!(": {error}{step}: {}", short(&Json::from(cause)))
}

async fn called(stage: &Stage, wanted: &[(String, u64)]) -> Verdict {
    let shown = stage.admin.faults().await;
    let shown = shown.map_err(|wrong| in_words(&wrong))?;
    for (resource, number) in wanted {
        let function = name(stage.function(resource)?);
        let calls = shown["calls"][function].as_u64().unwrap_or(0);
        if calls != *number {
            return Err(format!("`{resource}` was called {calls} times, not {number}").into());
        }
    }
    Ok(())
}

async fn kept(stage: &Stage, wanted: &Object, words: &Words) -> Verdict {
    let key = words.text(&wanted.key)?;
    let shelf = stage.bucket(&wanted.bucket)?;
    let content = shelf.get(&key).await.map_err(|error| error.to_string())?;
    match (content, wanted.exists) {
        (None, false) => Ok(()),
        (Some(_), false) => Err(format!("there is an object `{key}`").into()),
        (None, true) => Err(format!("there is no object `{key}`").into()),
        (Some(content), true) => {
            let text = String::from_utf8_lossy(&content);
            contains("the object", wanted.body.as_ref(), (&text, words))
        }
    }
}

/// A function's lines are looked through from the last one, as many as the admin API brings.
async fn wrote(stage: &Stage, function: &str, (text, words): &(&String, &Words)) -> Verdict {
    let text = words.text(text)?;
    let function_name = name(stage.function(function)?).to_owned();
    let query = [("function", function_name), ("text", text.clone())];
    let told = |wrong: Diagnostics| in_words(&wrong);
    let mut lines = stage.admin.logs(&query).await.map_err(told)?;
    match lines.next().await.map_err(told)? {
        Some(_) => Ok(()),
        None => Err(format!("`{function}` wrote no line that holds `{text}`").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_what_its_text_says() {
        let shown = |text: &str| output(&json!({ "Output": text }));
        assert_eq!(shown("\"late\""), "late");
        assert_eq!(shown("{\"n\":1}"), json!({ "n": 1 }));
        assert_eq!(shown("no json"), "no json");
    }

    #[test]
    fn an_error_is_told_with_the_step_that_met_it() {
        let event = |kind: &str, step: &str, detail: &Json| json!({ "Type": kind, "StepName": step, "EventDetail": detail.to_string() });
        let failed = json!({ "error": "SoldOut", "cause": "none left" });
        let events = [
            event("StepEntered", "Reserve", &json!({})),
            event("TaskFailed", "Reserve", &failed),
            event("StepFailed", "Reserve", &failed),
            event("ExecutionFailed", "", &failed),
        ];
        assert_eq!(why(&events), ": SoldOut at Reserve: none left");
        assert_eq!(error_of(&events).unwrap().0, "SoldOut");
        assert_eq!(why(&events[..1]), "");
        let nameless = json!({ "error": "", "cause": "" });
        let caught = [
            event("TaskFailed", "Reserve", &failed),
            event("StepFailed", "Stop", &nameless),
            event("ExecutionFailed", "", &nameless),
        ];
        let told = " at Stop, which names no error, after SoldOut at Reserve: none left";
        assert_eq!(why(&caught), told);
    }
}
