//! The API of version 2019-03-15: each action is read, carried out and answered in the vendor's field names.

mod alias;
mod execution;
mod flow;
mod map_run;
mod report;
mod schedule;
mod version;

use std::sync::Arc;

use serde_json::Value;

use super::call::Call;
use super::error::{FlowError, Outcome};
use super::run::Runner;

/// Carries out a call and gives the body of its reply, without `RequestId`.
pub(super) async fn answer(runner: &Arc<Runner>, call: &Call<'_>) -> Outcome<Value> {
    match call.0.action.as_str() {
        "CreateFlow" => flow::create(runner, call).await,
        "UpdateFlow" => flow::update(runner, call).await,
        "DescribeFlow" => flow::describe(runner, call).await,
        "ListFlows" => flow::list(runner, call).await,
        "DeleteFlow" => flow::delete(runner, call).await,
        "PublishFlowVersion" => version::publish(runner, call).await,
        "ListFlowVersions" => version::list(runner, call).await,
        "DeleteFlowVersion" => version::delete(runner, call).await,
        "CreateFlowAlias" => alias::create(runner, call).await,
        "UpdateFlowAlias" => alias::update(runner, call).await,
        "DescribeFlowAlias" => alias::describe(runner, call).await,
        "ListFlowAliases" => alias::list(runner, call).await,
        "DeleteFlowAlias" => alias::delete(runner, call).await,
        "CreateSchedule" => schedule::create(runner, call).await,
        "UpdateSchedule" => schedule::update(runner, call).await,
        "DescribeSchedule" => schedule::describe(runner, call).await,
        "ListSchedules" => schedule::list(runner, call).await,
        "DeleteSchedule" => schedule::delete(runner, call).await,
        "StartExecution" => execution::start(runner, call).await,
        "StartSyncExecution" => execution::start_sync(runner, call).await,
        "DescribeExecution" => execution::describe(runner, call).await,
        "ListExecutions" => execution::list(runner, call).await,
        "StopExecution" => execution::stop(runner, call).await,
        "RedriveExecution" => execution::redrive(runner, call).await,
        "GetExecutionHistory" => execution::history(runner, call).await,
        "ReportTaskSucceeded" => report::succeeded(runner, call).await,
        "ReportTaskFailed" => report::failed(runner, call).await,
        "DescribeMapRun" => map_run::describe(runner, call).await,
        "UpdateMapRun" => map_run::update(runner, call).await,
        "DescribeRegions" => Ok(runner.home.clone()),
        "" => Err(FlowError::missing("Action")),
        action => {
            let said = format!("The specified API {action:?} is not found.");
            Err(FlowError::absent("InvalidAction.NotFound", said))
        }
    }
}
