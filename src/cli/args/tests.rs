//! What can be typed about tests.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Tests {
    /// The files of tests (default: every `tests/*.test.yaml` beside the manifest)
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Only tests whose names hold this text
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) filter: Option<String>,
    /// Use the local cloud of the environment: this program runs itself so, with a fresh one
    #[arg(long, hide = true)]
    pub(in crate::cli) here: bool,
}
