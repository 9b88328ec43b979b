//! The commands: each reads its arguments, calls the engine, hands what comes back to a view.

mod alias;
mod build;
mod completion;
mod concurrency;
mod config;
mod confirm;
mod deploy;
mod deployed;
mod dev;
mod event;
mod explain;
mod fmt;
mod info;
mod init;
mod invoke;
mod layer;
mod local;
mod logs;
mod lsp;
mod migrate;
mod no_effect;
mod output;
mod plan;
mod preflight;
mod preview;
mod provision;
mod remove;
mod scaling;
mod schema;
mod secret;
mod state;
mod test;
mod validate;
mod version;
mod workflow;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Args, Command, Global};
use super::destination::{self, Link};
use super::environment;
use super::exit::Exit;
use super::machine::{Look, Machine};
use super::printer::Printer;
use super::view;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::engine::{self, Destination, Project, Reading, Until};
use crate::manifest::{self, Node, Occasion};
use crate::state::{LockedState, State};

type Outcome = Result<Exit, Diagnostics>;

/// The command that the manifest is read for, and what of it is read.
#[derive(Clone, Copy)]
struct Reach<'a> {
    command: &'static str,
    until: Until,
    targets: &'a [String],
    skip_actions: bool,
    /// Whether the plan is carried out.
    applies: bool,
    /// The region, when it is not the manifest's.
    region: Option<&'a str>,
}

/// No plugin has changed anything.
static UNCHANGED: BTreeMap<String, Node> = BTreeMap::new();

impl<'a> Reach<'a> {
    /// Everything that the command is for.
    fn all(command: &'static str, until: Until) -> Self {
        Self {
            command,
            until,
            targets: &[],
            skip_actions: false,
            applies: false,
            region: None,
        }
    }

    fn reading(self) -> Reading<'a> {
        Reading {
            until: self.until,
            targets: self.targets,
            skip_actions: self.skip_actions,
            is_made: false,
            changed: &UNCHANGED,
        }
    }
}

/// What the flags ask to load for.
fn occasion<'a>(global: &'a Global, command: &'a str) -> Occasion<'a> {
    Occasion {
        command,
        environment: global.environment.as_deref(),
        access: global.access.as_deref(),
    }
}

/// Runs what was typed.
pub(super) fn run(mut args: Args, printer: Printer) -> Outcome {
    // A secret is for all environments unless the flag names one; an editor's manifests are in any folder.
    let takes_default = !matches!(args.command, Command::Secret(_) | Command::Lsp(_));
    if takes_default
        && args.global.environment.is_none()
        && let Ok(path) = manifest_path(&args.global)
    {
        args.global.environment = environment::default(&path);
    }
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
        Command::Info(args) => info::run(&args, global, printer),
        Command::Dev(args) => dev::run(&args, global, printer),
        Command::Test(args) => test::run(&args, global, printer),
        Command::Build(args) => build::run(&args, global, printer),
        Command::Invoke(args) => invoke::run(&args, global, printer),
        Command::Event(args) => event::run(&args, global, printer),
        Command::Logs(args) => logs::run(&args, global, printer),
        Command::Version(args) => version::run(&args, global, printer),
        Command::Workflow(args) => workflow::run(&args, global, printer),
        Command::Alias(args) => alias::run(&args, global, printer),
        Command::Layer(args) => layer::run(&args, global, printer),
        Command::Scaling(args) => scaling::run(&args, global, printer),
        Command::Provision(args) => provision::run(&args, global, printer),
        Command::Concurrency(args) => concurrency::run(&args, global, printer),
        Command::State(args) => state::run(&args, global, printer),
        Command::Local(args) => local::run(args, printer),
        Command::Config(args) => config::run(args, printer),
        Command::Secret(args) => secret::run(&args, global, printer),
        Command::Completion(args) => Ok(completion::run(&args, printer)),
        Command::Schema(args) => schema::run(&args, printer),
        Command::Explain(args) => explain::run(&args, printer),
        Command::Lsp(_) => Ok(lsp::run(global, printer)),
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

/// A project being opened: its manifest, where it goes, what it can ask of this machine.
struct Opening<'a> {
    global: &'a Global,
    path: PathBuf,
    alias: Option<String>,
    machine: Arc<Machine>,
    reach: Reach<'a>,
    /// What the state remembers, once it was asked for.
    remembered: Option<Arc<State>>,
}

impl<'a> Opening<'a> {
    fn begin(
        global: &'a Global,
        reach: Reach<'a>,
        (look, printer): (Look, Printer),
    ) -> Result<Self, Diagnostics> {
        let path = manifest_path(global)?;
        let alias = destination::alias(global, &path);
        let environment = destination::environment(global, alias.as_deref());
        let machine = Machine::new(alias.clone(), &environment, (look, printer));
        Ok(Self {
            global,
            path,
            alias,
            machine: Arc::new(machine),
            reach,
            remembered: None,
        })
    }

    fn offline(&self) -> Destination {
        destination::offline(self.global, self.alias.as_deref(), &self.machine)
    }

    /// Whom the access leads to.
    async fn link(&self, printer: Printer) -> Result<Link, Diagnostics> {
        destination::link(self.global, self.alias.as_deref(), printer).await
    }

    /// Reads the project; secrets only by their fingerprints.
    fn read(&self, to: &Destination) -> Result<Project, Diagnostics> {
        self.reread(to, &self.reach.reading())
    }

    /// Reads it as a run goes on.
    fn reread(&self, to: &Destination, reading: &Reading<'_>) -> Result<Project, Diagnostics> {
        let occasion = occasion(self.global, self.reach.command);
        let project = engine::open(
            &self.path,
            (occasion, &*self.machine),
            to,
            (reading, self.remembered.as_ref()),
        )?;
        self.machine.learn(&project.manifest.variables);
        Ok(project)
    }
}

/// A project read without asking any cloud.
fn open_offline(
    global: &Global,
    reach: Reach<'_>,
    looking: (Look, Printer),
) -> Result<(Project, Destination), Diagnostics> {
    let opening = Opening::begin(global, reach, looking)?;
    let to = opening.offline();
    Ok((opening.read(&to)?, to))
}

/// A project and a destination that answers.
async fn open<'a>(
    global: &'a Global,
    reach: Reach<'a>,
    (look, printer): (Look, Printer),
) -> Result<(Opening<'a>, Project, Destination), Diagnostics> {
    let mut opening = Opening::begin(global, reach, (look, printer))?;
    // A broken manifest is said before anything is started or asked.
    let guess = opening.offline();
    let mut project = opening.read(&guess)?;
    if reach.applies {
        project.not_yet().into_result(())?;
    }
    let link = opening.link(printer).await?;
    let state = project.state(Some(&*link.shelves())).await?;
    let suits = project.suits(&state);
    project.remembered = Some(Arc::clone(&state));
    opening.remembered = Some(state);
    let region = match reach.region {
        Some(region) => Some(region.to_owned()),
        None => project.region()?,
    };
    let mut to = link.destination(region, &opening.machine)?;
    to.providers = project.providers(&to);
    // Names depend on where they are: it is read again if that was not known. Else once is enough: folders are large.
    let project = if guess.names_alike(&to) && suits {
        project
    } else {
        opening.read(&to)?
    };
    view::diagnostic::show(printer, &project.warnings);
    Ok((opening, project, to))
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
