//! `sdev lsp`: what an editor is told of a text is what `sdev validate` says of it.

use std::sync::Arc;

use super::super::args::Global;
use super::super::exit::Exit;
use super::super::{destination, environment, lsp};
use super::hidden::{self, Hidden};
use super::occasion;
use crate::diagnostic::{Diagnostics, Source};
use crate::engine;
use crate::manifest::Manifest;

pub(super) fn run(global: &Global) -> Exit {
    lsp::serve(&|source| examine(source, global))
}

fn examine(source: &Arc<Source>, global: &Global) -> (Option<Manifest>, Diagnostics) {
    let mut global = global.clone();
    if global.environment.is_none() {
        global.environment = environment::default(&source.path);
    }
    let alias = destination::alias(&global, &source.path);
    let to = destination::offline(&global, alias.as_deref());
    let world = Hidden::new(alias);
    let (manifest, mut found) = engine::examine(source, (occasion(&global, "deploy"), &world), &to);
    if let Some(Err(more)) = manifest.as_ref().map(hidden::refuse) {
        found.extend(more);
    }
    (manifest, found)
}
