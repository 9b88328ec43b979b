//! What can be done with a flow beside changing it: the actions of `flow.flow`.

use serde_json::{Value as Json, json};

use crate::provider::alibaba::fnf::{self, Fnf};
use crate::provider::alibaba::rpc::Call;
use crate::provider::{ErrorKind, ProviderError};
use crate::resource::Object;

/// Events that one call brings, the most that the API takes.
const EVENTS: &str = "999";
/// Executions that one call brings.
const EXECUTIONS: usize = 100;

/// Does it with the flow of this name in the cloud. Answers are the vendor's replies:
/// `execution.start` takes `name`, `input` (a JSON text) and `qualifier`; `execution.list` `status`, `map_run` and `limit`, and
/// answers a list; `execution.show` `name` and `wait` (seconds); `execution.map_run` `name` and `map_run`;
/// `execution.history` `name`, and answers all events in one list;
/// `execution.stop` `name`, `error` and `cause`; `execution.redrive` `name`; `report` `token`, and `output` or `error` and
/// `cause`.
pub(super) async fn act(
    fnf: &Fnf,
    flow: &str,
    (action, args): (&str, &Json),
) -> Result<Json, ProviderError> {
    let write = |action: &'static str, names: &[(&str, &str)]| {
        given(fnf::write(action).field("FlowName", flow), args, names)
    };
    let name = ("name", "ExecutionName");
    match action {
        "execution.start" => {
            let names = [name, ("input", "Input"), ("qualifier", "Qualifier")];
            send(fnf, &write("StartExecution", &names)).await
        }
        "execution.list" => list(fnf, flow, args).await,
        "execution.show" => show(fnf, flow, args).await,
        "execution.map_run" => {
            let call = fnf::read("DescribeMapRun")
                .param("FlowName", flow)
                .param("ExecutionName", text(args, "name"))
                .param("MapRunName", text(args, "map_run"));
            send(fnf, &call).await
        }
        "execution.history" => history(fnf, flow, &text(args, "name")).await,
        "execution.stop" => {
            let names = [name, ("error", "Error"), ("cause", "Cause")];
            send(fnf, &write("StopExecution", &names)).await
        }
        "execution.redrive" => send(fnf, &write("RedriveExecution", &[name])).await,
        "report" => report(fnf, args).await,
        other => {
            let message = format!("`flow.flow` knows no action `{other}`");
            Err(ProviderError::new(ErrorKind::Unsupported, other, message))
        }
    }
}

async fn show(fnf: &Fnf, flow: &str, args: &Json) -> Result<Json, ProviderError> {
    let mut call = fnf::read("DescribeExecution")
        .param("FlowName", flow)
        .param("ExecutionName", text(args, "name"));
    if let Some(wait) = args["wait"].as_u64() {
        call = call.param("WaitTimeSeconds", wait.to_string());
    }
    send(fnf, &call).await
}

async fn report(fnf: &Fnf, args: &Json) -> Result<Json, ProviderError> {
    let token = ("token", "TaskToken");
    let call = if args["error"].is_string() {
        let names = [token, ("error", "Error"), ("cause", "Cause")];
        given(fnf::write("ReportTaskFailed"), args, &names)
    } else {
        let names = [token, ("output", "Output")];
        given(fnf::write("ReportTaskSucceeded"), args, &names)
    };
    send(fnf, &call).await
}

async fn send(fnf: &Fnf, call: &Call) -> Result<Json, ProviderError> {
    fnf.send(call).await.map(Json::Object)
}

/// The arguments that are given, under the API's names.
fn given(call: Call, args: &Json, names: &[(&str, &str)]) -> Call {
    names.iter().fold(call, |call, (argument, name)| {
        match args[*argument].as_str() {
            Some(value) if !value.is_empty() => call.field(*name, value),
            _ => call,
        }
    })
}

async fn list(fnf: &Fnf, flow: &str, args: &Json) -> Result<Json, ProviderError> {
    let wanted = args["limit"]
        .as_u64()
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(EXECUTIONS);
    let mut all: Vec<Json> = Vec::new();
    let mut token = String::new();
    while all.len() < wanted {
        let limit = (wanted - all.len()).min(EXECUTIONS).to_string();
        let mut call = fnf::read("ListExecutions")
            .param("FlowName", flow)
            .param("Limit", limit);
        if let Some(status) = args["status"].as_str() {
            call = call.param("Status", status);
        }
        if let Some(map_run) = args["map_run"].as_str() {
            call = call.param("MapRunName", map_run);
        }
        let page = paged(fnf, call, &mut token).await?;
        all.extend(items(&page, "Executions"));
        if token.is_empty() {
            break;
        }
    }
    Ok(json!(all))
}

async fn history(fnf: &Fnf, flow: &str, name: &str) -> Result<Json, ProviderError> {
    let mut all: Vec<Json> = Vec::new();
    let mut token = String::new();
    loop {
        let call = fnf::read("GetExecutionHistory")
            .param("FlowName", flow)
            .param("ExecutionName", name);
        let page = paged(fnf, call.param("Limit", EVENTS), &mut token).await?;
        all.extend(items(&page, "Events"));
        if token.is_empty() {
            return Ok(json!(all));
        }
    }
}

/// One page; the token of the next is left behind.
async fn paged(fnf: &Fnf, mut call: Call, token: &mut String) -> Result<Object, ProviderError> {
    if !token.is_empty() {
        call = call.param("NextToken", token.as_str());
    }
    let page = fnf.send(&call).await?;
    let next = page.get("NextToken").and_then(Json::as_str);
    next.unwrap_or_default().clone_into(token);
    Ok(page)
}

fn items(page: &Object, name: &str) -> Vec<Json> {
    page.get(name)
        .and_then(Json::as_array)
        .cloned()
        .unwrap_or_default()
}

fn text(args: &Json, name: &str) -> String {
    args[name].as_str().unwrap_or_default().to_owned()
}
