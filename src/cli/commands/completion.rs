//! `sdev completion`: a completion script.

use clap::CommandFactory;

use super::super::args::{Args, Completion};
use super::super::exit::Exit;

pub(super) fn run(args: &Completion) -> Exit {
    clap_complete::generate(args.shell, &mut Args::command(), "sdev", &mut std::io::stdout().lock());
    Exit::Done
}
