//! `sdev preview`: the manifest with everything resolved.

use super::super::args::{Format, Global, Preview};
use super::super::destination;
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::view;
use super::hidden::Hidden;
use super::{Outcome, manifest_path, occasion};
use crate::manifest::{self, NodeKind};

pub(super) fn run(args: &Preview, global: &Global, printer: Printer) -> Outcome {
    let path = manifest_path(global)?;
    let alias = destination::alias(global, &path);
    let (manifest, warnings) =
        manifest::load(&path, occasion(global, "preview"), &Hidden::new(alias))?;
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
