//! What can be typed about functions.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Dev {
    /// Only these resources (default: all)
    #[arg(value_name = "RESOURCE")]
    pub(in crate::cli) resources: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Build {
    /// Only these resources (default: all)
    #[arg(value_name = "RESOURCE")]
    pub(in crate::cli) resources: Vec<String>,
    /// Make all again, also what is up to date
    #[arg(long)]
    pub(in crate::cli) force: bool,
    /// How long each tool may take
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = crate::sys::clock::duration)]
    pub(in crate::cli) timeout: std::time::Duration,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Invoke {
    /// The resource (default: the only one that is a function)
    pub(in crate::cli) resource: Option<String>,
    /// The event
    #[arg(short, long, conflicts_with = "event_file")]
    pub(in crate::cli) event: Option<String>,
    /// A file that holds the event; `-` is standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(in crate::cli) event_file: Option<PathBuf>,
    /// A version or an alias (default: LATEST)
    #[arg(long)]
    pub(in crate::cli) qualifier: Option<String>,
    /// Whether to wait for the answer
    #[arg(long, value_enum, default_value = "sync", ignore_case = true)]
    pub(in crate::cli) invocation_type: InvocationType,
    /// An id for an asynchronous task: the same id runs once
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) async_task_id: Option<String>,
    /// The longest time to wait, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(in crate::cli) timeout: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum InvocationType {
    Sync,
    Async,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Logs {
    /// The resource (default: every function of the manifest)
    pub(in crate::cli) resource: Option<String>,
    /// Go on with what comes, until interrupted
    #[arg(long)]
    pub(in crate::cli) tail: bool,
    /// Only from this time on: a duration such as `10m`, or a time: `2026-11-26 12:00` (UTC, as it
    /// is printed) or 2026-11-26T12:00:00+08:00
    #[arg(short, long, value_name = "TIME")]
    pub(in crate::cli) since: Option<String>,
    /// Only up to this time
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) until: Option<String>,
    /// Only what one call wrote, and the calls that were made for it
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) request_id: Option<String>,
    /// Only what one instance wrote
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) instance_id: Option<String>,
    /// Only of this version
    #[arg(long)]
    pub(in crate::cli) qualifier: Option<String>,
    /// Only lines that hold this text
    #[arg(long = "match", value_name = "TEXT")]
    pub(in crate::cli) text: Option<String>,
    /// The most lines, the last ones
    #[arg(short = 'n', long, default_value_t = 1000)]
    pub(in crate::cli) lines: usize,
}
