//! What can be typed about workflows.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Workflow {
    /// Begin an execution
    Start(WorkflowStart),
    /// List executions, the newest first
    List(WorkflowList),
    /// Show an execution as a tree of its steps
    Show(WorkflowShow),
    /// Print every event of an execution
    History(WorkflowNamed),
    /// Stop an execution
    Stop(WorkflowStop),
    /// Begin again what failed or was stopped (the local cloud only)
    Redrive(WorkflowNamed),
    /// Report to a step that waits for it, by its token, or by its name and its execution's
    Report(WorkflowReport),
}

/// Which workflow.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct OfWorkflow {
    /// The resource (default: the only one that is a workflow)
    #[arg(short, long, value_name = "RESOURCE")]
    pub(in crate::cli) resource: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WorkflowStart {
    #[command(flatten)]
    pub(in crate::cli) of: OfWorkflow,
    /// The execution's name: one name runs once (default: a new one)
    pub(in crate::cli) execution: Option<String>,
    /// The input, as JSON
    #[arg(short, long, conflicts_with = "input_file")]
    pub(in crate::cli) input: Option<String>,
    /// A file that holds the input; `-` is standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(in crate::cli) input_file: Option<PathBuf>,
    /// A version or an alias
    #[arg(long)]
    pub(in crate::cli) qualifier: Option<String>,
    /// Wait for the end and print the output
    #[arg(short, long)]
    pub(in crate::cli) wait: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WorkflowList {
    #[command(flatten)]
    pub(in crate::cli) of: OfWorkflow,
    /// Only those that are so far
    #[arg(long, ignore_case = true)]
    pub(in crate::cli) status: Option<ExecutionStatus>,
    /// Those of the items of this map run, which are not listed otherwise
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) map_run: Option<String>,
    /// The most of them
    #[arg(short = 'n', long, default_value_t = 20)]
    pub(in crate::cli) limit: usize,
}

/// How far an execution is, in the vendor's words (`ListExecutions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(in crate::cli) enum ExecutionStatus {
    Running,
    Succeeded,
    Failed,
    Stopped,
    TimedOut,
}

impl ExecutionStatus {
    /// The vendor's word.
    pub(in crate::cli) const fn word(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
            Self::TimedOut => "TimedOut",
        }
    }
}

/// One execution.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WorkflowNamed {
    #[command(flatten)]
    pub(in crate::cli) of: OfWorkflow,
    /// The execution's name
    pub(in crate::cli) execution: String,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WorkflowShow {
    #[command(flatten)]
    pub(in crate::cli) named: WorkflowNamed,
    /// Show it again whenever it goes on, until it ends
    #[arg(short, long)]
    pub(in crate::cli) watch: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WorkflowStop {
    #[command(flatten)]
    pub(in crate::cli) named: WorkflowNamed,
    /// The error's name, which a flow that waits for this one can catch
    #[arg(long, default_value = "Stopped")]
    pub(in crate::cli) error: String,
    /// Why
    #[arg(long, default_value = "")]
    pub(in crate::cli) cause: String,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WorkflowReport {
    #[command(flatten)]
    pub(in crate::cli) of: OfWorkflow,
    /// The step's token; with `--step` the execution's name
    #[arg(value_name = "TOKEN")]
    pub(in crate::cli) token: String,
    /// The step's name: it waits in the execution that is named instead of a token
    #[arg(long, value_name = "STEP")]
    pub(in crate::cli) step: Option<String>,
    /// The step's result, as JSON
    #[arg(
        long,
        value_name = "JSON",
        conflicts_with = "error",
        default_value = "{}"
    )]
    pub(in crate::cli) output: String,
    /// The step failed: the error's name
    #[arg(long)]
    pub(in crate::cli) error: Option<String>,
    /// Why it failed
    #[arg(long, default_value = "", requires = "error")]
    pub(in crate::cli) cause: String,
}
