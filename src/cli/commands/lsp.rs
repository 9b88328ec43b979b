//! `sdev lsp`: what an editor is told of a text is what `sdev validate` says of it.

use std::sync::Arc;

use super::super::args::Global;
use super::super::exit::Exit;
use super::super::machine::{Look, Machine};
use super::super::printer::Printer;
use super::super::{destination, environment, lsp};
use super::occasion;
use crate::diagnostic::{Diagnostics, Source};
use crate::engine;
use crate::manifest::Manifest;

pub(super) fn run(global: &Global, printer: Printer) -> Exit {
    // Standard input is the editor's, not a person's.
    let printer = Printer {
        json: true,
        can_ask: false,
        live: false,
        ..printer
    };
    lsp::serve(&|source| examine(source, global, printer))
}

fn examine(
    source: &Arc<Source>,
    global: &Global,
    printer: Printer,
) -> (Option<Manifest>, Diagnostics) {
    let mut global = global.clone();
    if global.environment.is_none() {
        global.environment = environment::default(&source.path);
    }
    let alias = destination::alias(&global, &source.path);
    let environment = destination::environment(&global, alias.as_deref());
    let machine = Machine::new(alias.clone(), &environment, (Look::Exists, printer));
    let machine = Arc::new(machine);
    let to = destination::offline(&global, alias.as_deref(), &machine);
    engine::examine(source, (occasion(&global, "deploy"), &*machine), &to)
}
