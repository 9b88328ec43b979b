//! Map runs: how far they are, and how they are carried out.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Change, Command, Policy, Shown};

use super::execution::{events, named, row};
use crate::flow::call::Call;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::model::{Row, moment};
use crate::flow::run::Runner;

/// Executions of one map run that may be asked to go on at once, as the vendor's page of `UpdateMapRun` says.
const WIDTH: u64 = 300;

/// `DescribeMapRun`.
pub(super) async fn describe(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let (row, name, shown) = find(runner, call).await?;
    let counts = &shown.counts;
    let mut told = policy(&shown.policy);
    let more = json!({
        "MapRunName": name,
        "ExecutionName": row.name,
        "Status": shown.progress.name(),
        "StartedTime": moment(shown.started),
        "StoppedTime": shown.stopped.map_or_else(String::new, moment),
        "ItemCounts": {
            "Total": counts.total,
            "Pending": counts.pending,
            "Running": counts.running,
            "Succeed": counts.succeeded,
            "Failed": counts.failed,
            "Aborted": counts.aborted,
        },
    });
    extend(&mut told, more);
    Ok(told)
}

/// `UpdateMapRun`: what is not given stays.
pub(super) async fn update(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let change = change(call)?;
    let (row, name, _) = find(runner, call).await?;
    let command = Command::UpdateMapRun {
        name: name.clone(),
        change,
    };
    if runner.tell(row.id, command).await?.event.is_none() {
        let said = format!("Map run {name} of execution {} has ended.", row.name);
        return Err(FlowError::conflict("MapRunAlreadyTerminated", said));
    }
    let (row, name, shown) = find(runner, call).await?;
    let mut told = policy(&shown.policy);
    extend(
        &mut told,
        json!({"MapRunName": name, "ExecutionName": row.name, "FlowName": row.flow}),
    );
    Ok(told)
}

fn change(call: &Call) -> Outcome<Change> {
    let given = |name: &str| call.text(name).is_some();
    let number = |name: &str, bounds| {
        let number = call.number(name, 0, bounds)?;
        Ok::<_, FlowError>(Some(number).filter(|_| given(name)))
    };
    let percentage = match call.text("ToleratedFailedPercentage") {
        None => None,
        Some(text) => {
            let percentage: Option<f64> = text.parse().ok();
            let percentage = percentage.filter(|number| (0.0..=100.0).contains(number));
            Some(percentage.ok_or_else(|| {
                FlowError::invalid("ToleratedFailedPercentage must be a number from 0 to 100.")
            })?)
        }
    };
    Ok(Change {
        width: number("Concurrency", (1, WIDTH))?,
        failures: number("ToleratedFailedCount", (0, u64::MAX))?,
        percentage,
    })
}

async fn find(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<(Row, String, Shown)> {
    let (flow, execution) = named(call)?;
    let name = call.need("MapRunName")?;
    let row = row(runner, &flow, &execution).await?;
    let program = runner.program(&row.digest).await?;
    let events = events(runner, row.id).await?;
    let shown = Shown::of(&program, &events, &name).ok_or_else(|| {
        let said = format!("Map run {name} of execution {execution} does not exist.");
        FlowError::absent("MapRunNotExists", said)
    })?;
    Ok((row, name, shown))
}

fn policy(policy: &Policy) -> Value {
    json!({
        "Concurrency": policy.width,
        "ToleratedFailedCount": policy.failures.unwrap_or(0),
        "ToleratedFailedPercentage": policy.percentage.unwrap_or(0.0),
    })
}

fn extend(told: &mut Value, more: Value) {
    if let (Value::Object(told), Value::Object(more)) = (told, more) {
        told.extend(more);
    }
}
