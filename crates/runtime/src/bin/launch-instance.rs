//! The launcher alone; the product's binary is its own. For the tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    runtime::launch::main(&arguments)
}
