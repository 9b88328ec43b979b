//! `sdev output`: what the deployed resources are reached by.

use serde_json::Value as Json;

use super::super::args::{Global, Output};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view::output;
use super::{Look, Outcome, Reach, open_offline};
use crate::diagnostic::{Diagnostic, code};
use crate::engine::Until;

pub(super) fn run(args: &Output, global: &Global, printer: Printer) -> Outcome {
    let reach = Reach::all("output", Until::Lower);
    let (project, to) = open_offline(global, reach, (Look::Away, printer))?;
    let state = project.place.read().map_err(Diagnostic::from)?;
    let outputs = project.outputs(&state);
    let Some(name) = &args.name else {
        output::print(printer, &outputs);
        return Ok(Exit::Done);
    };
    let (block, key) = name
        .split_once('.')
        .map_or((name.as_str(), None), |(block, key)| (block, Some(key)));
    let found = outputs
        .iter()
        .find(|(name, _)| name == block)
        .map(|(_, values)| values);
    match (found, key) {
        (Some(values), None) => output::print(printer, &[(block.to_owned(), values.clone())]),
        (Some(values), Some(key)) if values.contains_key(key) => match &values[key] {
            Json::String(text) if !printer.json => printer.data(text),
            other => printer.data(&other.to_string()),
        },
        _ => {
            let detail = format!(
                "`{name}` is not an output of environment `{}`",
                to.environment
            );
            let known: Vec<String> = outputs
                .iter()
                .flat_map(|(b, values)| values.keys().map(move |k| format!("{b}.{k}")))
                .collect();
            let hint = if known.is_empty() {
                "sdev deploy".to_owned()
            } else {
                format!("known: {}", known.join(", "))
            };
            return Err(Diagnostic::error(code::UNKNOWN_OUTPUT, detail)
                .hint(hint)
                .into());
        }
    }
    Ok(Exit::Done)
}
