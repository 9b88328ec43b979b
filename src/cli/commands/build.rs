//! `sdev build`: makes what the code of functions needs.

use std::time::Duration;

use super::super::args::{Build as Args, Global};
use super::super::exit::Exit;
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view;
use super::super::view::build::{Done, Line};
use super::{Look, Outcome, Reach, open_offline};
use crate::build::{self, Event, Interpreters, Memory};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{Build, Project, Until};

pub(super) fn run(args: &Args, global: &Global, printer: Printer) -> Outcome {
    let mut reach = Reach::all("build", Until::Lower);
    reach.targets = &args.resources;
    let (project, _) = open_offline(global, reach, (Look::Away, printer))?;
    view::diagnostic::show(printer, &project.warnings);
    let mut memory = Memory::open(&project.manifest.folder);
    let (mut made, mut fresh, mut errors) = (0, 0, Diagnostics::new());
    let mut interpreters = Interpreters::default();
    for mut build in project.builds() {
        interpreters.fit(&mut build.recipe);
        if !args.force && memory.is_fresh(&build.resource, &build.recipe) {
            fresh += 1;
            view::build::show(printer, &build, &Line::Ended(Done::Fresh));
            continue;
        }
        match make((&project, &build), &mut memory, args.timeout, printer) {
            Ok(()) => made += 1,
            Err(failed) if is_interrupted(&failed) => {
                errors.extend(failed);
                return Err(errors);
            }
            Err(failed) => errors.extend(failed),
        }
    }
    if errors.has_errors() {
        return Err(errors);
    }
    view::build::sum(printer, made, fresh);
    Ok(Exit::Done)
}

/// Makes one thing, tells of it, and remembers of what it was made.
pub(super) fn make(
    (project, build): (&Project, &Build),
    memory: &mut Memory,
    limit: Duration,
    printer: Printer,
) -> Result<(), Diagnostics> {
    if let Some(other) = build.recipe.other_version() {
        view::diagnostic::show_one(printer, &other.at(build.at.clone()));
    }
    let before = build.recipe.digest();
    let tell = |event: Event<'_>| match event {
        Event::Began => view::build::show(printer, build, &Line::Began),
        Event::Line { error, text } => {
            view::build::show(printer, build, &Line::Said { error, text });
        }
    };
    let whose = (&*build.resource, &*project.manifest.variables);
    block_on(async {
        let ran = build::run(&build.recipe, whose, limit, &tell).await;
        ran.map_err(|error| error.at(build.at.clone()))?;
        Ok(())
    })?;
    let kept = memory.made(&build.resource, &build.recipe, before);
    kept.map_err(Diagnostic::from)?;
    view::build::show(printer, build, &Line::Ended(Done::Made));
    Ok(())
}

/// Whether it was the user who ended it.
pub(super) fn is_interrupted(failed: &Diagnostics) -> bool {
    failed.iter().any(|error| error.code == code::INTERRUPTED)
}
