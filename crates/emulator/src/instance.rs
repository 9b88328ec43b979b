//! The other thing that a program with a local cloud in it is: the launcher of functions' processes.

use std::ffi::OsString;
use std::process::ExitCode;

/// The first word of a command line that starts a launcher and not the program.
const WORD: &str = "__instance";

/// The command that starts this program as launcher. It stays right when the program's file is replaced while it runs.
pub fn of_this_program() -> Vec<OsString> {
    vec!["/proc/self/exe".into(), WORD.into()]
}

/// Starts a process when the command line, program name first, asks for that; else nothing. To be called before the program
/// has a second thread.
pub fn run(line: &[OsString]) -> Option<ExitCode> {
    match line {
        [_, word, words @ ..] if word == WORD => Some(runtime::launch::main(words)),
        _ => None,
    }
}
