//! The launcher of functions' processes alone; the product's binary is its own. For the tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    let line: Vec<_> = std::env::args_os().collect();
    emulator::instance::run(&line).unwrap_or(ExitCode::FAILURE)
}
