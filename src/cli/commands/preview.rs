//! `sdev preview`: the manifest with everything resolved.

use super::super::args::{Format, Global, Preview};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view;
use super::{Look, Opening, Outcome, Reach, occasion};
use crate::engine::Until;
use crate::manifest::{self, NodeKind};

pub(super) fn run(args: &Preview, global: &Global, printer: Printer) -> Outcome {
    let opening = Opening::begin(
        global,
        Reach::all("preview", Until::Load),
        (Look::Away, printer),
    )?;
    let occasion = occasion(global, opening.reach.command);
    let (manifest, warnings) = manifest::load(&opening.path, occasion, &*opening.machine)?;
    view::diagnostic::show(printer, &warnings);
    let mut document = manifest.document;
    // The base file's content is in it already.
    if let NodeKind::Map(entries) = &mut document.kind {
        entries.retain(|entry| entry.key != "extend");
    }
    match args.output {
        Format::Yaml if !printer.json => printer.data(&manifest::to_yaml(&document)),
        _ => printer.data(&format!("{:#}", manifest::to_json(&document))),
    }
    Ok(Exit::Done)
}
