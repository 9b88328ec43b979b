//! A started process: its pipes, its memory, its end.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::sync::{Notify, watch};

use super::order::Order;
use super::tree;

/// How often memory and processes of one that works are counted.
const PERIOD: Duration = Duration::from_millis(100);
/// How often when nothing is asked of it and its memory stays as it is.
const QUIET_PERIOD: Duration = Duration::from_secs(2);
/// More processes than this at once are taken for a fork bomb.
const PROCESSES: usize = 512;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, or by a signal (128 and its number).
    Code(i32),
    /// Killed: it used more memory than it may.
    OutOfMemory {
        /// Megabytes that were counted.
        used_mb: u32,
        /// Megabytes that it may use.
        limit_mb: u32,
    },
    /// Killed: it started more processes than it may.
    TooManyProcesses,
}

impl fmt::Display for Exit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code @ ..=128) => write!(out, "exit status: {code}"),
            Self::Code(code) => match Signal::try_from(code - 128) {
                Ok(signal) => write!(out, "signal: {} ({signal})", code - 128),
                Err(_) => write!(out, "exit status: {code}"),
            },
            Self::OutOfMemory { used_mb, limit_mb } => {
                write!(
                    out,
                    "killed: it used {used_mb} MB of memory and may use {limit_mb}"
                )
            }
            Self::TooManyProcesses => {
                write!(out, "killed: it started more than {PROCESSES} processes")
            }
        }
    }
}

/// What its guard and its users share.
#[derive(Default)]
struct Seen {
    now_mb: AtomicU32,
    peak_mb: AtomicU32,
    limit_mb: AtomicU32,
    /// Whether something was asked of it since it was counted last.
    is_stirred: AtomicBool,
    stirred: Notify,
}

/// A started process. Dropping it kills it.
pub struct Process {
    launcher: u32,
    /// Stages of the launcher below its first one.
    stages: usize,
    program: OnceLock<u32>,
    socket: Option<UnixStream>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    seen: Arc<Seen>,
    exit: watch::Receiver<Option<Exit>>,
}

impl Process {
    pub(super) fn adopt(
        mut child: Child,
        socket: Option<UnixStream>,
        order: &Order,
        caged: bool,
    ) -> io::Result<Self> {
        let launcher = child
            .id()
            .ok_or_else(|| io::Error::other("the launcher ended at once"))?;
        // Process 1 of a cage is the launcher too, not the user's.
        let stages = usize::from(caged);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let seen = Arc::new(Seen::default());
        seen.limit_mb.store(order.memory_mb, Ordering::Relaxed);
        let (sender, exit) = watch::channel(None);
        let guard = Guard {
            launcher,
            stages,
            slot: order.slot.clone(),
            seen: Arc::clone(&seen),
        };
        tokio::spawn(guard.until_end(child, sender));
        Ok(Self {
            launcher,
            stages,
            program: OnceLock::new(),
            socket,
            stdout,
            stderr,
            seen,
            exit,
        })
    }

    /// The user's program as this machine numbers it; the launcher's first process as long as it is not started.
    pub fn pid(&self) -> u32 {
        if let Some(known) = self.program.get() {
            return *known;
        }
        match tree::below(self.launcher).get(self.stages) {
            Some(program) => *self.program.get_or_init(|| *program),
            None => self.launcher,
        }
    }

    /// The process above all of the instance.
    pub fn launcher_pid(&self) -> u32 {
        self.launcher
    }

    /// The other end of its standard input, once.
    pub fn take_socket(&mut self) -> Option<UnixStream> {
        self.socket.take()
    }

    /// What it writes to standard output, once.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// What it writes to standard error, once.
    pub fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.stderr.take()
    }

    /// Something is asked of it: it is counted closely from now on.
    pub fn stir(&self) {
        if !self.seen.is_stirred.swap(true, Ordering::Relaxed) {
            self.seen.stirred.notify_one();
        }
    }

    /// From now on it may use so many megabytes.
    pub fn limit(&self, memory_mb: u32) {
        self.seen.limit_mb.store(memory_mb, Ordering::Relaxed);
    }

    /// Megabytes that all its processes used when last counted.
    pub fn memory_mb(&self) -> u32 {
        self.seen.now_mb.load(Ordering::Relaxed)
    }

    /// The most megabytes counted so far.
    pub fn peak_mb(&self) -> u32 {
        self.seen.peak_mb.load(Ordering::Relaxed)
    }

    /// `None` while it runs, then how it ended.
    pub(crate) fn end(&self) -> watch::Receiver<Option<Exit>> {
        self.exit.clone()
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// Waits for its end.
    pub fn wait(&self) -> impl Future<Output = Exit> + Send + use<> {
        let mut exit = self.exit.clone();
        async move {
            match exit.wait_for(Option::is_some).await {
                Ok(exit) => exit.unwrap_or(Exit::Code(137)),
                Err(_) => Exit::Code(137),
            }
        }
    }

    /// Kills it and everything that it started.
    pub fn kill(&self) {
        if self.exit.borrow().is_none() {
            kill_all(self.launcher);
        }
    }

    /// Asks it to end, and kills it after `grace`.
    pub async fn stop(&self, grace: Duration) -> Exit {
        if self.exit.borrow().is_none() {
            // The launcher would pass it on, but may not listen yet when the program is ready, and would end of it.
            send(self.pid(), Signal::SIGTERM);
        }
        if let Ok(exit) = tokio::time::timeout(grace, self.wait()).await {
            return exit;
        }
        self.kill();
        self.wait().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The launcher takes a caged tree with it; of an uncaged one it kills what it finds when it hears `SIGHUP`.
fn kill_all(launcher: u32) {
    for below in tree::below(launcher) {
        send(below, Signal::SIGKILL);
    }
    send(launcher, Signal::SIGHUP);
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Watches over a process until it has ended, and removes what it leaves.
struct Guard {
    launcher: u32,
    stages: usize,
    slot: PathBuf,
    seen: Arc<Seen>,
}

impl Guard {
    async fn until_end(self, mut child: Child, sender: watch::Sender<Option<Exit>>) {
        let mut verdict = None;
        let mut pause = PERIOD;
        let code = loop {
            tokio::select! {
                status = child.wait() => break status.ok().and_then(|status| status.code()).unwrap_or(137),
                () = tokio::time::sleep(pause) => {}
                () = self.seen.stirred.notified(), if pause > PERIOD => {}
            }
            let is_stirred = self.seen.is_stirred.swap(false, Ordering::Relaxed);
            let before = self.seen.now_mb.load(Ordering::Relaxed);
            if let Some(exit) = self.count() {
                verdict = Some(exit);
                kill_all(self.launcher);
            }
            let is_same = before == self.seen.now_mb.load(Ordering::Relaxed);
            pause = if is_same && !is_stirred && verdict.is_none() {
                (pause * 2).min(QUIET_PERIOD)
            } else {
                PERIOD
            };
        };
        sender.send_replace(Some(verdict.unwrap_or(Exit::Code(code))));
        // What is left there is of no use; the fleet's folder is emptied at the next start anyway.
        let _ = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(self.slot)).await;
    }

    /// Counts memory and processes; says when there is too much of one.
    fn count(&self) -> Option<Exit> {
        let all = tree::below(self.launcher);
        // Few enough that reading each is cheap; a bomb is not read, only ended.
        let users = all.iter().skip(self.stages).take(PROCESSES);
        let used_by = |of: fn(u32) -> u64| {
            let bytes: u64 = users.clone().map(|pid| of(*pid)).sum();
            u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX)
        };
        let limit_mb = self.seen.limit_mb.load(Ordering::Relaxed);
        let mut used_mb = used_by(tree::resident);
        if used_mb > limit_mb {
            // Slower, and fair to a server whose workers share most of what they hold.
            used_mb = used_by(tree::share);
        }
        self.seen.now_mb.store(used_mb, Ordering::Relaxed);
        self.seen.peak_mb.fetch_max(used_mb, Ordering::Relaxed);
        if all.len() > PROCESSES {
            return Some(Exit::TooManyProcesses);
        }
        (used_mb > limit_mb).then_some(Exit::OutOfMemory { used_mb, limit_mb })
    }
}
