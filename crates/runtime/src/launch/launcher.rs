//! Starts processes with whatever isolation this machine permits.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use nix::unistd::{getegid, geteuid};

use super::order::{Input, Order, Parcel};
use super::process::Process;
use super::spawner::Spawner;

/// What separates a process from the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Isolation {
    /// Own root, processes and names; nothing outlives the instance.
    Namespaces,
    /// The machine refuses namespaces; the process sees every file that this user sees. The text says why.
    None(String),
}

/// Starts processes.
pub struct Launcher {
    command: Vec<OsString>,
    isolation: Isolation,
    spawner: Spawner,
}

impl Launcher {
    /// Tries once what this machine permits. `folder` is for the trial and is made if absent; `command` starts the product as
    /// launcher: a program and the words before [`super::main`]'s own.
    ///
    /// # Errors
    /// The command cannot be started at all, or the folder cannot be written to.
    pub fn open(folder: &Path, command: Vec<OsString>) -> io::Result<Self> {
        let slot = folder.join(format!("probe-{}", std::process::id()));
        std::fs::create_dir_all(&slot)?;
        let order = Order {
            program: vec!["/bin/true".into()],
            environment: BTreeMap::new(),
            folder: "/".into(),
            code: None,
            layers: Vec::new(),
            shown: Vec::new(),
            memory_mb: 64,
            disk_mb: 1,
            input: Input::Null,
            is_free: false,
            slot: slot.clone(),
        };
        let mut launcher = Self {
            command,
            isolation: Isolation::Namespaces,
            spawner: Spawner::open()?,
        };
        let output = launcher.command(&order)?.into_std().output()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            launcher.isolation = Isolation::None(why);
        }
        let _ = std::fs::remove_dir_all(slot);
        Ok(launcher)
    }

    /// What separates the processes from this machine.
    pub fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// Whether processes have a root of their own.
    pub fn is_caging(&self) -> bool {
        self.isolation == Isolation::Namespaces
    }

    /// Starts a process. That its program is missing shows only as exit code 126 with the reason on standard error. Without
    /// namespaces an order's paths are those of this machine, and its code, layers and what is shown are only where they are.
    /// The slot is removed when the process has ended.
    ///
    /// # Errors
    /// The launcher cannot be started, or the slot cannot be written to.
    pub async fn start(&self, order: &Order) -> io::Result<Process> {
        std::fs::create_dir_all(&order.slot)?;
        let mut command = self.command(order)?;
        let socket = if order.input == Input::Socket {
            let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
            ours.set_nonblocking(true)?;
            command.stdin(Stdio::from(OwnedFd::from(theirs)));
            Some(tokio::net::UnixStream::from_std(ours)?)
        } else {
            None
        };
        let child = self.spawner.spawn(command).await?;
        Process::adopt(child, socket, order, self.cages(order))
    }

    fn cages(&self, order: &Order) -> bool {
        self.is_caging() && !order.is_free
    }

    fn command(&self, order: &Order) -> io::Result<tokio::process::Command> {
        let path = order.slot.join("order.json");
        let parent = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        Parcel {
            order: order.clone(),
            caged: self.cages(order),
            parent,
            user: geteuid().as_raw(),
            group: getegid().as_raw(),
        }
        .write(&path)?;
        let (program, words) = self
            .command
            .split_first()
            .ok_or_else(|| io::Error::other("the launcher's command is empty"))?;
        let mut command = tokio::process::Command::new(program);
        command.args(words).arg("outer").arg(path);
        // Process 1 of a cage shows its own to the program; what is in ours may be secret.
        command.env_clear();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(self.cages(order));
        Ok(command)
    }
}
