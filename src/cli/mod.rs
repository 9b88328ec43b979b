//! The command line: arguments in, words and an exit code out. No rules of the domain live here.

mod args;
mod commands;
mod destination;
mod exit;
mod local;
mod printer;
mod runtime;
mod view;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

pub use exit::Exit;

/// Runs a command line, program name first.
pub fn run(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match args::Args::try_parse_from(line) {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                Exit::Failed as u8
            } else {
                Exit::Done as u8
            });
        }
    };
    let printer = printer::Printer::new(&args.global);
    let exit = match commands::run(args, printer) {
        Ok(exit) => exit,
        Err(diagnostics) => {
            view::diagnostic::show(printer, &diagnostics);
            exit::of(&diagnostics)
        }
    };
    ExitCode::from(exit as u8)
}

/// What is said and returned after a panic.
pub fn bug() -> ExitCode {
    let _ = writeln!(
        std::io::stderr(),
        "This is a bug of sdev. What was done is recorded; the same command can be run again."
    );
    ExitCode::from(Exit::Bug as u8)
}
