//! What can be typed. Shapes only; what it means is the commands'.

mod event;
mod function;
mod layer;
mod local;
mod release;
mod scaling;
mod tests;
mod weight;
mod workflow;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(super) use event::Event;
pub(super) use function::{Build, Dev, InvocationType, Invoke, Logs};
pub(super) use layer::{Layer, LayerDownload, LayerPublish, LayerRemove};
pub(super) use local::{Clock, Local, Run, Serve, Start, Status};
pub(super) use release::{Alias, Concurrency, OfFunction, Provision, Qualified, Version};
pub(super) use scaling::Scaling;
pub(super) use tests::Tests;
pub(super) use workflow::{
    ExecutionStatus, Workflow, WorkflowList, WorkflowReport, WorkflowShow, WorkflowStart,
};

/// Deploys a Serverless Devs 3.0 manifest: one plan, a crash-safe apply, a local cloud.
#[derive(Debug, Parser)]
#[command(name = "sdev", version, propagate_version = true, max_term_width = 100)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Global {
    /// The manifest (default: s.yaml in this folder)
    #[arg(short = 't', long = "template", global = true, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// The access alias to apply to, over the manifest's own; `local` is the local cloud
    #[arg(short, long, global = true, value_name = "ALIAS")]
    pub(super) access: Option<String>,
    /// The environment, each with a state of its own (default: `local` on the local cloud, else `default`)
    #[arg(long = "env", global = true, value_name = "NAME")]
    pub(super) environment: Option<String>,
    /// Print machine-readable JSON, one object a line
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a project from a template
    Init(Init),
    /// Check the manifest and everything it names, without asking any cloud
    #[command(alias = "verify")]
    Validate,
    /// Print the manifest with everything resolved
    Preview(Preview),
    /// Write the manifest in its canonical form, with all comments
    Fmt(Fmt),
    /// Rewrite a manifest of edition 1.0.0 as one of edition 3.0.0, with all comments
    Migrate(Migrate),
    /// Make what the code of functions needs: packages, programs, jars, by the files beside it
    Build(Build),
    /// Show what a deploy would do
    Plan(Plan),
    /// Make the manifest come true
    #[command(alias = "apply")]
    Deploy(Deploy),
    /// Remove everything that was deployed, or some of it
    #[command(alias = "destroy")]
    Remove(Remove),
    /// Print the outputs of what was deployed
    Output(Output),
    /// Show what is in the cloud now of what was deployed
    Info(Info),
    /// Deploy to the local cloud, and again at each change of a file; show what functions write
    Dev(Dev),
    /// Test the application on local clouds of its own, by files that say what is done and what shall come of it
    Test(Tests),
    /// Call a function that was deployed; its answer goes to standard output, its log to standard error
    Invoke(Invoke),
    /// Print an example of a trigger's event, or call its function with it
    Event(Event),
    /// Show what functions wrote
    Logs(Logs),
    /// Versions of a function: what it was when they were published
    #[command(subcommand)]
    Version(Version),
    /// Aliases of a function: names that lead to versions, by weight if asked
    #[command(subcommand)]
    Alias(Alias),
    /// Layers of the account: files that functions share
    #[command(subcommand)]
    Layer(Layer),
    /// Instances of a function that are kept ready
    #[command(subcommand)]
    Provision(Provision),
    /// Instances of a function that are there at least, in the newer form of `provision`
    #[command(subcommand)]
    Scaling(Scaling),
    /// Instances that only one function may use
    #[command(subcommand)]
    Concurrency(Concurrency),
    /// Executions of a workflow: begin, list, show, stop
    #[command(subcommand)]
    Workflow(Workflow),
    /// What sdev remembers
    #[command(subcommand)]
    State(State),
    /// The local cloud
    #[command(subcommand)]
    Local(Local),
    /// Access aliases
    #[command(subcommand)]
    Config(Config),
    /// Secrets: values for `${secret('NAME')}`, kept encrypted and never shown
    #[command(subcommand)]
    Secret(Secret),
    /// Print the completion script for a shell
    Completion(Completion),
    /// Print the JSON Schema of a component's properties, or of the whole manifest, for editors
    Schema(SchemaArgs),
    /// Explain the code of an error
    Explain(Explain),
    /// Serve an editor: a language server on standard input and output
    Lsp(Lsp),
}

#[derive(Debug, ClapArgs)]
pub(super) struct Init {
    /// The template; `--list` shows all
    #[arg(required_unless_present = "list")]
    pub(super) template: Option<String>,
    /// The folder to make; its name is the project's (default: the template's name)
    pub(super) folder: Option<PathBuf>,
    /// List the templates
    #[arg(long)]
    pub(super) list: bool,
    /// A template's parameter
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub(super) params: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Preview {
    /// The format
    #[arg(short, long, value_enum, default_value = "yaml")]
    pub(super) output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Yaml,
    Json,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Fmt {
    /// The files (default: the manifest); `-` formats standard input to standard output
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Write nothing; show what would change and exit 1 if anything would
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Migrate {
    /// The file (default: the manifest)
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Do not ask
    #[arg(short = 'y', long = "yes", visible_alias = "assume-yes")]
    pub(super) yes: bool,
    /// Print the new text and write nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) stdout: bool,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Plan {
    /// Only these resources (default: all)
    #[arg(value_name = "RESOURCE")]
    pub(super) resources: Vec<String>,
    /// Exit 2 when there are changes, 0 when there are none
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Show every line of long lists
    #[arg(long)]
    pub(super) full: bool,
    /// Show what changes inside text files, line by line
    #[arg(long)]
    pub(super) diff: bool,
    /// Plan the removal of everything
    #[arg(long)]
    pub(super) destroy: bool,
    /// Take over what exists already and is nobody's
    #[arg(long, conflicts_with = "destroy")]
    pub(super) adopt: bool,
    /// Leave the manifest's actions out
    #[arg(long)]
    pub(super) skip_actions: bool,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Deploy {
    /// Only these resources (default: all)
    #[arg(value_name = "RESOURCE")]
    pub(super) resources: Vec<String>,
    /// Do not ask
    #[arg(short = 'y', long = "yes", visible_alias = "assume-yes")]
    pub(super) yes: bool,
    /// Show every line of long lists
    #[arg(long)]
    pub(super) full: bool,
    /// Take over what exists already and is nobody's
    #[arg(long)]
    pub(super) adopt: bool,
    /// Leave the manifest's actions out
    #[arg(long)]
    pub(super) skip_actions: bool,
    /// How long each action may take
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = crate::sys::clock::duration)]
    pub(super) action_timeout: std::time::Duration,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Remove {
    /// Only these resources (default: all)
    #[arg(value_name = "RESOURCE")]
    pub(super) resources: Vec<String>,
    /// Do not ask
    #[arg(short = 'y', long = "yes", visible_alias = "assume-yes")]
    pub(super) yes: bool,
    /// Show every line of long lists
    #[arg(long)]
    pub(super) full: bool,
    /// Leave the manifest's actions out
    #[arg(long)]
    pub(super) skip_actions: bool,
    /// How long each action may take
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = crate::sys::clock::duration)]
    pub(super) action_timeout: std::time::Duration,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Output {
    /// Only this one: RESOURCE or RESOURCE.NAME, without quotes
    pub(super) name: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Info {
    /// Only these resources (default: all)
    #[arg(value_name = "RESOURCE")]
    pub(super) resources: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum State {
    /// Bring the state to where the manifest says from where it was
    Move(StateMove),
}

#[derive(Debug, ClapArgs)]
pub(super) struct StateMove {
    /// Where it was: a folder, as `sdev.state.folder` named it (`.sdev` is the default one), or `oss://BUCKET/PREFIX`
    #[arg(long, value_name = "PLACE")]
    pub(super) from: String,
    /// The region of the bucket where it was (default: that of the access)
    #[arg(long)]
    pub(super) region: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Add or replace an access alias; the secret is read from standard input unless the environment has it
    Add(ConfigAdd),
    /// List the aliases
    List,
    /// Delete an alias
    Delete {
        /// The alias
        alias: String,
    },
}

#[derive(Debug, ClapArgs)]
pub(super) struct ConfigAdd {
    /// The alias
    pub(super) alias: String,
    /// The access key's id
    #[arg(long, value_name = "ID")]
    pub(super) key_id: String,
    /// The account's id
    #[arg(long, value_name = "ID")]
    pub(super) account_id: Option<String>,
    /// The region to use where a resource names none
    #[arg(long)]
    pub(super) region: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Secret {
    /// Set a secret; its value is typed without being shown, or read from standard input.
    /// With `--env NAME` it is for that environment only
    Set(SecretSet),
    /// List the secrets and when they were set, never their values
    List,
    /// Delete a secret
    Delete {
        /// The secret
        name: String,
    },
}

#[derive(Debug, ClapArgs)]
pub(super) struct SecretSet {
    /// Its name
    pub(super) name: String,
    /// Take the value from this environment variable
    #[arg(long, value_name = "VARIABLE")]
    pub(super) from_env: Option<String>,
    /// With the first secret: protect all by a passphrase instead of a key file
    #[arg(long)]
    pub(super) passphrase: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct SchemaArgs {
    /// The component; without one, the whole manifest
    pub(super) component: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Explain {
    /// The code, such as SD0104; without one, all codes
    pub(super) code: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Lsp {
    /// Accepted, since many editors pass it: there is no other way
    #[arg(long, hide = true)]
    pub(super) stdio: bool,
}
