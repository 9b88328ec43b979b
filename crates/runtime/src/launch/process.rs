//! A started process: its pipes, its memory, its end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::sync::watch;

use super::tree;

/// How often memory and processes are counted.
const PERIOD: Duration = Duration::from_millis(100);
/// More processes than this at once are taken for a fork bomb.
const PROCESSES: usize = 512;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, or by a signal (128 and its number).
    Code(i32),
    /// Killed: it used more memory than it may; the peak is in [`Process::peak_mb`].
    OutOfMemory,
    /// Killed: it started more processes than it may.
    TooManyProcesses,
}

/// Megabytes in use.
#[derive(Default)]
struct Usage {
    now: AtomicU32,
    peak: AtomicU32,
}

/// A started process. Dropping it kills it.
pub struct Process {
    pid: u32,
    socket: Option<UnixStream>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    usage: Arc<Usage>,
    exit: watch::Receiver<Option<Exit>>,
}

impl Process {
    pub(super) fn adopt(
        mut child: Child,
        socket: Option<UnixStream>,
        memory_mb: u32,
        caged: bool,
    ) -> io::Result<Self> {
        let pid = child
            .id()
            .ok_or_else(|| io::Error::other("the launcher ended at once"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let usage = Arc::new(Usage::default());
        let (sender, exit) = watch::channel(None);
        tokio::spawn(guard(child, memory_mb, caged, usage.clone(), sender));
        Ok(Self {
            pid,
            socket,
            stdout,
            stderr,
            usage,
            exit,
        })
    }

    /// The launcher's process, above all of the instance.
    pub fn pid(&self) -> u32 {
        self.pid
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

    /// Megabytes that all its processes used when last counted, at most a tenth of a second ago.
    pub fn memory_mb(&self) -> u32 {
        self.usage.now.load(Ordering::Relaxed)
    }

    /// The most megabytes counted so far.
    pub fn peak_mb(&self) -> u32 {
        self.usage.peak.load(Ordering::Relaxed)
    }

    /// Waits for its end.
    pub async fn wait(&self) -> Exit {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await {
            Ok(exit) => exit.unwrap_or(Exit::Code(137)),
            Err(_) => Exit::Code(137),
        }
    }

    /// Kills it and everything that it started.
    pub fn kill(&self) {
        if self.exit.borrow().is_none() {
            kill_all(self.pid);
        }
    }

    /// Asks it to end, and kills it after `grace`.
    pub async fn stop(&self, grace: Duration) -> Exit {
        if self.exit.borrow().is_none() {
            send(self.pid, Signal::SIGTERM);
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
fn kill_all(pid: u32) {
    for below in tree::below(pid) {
        send(below, Signal::SIGKILL);
    }
    send(pid, Signal::SIGHUP);
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

async fn guard(
    mut child: Child,
    memory_mb: u32,
    caged: bool,
    usage: Arc<Usage>,
    sender: watch::Sender<Option<Exit>>,
) {
    let pid = child.id().unwrap_or_default();
    // Process 1 of a cage is the launcher too, not the user's.
    let stages = usize::from(caged);
    let mut verdict = None;
    let code = loop {
        tokio::select! {
            status = child.wait() => break status.ok().and_then(|status| status.code()).unwrap_or(137),
            () = tokio::time::sleep(PERIOD) => {}
        }
        let all = tree::below(pid);
        // Few enough that reading each is cheap; a bomb is not read, only ended.
        let bytes: u64 = all
            .iter()
            .skip(stages)
            .take(PROCESSES)
            .map(|pid| tree::resident(*pid))
            .sum();
        let used = u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX);
        usage.now.store(used, Ordering::Relaxed);
        usage.peak.fetch_max(used, Ordering::Relaxed);
        if all.len() > PROCESSES {
            verdict = Some(Exit::TooManyProcesses);
        } else if used > memory_mb {
            verdict = Some(Exit::OutOfMemory);
        } else {
            continue;
        }
        kill_all(pid);
    };
    sender.send_replace(Some(verdict.unwrap_or(Exit::Code(code))));
}
