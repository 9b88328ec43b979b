//! `sdev build`: makes what the code of functions needs.

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
        if let Some(other) = build.recipe.other_version() {
            view::diagnostic::show_one(printer, &other.at(build.at.clone()));
        }
        if let Err(failed) = block_on(one(args, (&project, &build), printer)) {
            let is_over = failed.iter().any(|error| error.code == code::INTERRUPTED);
            errors.extend(failed);
            if is_over {
                return Err(errors);
            }
            continue;
        }
        let kept = memory.made(&build.resource, &build.recipe);
        kept.map_err(Diagnostic::from)?;
        made += 1;
        view::build::show(printer, &build, &Line::Ended(Done::Made));
    }
    if errors.has_errors() {
        return Err(errors);
    }
    view::build::sum(printer, made, fresh);
    Ok(Exit::Done)
}

async fn one(
    args: &Args,
    (project, build): (&Project, &Build),
    printer: Printer,
) -> Result<(), Diagnostics> {
    let tell = |event: Event<'_>| match event {
        Event::Began => view::build::show(printer, build, &Line::Began),
        Event::Line { error, text } => {
            view::build::show(printer, build, &Line::Said { error, text });
        }
    };
    let whose = (&*build.resource, &*project.manifest.variables);
    let ran = build::run(&build.recipe, whose, args.timeout, &tell).await;
    ran.map_err(|error| error.at(build.at.clone()))?;
    Ok(())
}
