//! The door: arguments in, exit code out.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Takes about a fifth off the local cloud's work (docs/performance.md), most of which makes and frees small things on several threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let run = || sdev::cli::run(std::env::args_os());
    // The panic's own words are on standard error already.
    std::panic::catch_unwind(run).unwrap_or_else(|_| sdev::cli::bug())
}
