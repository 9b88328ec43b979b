//! The commands: each reads its arguments, calls the engine, hands what comes back to a view.

mod completion;
mod config;
mod deploy;
mod explain;
mod hidden;
mod init;
mod local;
mod output;
mod plan;
mod preview;
mod remove;
mod state;
mod validate;

use std::path::{Path, PathBuf};

use super::args::{Args, Command, Global};
use super::destination;
use super::exit::Exit;
use super::printer::Printer;
use super::view;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{self, Destination, Project, Reading, Until};
use crate::manifest::{self, Occasion};
use crate::state::{LockedState, State};
use hidden::Hidden;

type Outcome = Result<Exit, Diagnostics>;

/// The command that the manifest is read for, and how far it is read.
type Reach = (&'static str, Until);

/// What the flags ask to load for.
fn occasion<'a>(global: &'a Global, command: &'a str) -> Occasion<'a> {
    Occasion {
        command,
        environment: global.environment.as_deref(),
    }
}

/// Runs what was typed.
pub(super) fn run(args: Args, printer: Printer) -> Outcome {
    let global = &args.global;
    match args.command {
        Command::Init(args) => init::run(&args, printer),
        Command::Validate => validate::run(global, printer),
        Command::Preview(args) => preview::run(&args, global, printer),
        Command::Plan(args) => plan::run(&args, global, printer),
        Command::Deploy(args) => deploy::run(&args, global, printer),
        Command::Remove(args) => remove::run(&args, global, printer),
        Command::Output(args) => output::run(&args, global, printer),
        Command::State(args) => state::run(&args, global, printer),
        Command::Local(args) => local::run(args, printer),
        Command::Config(args) => config::run(args, printer),
        Command::Completion(args) => Ok(completion::run(&args, printer)),
        Command::Explain(args) => explain::run(&args, printer),
    }
}

/// The manifest that the flags name, or the one in this folder.
fn manifest_path(global: &Global) -> Result<PathBuf, Diagnostics> {
    if let Some(path) = &global.manifest {
        return Ok(path.clone());
    }
    manifest::find(Path::new("")).ok_or_else(|| {
        let detail = "there is no s.yaml in this folder";
        Diagnostic::error(code::MANIFEST_MISSING, detail)
            .hint("sdev init static-site mysite")
            .into()
    })
}

/// A project read without asking any cloud.
fn open_offline(global: &Global, reach: Reach) -> Result<(Project, Destination), Diagnostics> {
    let path = manifest_path(global)?;
    let alias = destination::alias(global, &path);
    let to = destination::offline(global, alias.as_deref());
    let project = read(global, reach, &to, None)?;
    Ok((project, to))
}

/// The project, into which no secret gets.
fn read(
    global: &Global,
    reach: Reach,
    to: &Destination,
    remembered: Option<&State>,
) -> Result<Project, Diagnostics> {
    let path = manifest_path(global)?;
    let hidden = Hidden::new(destination::alias(global, &path));
    let reading = Reading {
        occasion: occasion(global, reach.0),
        environment: &hidden,
        until: reach.1,
        remembered,
    };
    let project = engine::open(&path, reading, to)?;
    if reach.1 >= Until::Lower {
        hidden::refuse(&project.manifest)?;
    }
    Ok(project)
}

/// A project and a destination that answers.
async fn open(
    global: &Global,
    reach: Reach,
    printer: Printer,
) -> Result<(Project, Destination), Diagnostics> {
    // A broken manifest is said before anything is started or asked.
    let (mut project, guess) = open_offline(global, reach)?;
    let path = manifest_path(global)?;
    let alias = destination::alias(global, &path);
    let link = destination::link(global, alias.as_deref(), printer).await?;
    let state = project.state(Some(&*link.shelves())).await?;
    let suits = project.suits(&state);
    project.remembered = Some(state);
    let to = link.destination(project.region()?)?;
    // Names depend on where they are: it is read again if that was not known. Else once is enough: folders are large.
    let project = if guess.names_alike(&to) && suits {
        project
    } else {
        read(global, reach, &to, project.remembered.as_ref())?
    };
    view::diagnostic::show(printer, &project.warnings);
    Ok((project, to))
}

/// Takes the state, and says what there is to say of that.
async fn lock(
    project: &Project,
    operation: &str,
    to: &Destination,
    printer: Printer,
) -> Result<LockedState, Diagnostics> {
    let state = project.lock(operation, to).await?;
    if let Some(notice) = state.notice() {
        printer.say(notice);
    }
    Ok(state)
}
