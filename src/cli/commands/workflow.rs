//! `sdev workflow`: executions of a workflow.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::super::args::{
    ExecutionStatus, Global, Workflow, WorkflowList, WorkflowReport, WorkflowShow, WorkflowStart,
};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::waiting::{Waiting, waiting};
use super::super::view::workflow::{self as view, Told, map_runs_of};
use super::Outcome;
use super::deployed::Deployed;
use crate::diagnostic::{Diagnostic, Diagnostics, code};

/// How often an execution is looked at.
const LOOK: Duration = Duration::from_millis(300);
/// How every token begins: base64 of `v1#`.
const TOKEN: &str = "djEj";

pub(super) fn run(args: &Workflow, global: &Global, printer: Printer) -> Outcome {
    let of = match args {
        Workflow::Start(args) => &args.of,
        Workflow::List(args) => &args.of,
        Workflow::Show(args) => &args.named.of,
        Workflow::History(args) | Workflow::Redrive(args) => &args.of,
        Workflow::Stop(args) => &args.named.of,
        Workflow::Report(args) => &args.of,
    };
    block_on(async {
        let (resource, with) = (of.resource.as_deref(), (global, printer));
        let flow = match args {
            // A token names its flow.
            Workflow::Report(args) if args.step.is_none() => {
                Deployed::any_workflow("workflow", resource, with).await?
            }
            _ => Deployed::workflow("workflow", resource, with).await?,
        };
        match args {
            Workflow::Start(args) => start(&flow, args, printer).await,
            Workflow::List(args) => list(&flow, args, printer).await,
            Workflow::Show(args) => show(&flow, args, printer).await,
            Workflow::History(args) => {
                let events = flow
                    .act("execution.history", &json!({ "name": args.execution }))
                    .await?;
                view::history(printer, &events);
                Ok(Exit::Done)
            }
            Workflow::Stop(args) => {
                let name = &args.named.execution;
                let wanted = json!({ "name": name, "error": args.error, "cause": args.cause });
                let stopped = flow.act("execution.stop", &wanted).await?;
                view::changed(printer, ("Stopped", name), &stopped);
                Ok(Exit::Done)
            }
            Workflow::Redrive(args) => {
                let name = &args.execution;
                let begun = flow
                    .act("execution.redrive", &json!({ "name": name }))
                    .await?;
                view::changed(printer, ("Began again what failed of", name), &begun);
                Ok(Exit::Done)
            }
            Workflow::Report(args) => report(&flow, args, printer).await,
        }
    })
}

async fn list(flow: &Deployed, args: &WorkflowList, printer: Printer) -> Outcome {
    let status = args.status.map(ExecutionStatus::word);
    let wanted = json!({ "status": status, "map_run": args.map_run, "limit": args.limit });
    let listed = flow.act("execution.list", &wanted).await?;
    let of = args.map_run.as_ref().map(|name| format!(" of {name}"));
    let so_far = status.map(|status| format!(" that are {status}"));
    let which: String = of.into_iter().chain(so_far).collect();
    view::list(printer, (flow.name(), &which), (&listed, args.limit));
    Ok(Exit::Done)
}

async fn start(flow: &Deployed, args: &WorkflowStart, printer: Printer) -> Outcome {
    let input = input(args)?;
    let wanted = json!({ "name": args.execution, "input": input, "qualifier": args.qualifier });
    let begun = flow.act("execution.start", &wanted).await?;
    let name = begun["Name"].as_str().unwrap_or_default();
    if !args.wait {
        let resource = args.of.resource.as_deref();
        view::begun(printer, (flow.name(), resource), &begun);
        return Ok(Exit::Done);
    }
    let ended = loop {
        let shown = flow
            .act("execution.show", &json!({ "name": name, "wait": 20 }))
            .await?;
        if shown["Status"] != "Running" {
            break shown;
        }
    };
    let told = told(flow, name).await?;
    Ok(exit(view::ended(printer, &ended, &told)))
}

/// What an execution's events tell, and the map runs that they name.
async fn told(flow: &Deployed, name: &str) -> Result<Told, Diagnostics> {
    let events = flow
        .act("execution.history", &json!({ "name": name }))
        .await?;
    let mut map_runs = BTreeMap::new();
    for map_run in map_runs_of(&events) {
        let wanted = json!({ "name": name, "map_run": map_run });
        let shown = flow.act("execution.map_run", &wanted).await?;
        map_runs.insert(map_run, shown);
    }
    Ok(Told { events, map_runs })
}

async fn show(flow: &Deployed, args: &WorkflowShow, printer: Printer) -> Outcome {
    let name = &args.named.execution;
    let mut last: Option<Told> = None;
    loop {
        let shown = flow.act("execution.show", &json!({ "name": name })).await?;
        let told = told(flow, name).await?;
        let goes_on = args.watch && shown["Status"] == "Running";
        if last.as_ref() != Some(&told) || !goes_on {
            view::tree(printer, &shown, &told, last.is_some());
        }
        last = Some(told);
        if !goes_on {
            return Ok(Exit::Done);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn report(flow: &Deployed, args: &WorkflowReport, printer: Printer) -> Outcome {
    if args.error.is_none() {
        check_json("--output", &args.output)?;
    }
    let token = match &args.step {
        Some(step) => token_of(flow, (&args.token, step)).await?,
        None => args.token.clone(),
    };
    let wanted = match &args.error {
        Some(error) => json!({ "token": token, "error": error, "cause": args.cause }),
        None => json!({ "token": token, "output": args.output }),
    };
    match flow.act("report", &wanted).await {
        Ok(reported) => {
            view::reported(printer, &reported);
            Ok(Exit::Done)
        }
        Err(refused) if args.step.is_none() && is_name(&args.token) => {
            Err(no_token(flow, &args.token, refused).await)
        }
        Err(refused) => Err(refused),
    }
}

/// Whether a text can be an execution's name and is not formed like a token.
fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
    !text.starts_with(TOKEN) && text.chars().all(fits)
}

/// What is said of a name where a token belongs: which steps of the execution wait, if there is one.
async fn no_token(flow: &Deployed, name: &str, refused: Diagnostics) -> Diagnostics {
    let how = format!("name its step, too: sdev workflow report {name} --step STEP");
    if let Ok(told) = told(flow, name).await {
        let why = format!("`{name}` is an execution, and a report is for one of its steps");
        let error = Diagnostic::error(code::USAGE, why);
        let who = who_waits(&waiting(told.events()));
        return error.hint(how).hint(who).into();
    }
    let hint = format!("if `{name}` is an execution, {how}");
    let mut said = Diagnostics::new();
    said.extend(refused.into_iter().map(|error| error.hint(hint.clone())));
    said
}

/// The steps that wait, each once.
fn who_waits(waiting: &[Waiting]) -> String {
    let names: BTreeSet<&str> = waiting.iter().map(|one| one.step.as_str()).collect();
    if names.is_empty() {
        return "no step of this execution waits for a report that its events tell of".to_owned();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("waiting for a report: {}", names.join(", "))
}

/// The token of the one step of that name that waits in an execution.
async fn token_of(flow: &Deployed, (execution, step): (&str, &str)) -> Result<String, Diagnostics> {
    let waiting = waiting(told(flow, execution).await?.events());
    let (found, others): (Vec<Waiting>, Vec<Waiting>) =
        waiting.into_iter().partition(|one| one.step == step);
    if let [one] = &found[..] {
        return Ok(one.token.clone());
    }
    let (why, hint) = if found.is_empty() {
        let why = format!("no step `{step}` of {execution} waits for a report");
        (why, who_waits(&others))
    } else {
        let count = found.len();
        let why = format!("{count} steps `{step}` of {execution} wait for a report");
        let hint = format!("name one by its token: sdev workflow show {execution}");
        (why, hint)
    };
    Err(Diagnostic::error(code::USAGE, why).hint(hint).into())
}

/// The input as the service takes it: a JSON text.
fn input(args: &WorkflowStart) -> Result<String, Diagnostics> {
    let Some(path) = &args.input_file else {
        let text = args.input.clone().unwrap_or_else(|| "{}".to_owned());
        check_json("--input", &text)?;
        return Ok(text);
    };
    let read = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let place = path.display().to_string();
    let text = read.map_err(|error| Diagnostic::error(code::USAGE, format!("{place}: {error}")))?;
    check_json(&place, &text)?;
    Ok(text)
}

fn check_json(place: &str, text: &str) -> Result<(), Diagnostics> {
    match serde_json::from_str::<Json>(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(Diagnostic::error(code::USAGE, format!("{place} is not JSON: {error}")).into())
        }
    }
}

const fn exit(is_well: bool) -> Exit {
    if is_well { Exit::Done } else { Exit::Failed }
}
