//! The command line: arguments in, words and an exit code out. No rules of the domain live here.

mod args;
mod commands;
mod destination;
mod environment;
mod exit;
mod local;
mod lsp;
mod machine;
mod printer;
mod runtime;
mod suite;
mod view;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

pub use exit::Exit;

use crate::diagnostic::{Diagnostic, code};

/// Runs a command line, program name first.
pub fn run(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line: Vec<OsString> = line.into_iter().collect();
    if let Some(code) = local::instance(&line) {
        return code;
    }
    let args = match args::Args::try_parse_from(&line) {
        Ok(args) => args,
        Err(error) => {
            let printed = error.print();
            if error.use_stderr() {
                if let Some(meant) = meant(&line, error.kind()) {
                    let _ = writeln!(std::io::stderr(), "  tip: did you mean `{meant}`?");
                }
                return ExitCode::from(Exit::Failed as u8);
            }
            printer::note(printed.and_then(|()| std::io::stdout().flush()));
            return ExitCode::from(delivered(Exit::Done, false) as u8);
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
    ExitCode::from(delivered(exit, printer.color) as u8)
}

/// What was meant by `sdev RESOURCE COMMAND`, which is how Serverless Devs has it.
fn meant(line: &[OsString], kind: clap::error::ErrorKind) -> Option<String> {
    let [_, resource, command, ..] = line else {
        return None;
    };
    let (resource, command) = (resource.to_str()?, command.to_str()?);
    let takes_resources = ["deploy", "remove", "plan"].contains(&command);
    let is_unknown = kind == clap::error::ErrorKind::InvalidSubcommand;
    (takes_resources && is_unknown).then(|| format!("sdev {command} {resource}"))
}

/// The exit code when it is known whether standard output took everything.
fn delivered(exit: Exit, color: bool) -> Exit {
    let Some(why) = printer::failure() else {
        return exit;
    };
    let detail = format!("standard output cannot be written: {why}");
    let words = view::diagnostic::render(&Diagnostic::error(code::MACHINE, detail), color);
    // With `--json` too: standard output, where it belonged, is what failed.
    let _ = writeln!(std::io::stderr(), "{words}");
    match exit {
        Exit::Done | Exit::Changes => Exit::Failed,
        other => other,
    }
}

/// What is said and returned after a panic.
pub fn bug() -> ExitCode {
    let _ = writeln!(
        std::io::stderr(),
        "This is a bug of sdev. What was done is recorded; the same command can be run again."
    );
    ExitCode::from(Exit::Bug as u8)
}
