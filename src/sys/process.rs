//! Processes: who we are, who lives, how a background one is started.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

/// This process's number.
pub fn id() -> u32 {
    std::process::id()
}

/// This machine's name.
pub fn host() -> String {
    nix::unistd::gethostname().map_or_else(
        |_| "unknown".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Whether a process of this number lives, whoever's it is.
pub fn is_alive(pid: u32) -> bool {
    let Some(pid) = number(pid) else {
        return false;
    };
    // What may not be signalled is another user's, and lives.
    matches!(kill(pid, None), Ok(()) | Err(Errno::EPERM))
}

/// What tells the processes of this machine, since its start and inside this container, from all others: only there does
/// a process's number mean something. `None`: the system does not say.
pub fn space() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let numbers = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), numbers.display()))
}

/// Asks a process to end (SIGTERM). Missing already is success.
pub fn terminate(pid: u32) {
    pass_on(Signal::SIGTERM, pid);
}

fn pass_on(signal: Signal, pid: u32) {
    if let Some(pid) = number(pid) {
        let _ = kill(pid, signal);
    }
}

/// A process's number as the system has it. 0 and what is out of its range would mean groups of processes.
fn number(pid: u32) -> Option<Pid> {
    i32::try_from(pid)
        .ok()
        .filter(|pid| *pid > 0)
        .map(Pid::from_raw)
}

/// Ends this process at once, as `kill -9` would: nothing is flushed, nothing is cleaned up.
pub fn kill_self() {
    let _ = kill(Pid::this(), Signal::SIGKILL);
}

/// Suspends this process until it is sent SIGCONT.
pub fn suspend_self() {
    let _ = kill(Pid::this(), Signal::SIGSTOP);
}

/// Starts this very program in the background, in a process group of its own, its output in `log`, in a working folder
/// and with one more variable.
pub fn spawn_self(
    arguments: &[&str],
    log: &Path,
    (folder, (name, value)): (&Path, (&str, PathBuf)),
) -> io::Result<std::process::Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let errors = log.try_clone()?;
    Command::new(std::env::current_exe()?)
        .args(arguments)
        .current_dir(folder)
        .env(name, value)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
}

/// Starts this very program as a part of this process: it reads from and writes to this one, and is killed when it is dropped.
pub fn spawn_part(
    arguments: &[&OsStr],
    variables: &[(&'static str, OsString)],
) -> io::Result<tokio::process::Child> {
    let variables = variables.iter().map(|(name, value)| (name, value));
    tokio::process::Command::new(std::env::current_exe()?)
        .args(arguments)
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Whether a process ended as by `kill -9`.
pub fn was_killed(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::SIGKILL as i32)
}

/// Where this very program is.
pub fn this_program() -> io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// Ends this process at once with an exit code; destructors do not run.
#[expect(
    clippy::exit,
    reason = "the second interrupt must not wait for anything"
)]
pub fn exit_now(code: u8) -> ! {
    std::process::exit(code.into())
}

/// Runs a command to its end with these variables added, and returns its exit code (128 + signal when a signal ended it).
/// Ctrl-C reaches it by the terminal, SIGTERM and SIGHUP are passed on; this process waits for it either way.
pub async fn run(command: &[OsString], variables: &[(&str, OsString)]) -> io::Result<u8> {
    let (mut interrupt, mut end, mut hang_up) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    );
    let variables = variables.iter().map(|(name, value)| (name, value));
    let mut child = tokio::process::Command::new(&command[0])
        .args(&command[1..])
        .envs(variables)
        .spawn()?;
    let status = loop {
        let passed_on = tokio::select! {
            status = child.wait() => break status?,
            _ = interrupt.recv() => continue,
            _ = end.recv() => Signal::SIGTERM,
            _ = hang_up.recv() => Signal::SIGHUP,
        };
        child
            .id()
            .into_iter()
            .for_each(|pid| pass_on(passed_on, pid));
    };
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(u8::try_from(code & 0xff).unwrap_or(1))
}
