//! Reports to task tokens.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow::engine::{Command, Fault};

use crate::flow::call::Call;
use crate::flow::error::{FlowError, Outcome};
use crate::flow::run::Runner;
use crate::flow::table;
use crate::flow::token::Telling;

/// `ReportTaskSucceeded`.
pub(super) async fn succeeded(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let output = call.json("Output")?.unwrap_or_else(|| json!({}));
    report(runner, call, Ok(output)).await
}

/// `ReportTaskFailed`.
pub(super) async fn failed(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    let error = call.need("Error")?;
    if error.len() > 128 {
        return Err(FlowError::invalid("Error is longer than 128 bytes."));
    }
    report(
        runner,
        call,
        Err(Fault::new(error, call.words("Cause", 4096)?)),
    )
    .await
}

async fn report(
    runner: &Arc<Runner>,
    call: &Call<'_>,
    outcome: Result<Value, Fault>,
) -> Outcome<Value> {
    let token = call.need("TaskToken")?;
    let named = runner
        .seal
        .read(&token)
        .filter(|named| named.item.is_none() && named.telling == Telling::Bare)
        .ok_or_else(|| FlowError::invalid("TaskToken is not a token of this cloud."))?;
    let (flow, name) = (named.flow.clone(), named.execution.clone());
    let found = runner
        .ledger
        .read(move |db| table::execution::find(db, &flow, &name))
        .await?;
    let row = found.ok_or_else(|| FlowError::no_execution(&named.flow, &named.execution))?;
    let told = runner
        .tell(
            row.id,
            Command::Reported {
                attempt: named.attempt,
                outcome,
            },
        )
        .await?;
    let Some(event) = told.event else {
        let said = "The task has ended, or does not wait for a report.";
        return Err(FlowError::conflict("TaskAlreadyCompleted", said));
    };
    Ok(json!({"EventId": event}))
}
