//! `sdev schema`: what may stand in a manifest, as JSON Schema.

use serde_json::json;

use super::super::args::SchemaArgs;
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::Outcome;
use crate::component;
use crate::diagnostic::{Diagnostic, closest, code};

pub(super) fn run(args: &SchemaArgs, printer: Printer) -> Outcome {
    let schema = match args.component.as_deref() {
        None => component::manifest_schema(&json!({ "type": "object" })),
        Some(name) => match component::schema(name) {
            Some(schema) => component::json_schema(schema),
            None => return Err(unknown(name).into()),
        },
    };
    printer.data(&format!("{schema:#}"));
    Ok(Exit::Done)
}

fn unknown(name: &str) -> Diagnostic {
    let error = Diagnostic::error(code::USAGE, format!("`{name}` is not a component"));
    let names: Vec<&str> = component::names().collect();
    match closest(name, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("components: {}", names.join(", "))),
    }
}
