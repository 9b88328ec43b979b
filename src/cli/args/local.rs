//! What can be typed about the local cloud.

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Local {
    /// Start it in the background
    Start(Start),
    /// Stop it; what it holds stays
    Stop,
    /// Say where it runs
    Status(Status),
    /// Forget everything that it holds
    Reset,
    /// Run a command with a fresh local cloud of its own
    Run(Run),
    /// Its clock
    #[command(subcommand)]
    Clock(Clock),
    /// Serve for the process that started this one, with the keys of the environment, until standard input ends
    #[command(hide = true)]
    Serve(Serve),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Serve {
    /// The port; 0 is a free one
    pub(in crate::cli) port: u16,
    /// The data folder
    pub(in crate::cli) data: std::path::PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Start {
    /// The port (default: the one of the last start, at first 7380)
    #[arg(long)]
    pub(in crate::cli) port: Option<u16>,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub(in crate::cli) listen: std::net::IpAddr,
    /// Allow an address that other machines can reach
    #[arg(long)]
    pub(in crate::cli) allow_remote: bool,
    /// Stay in the foreground
    #[arg(long)]
    pub(in crate::cli) foreground: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Status {
    /// Print the keys' secret too
    #[arg(long)]
    pub(in crate::cli) show_secret: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Run {
    /// The command and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CMD"
    )]
    pub(in crate::cli) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Clock {
    /// Move it forward, for example by `1h`, `90s`, `2d`
    Advance {
        /// How far
        by: String,
    },
}
