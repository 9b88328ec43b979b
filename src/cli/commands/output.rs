//! `sdev output`: what the deployed resources are reached by.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::args::{Global, Output};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view::output;
use super::{Look, Outcome, Reach, open, open_offline};
use crate::diagnostic::{Diagnostic, code};
use crate::engine::Until;
use crate::resource::Object;

pub(super) fn run(args: &Output, global: &Global, printer: Printer) -> Outcome {
    let reach = Reach::all("output", Until::Lower);
    let looking = (Look::Away, printer);
    let (project, to) = open_offline(global, reach, looking)?;
    let state = match project.residence.read_here() {
        Some(read) => Arc::new(read?),
        None => block_on(async {
            let (_, project, to) = open(global, reach, looking).await?;
            project.state(to.shelves.as_deref()).await
        })?,
    };
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
        (Some(values), Some(key)) if found_in(values, key).is_some() => {
            match found_in(values, key) {
                Some(Json::String(text)) if !printer.json => printer.data(text),
                other => printer.data(&other.unwrap_or(&Json::Null).to_string()),
            }
        }
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

/// An output, or a part of one by its dotted path, as references have it.
fn found_in<'v>(values: &'v Object, path: &str) -> Option<&'v Json> {
    if let Some(whole) = values.get(path) {
        return Some(whole);
    }
    let (first, rest) = path.split_once('.')?;
    rest.split('.')
        .try_fold(values.get(first)?, |value, key| match value {
            Json::Array(items) => items.get(key.parse::<usize>().ok()?),
            other => other.get(key),
        })
}
