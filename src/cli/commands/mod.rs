//! The commands: each reads its arguments, calls the engine, hands what comes back to a view.

mod completion;
mod config;
mod deploy;
mod explain;
mod fmt;
mod hidden;
mod init;
mod local;
mod migrate;
mod output;
mod plan;
mod preview;
mod remove;
mod validate;

use std::path::{Path, PathBuf};

use super::args::{Args, Command, Global};
use super::destination;
use super::exit::Exit;
use super::printer::Printer;
use super::view;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{self, Destination, Project, Until};
use crate::manifest::{self, Occasion};
use hidden::Hidden;

type Outcome = Result<Exit, Diagnostics>;

/// The command that the manifest is read for, and how far it is read.
type Reach = (&'static str, Until);

/// What the flags ask to load for.
fn occasion<'a>(global: &'a Global, command: &'a str) -> Occasion<'a> {
    Occasion {
        command,
        environment: global.environment.as_deref(),
        access: global.access.as_deref(),
    }
}

/// Runs what was typed.
pub(super) fn run(args: Args, printer: Printer) -> Outcome {
    let global = &args.global;
    match args.command {
        Command::Init(args) => init::run(&args, printer),
        Command::Validate => validate::run(global, printer),
        Command::Preview(args) => preview::run(&args, global, printer),
        Command::Fmt(args) => fmt::run(&args, global, printer),
        Command::Migrate(args) => migrate::run(&args, global, printer),
        Command::Plan(args) => plan::run(&args, global, printer),
        Command::Deploy(args) => deploy::run(&args, global, printer),
        Command::Remove(args) => remove::run(&args, global, printer),
        Command::Output(args) => output::run(&args, global, printer),
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
    let project = read(&path, alias, &to, (occasion(global, reach.0), reach.1))?;
    Ok((project, to))
}

/// The project, into which no secret gets.
fn read(
    path: &Path,
    alias: Option<String>,
    to: &Destination,
    (occasion, until): (Occasion<'_>, Until),
) -> Result<Project, Diagnostics> {
    let project = engine::open(path, (occasion, &Hidden::new(alias)), to, until)?;
    if until >= Until::Lower {
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
    let (project, guess) = open_offline(global, reach)?;
    let path = manifest_path(global)?;
    let alias = destination::alias(global, &path);
    let to = destination::connect(global, alias.as_deref(), project.region()?, printer).await?;
    // Names depend on where they are: it is read again if that was not known. Else once is enough: folders are large.
    let project = if guess.names_alike(&to) {
        project
    } else {
        read(&path, alias, &to, (occasion(global, reach.0), reach.1))?
    };
    view::diagnostic::show(printer, &project.warnings);
    Ok((project, to))
}
