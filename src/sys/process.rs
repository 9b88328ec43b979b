//! Processes: who we are, who lives, how a background one is started.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// This process's number.
pub fn id() -> u32 {
    std::process::id()
}

/// This machine's name.
pub fn host() -> String {
    nix::unistd::gethostname().map_or_else(|_| "unknown".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Whether a process of this number lives.
pub fn is_alive(pid: u32) -> bool {
    i32::try_from(pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None).is_ok())
}

/// Asks a process to end (SIGTERM). Missing already is success.
pub fn terminate(pid: u32) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
}

/// Ends this process at once, as `kill -9` would: nothing is flushed, nothing is cleaned up.
pub fn kill_self() {
    let _ = kill(Pid::this(), Signal::SIGKILL);
}

/// Starts this very program in the background, in a process group of its own, its output in `log`.
pub fn spawn_self(arguments: &[&str], log: &Path) -> io::Result<std::process::Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let errors = log.try_clone()?;
    Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
}
