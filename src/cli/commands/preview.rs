//! `sdev preview`: the manifest with everything resolved.

use super::super::args::{Format, Global, Preview};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view;
use super::{Look, Opening, Outcome, occasion};
use crate::engine::Until;
use crate::manifest;

pub(super) fn run(args: &Preview, global: &Global, printer: Printer) -> Outcome {
    let opening = Opening::begin(global, ("deploy", Until::Load), (Look::Away, printer))?;
    let occasion = occasion(global, opening.reach.0);
    let (manifest, warnings) = manifest::load(&opening.path, occasion, &*opening.machine)?;
    view::diagnostic::show(printer, &warnings);
    match args.output {
        Format::Yaml if !printer.json => printer.data(&manifest::to_yaml(&manifest.document)),
        _ => printer.data(&format!("{:#}", manifest::to_json(&manifest.document))),
    }
    Ok(Exit::Done)
}
