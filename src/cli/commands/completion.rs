//! `sdev completion`: a completion script.

use clap::CommandFactory;

use super::super::args::{Args, Completion};
use super::super::exit::Exit;
use super::super::printer::Printer;

pub(super) fn run(args: &Completion, printer: Printer) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "sdev", &mut script);
    printer.data(&String::from_utf8_lossy(&script));
    Exit::Done
}
