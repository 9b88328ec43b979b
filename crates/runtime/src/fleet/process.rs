//! A process of its own group, with its pipes.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::watch;

use super::{guard, lock};

/// What to start.
pub(super) struct Order {
    pub(super) program: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) folder: PathBuf,
    /// Whether its standard input shall be a socket.
    pub(super) socket: bool,
}

/// A running process and all that it started.
pub(super) struct Process {
    pub(super) pid: u32,
    /// `None` while it runs, then how it ended.
    pub(super) ended: watch::Receiver<Option<String>>,
    pub(super) socket: Option<UnixStream>,
    pub(super) out: Option<ChildStdout>,
    pub(super) err: Option<ChildStderr>,
    group: Mutex<Option<Pid>>,
}

impl Process {
    pub(super) fn start(order: &Order) -> io::Result<Self> {
        let (program, arguments) = order
            .program
            .split_first()
            .ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&order.folder)
            .env_clear()
            .envs(&order.environment)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let socket = if order.socket {
            let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
            command.stdin(Stdio::from(OwnedFd::from(theirs)));
            ours.set_nonblocking(true)?;
            Some(UnixStream::from_std(ours)?)
        } else {
            None
        };
        let mut child = command.spawn()?;
        let pid = child.id().ok_or(io::ErrorKind::NotFound)?;
        let group = Pid::from_raw(i32::try_from(pid).map_err(io::Error::other)?);
        guard::watch(group);
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (sender, ended) = watch::channel(None);
        tokio::spawn(wait(child, sender));
        Ok(Self {
            pid,
            ended,
            socket,
            out,
            err,
            group: Mutex::new(Some(group)),
        })
    }

    /// Waits until it has ended.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut ended = self.ended.clone();
        async move { drop(ended.wait_for(Option::is_some).await) }
    }

    /// Ends it and all that it started. Repeating it does nothing.
    pub(super) fn kill(&self) {
        if let Some(group) = lock(&self.group).take() {
            let _ = killpg(group, Signal::SIGKILL);
            guard::forget(group);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn wait(mut child: Child, sender: watch::Sender<Option<String>>) {
    let text = match child.wait().await {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    let _ = sender.send(Some(text));
}
