//! The door: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let run = || sdev::cli::run(std::env::args_os());
    // The panic's own words are on standard error already.
    std::panic::catch_unwind(run).unwrap_or_else(|_| sdev::cli::bug())
}
