//! Starts processes with whatever isolation this machine permits.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::unistd::{getegid, geteuid};

use super::order::{Input, Order, Parcel};
use super::process::Process;

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
}

impl Launcher {
    /// Tries once what this machine permits. `folder` is for the trial and is made if absent; `command` starts the product as
    /// launcher: a program and the words before [`super::main`]'s own.
    pub fn open(folder: &Path, command: Vec<OsString>) -> io::Result<Self> {
        let slot = folder.join(format!("probe-{}", std::process::id()));
        std::fs::create_dir_all(&slot)?;
        let order = Order {
            program: vec!["/bin/true".into()],
            environment: BTreeMap::new(),
            folder: "/".into(),
            code: None,
            layers: Vec::new(),
            memory_mb: 64,
            cpu: 1.0,
            disk_mb: 1,
            input: Input::Null,
            slot: slot.clone(),
        };
        let mut launcher = Self {
            command,
            isolation: Isolation::Namespaces,
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

    /// Starts a process. That its program is missing shows only as exit code 126 with the reason on standard error. Without
    /// namespaces an order must hold its code and has no layers, and words that begin with `/code` are rewritten.
    /// Must be called from a thread that lives as long as the process shall.
    // Async, so that a caller need not change when starting comes to wait for something.
    #[allow(
        clippy::unused_async,
        reason = "the seam that callers are written against"
    )]
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
        Process::adopt(command.spawn()?, socket, order.memory_mb, self.caged())
    }

    fn caged(&self) -> bool {
        self.isolation == Isolation::Namespaces
    }

    fn command(&self, order: &Order) -> io::Result<tokio::process::Command> {
        let caged = self.caged();
        let order = if caged {
            order.clone()
        } else {
            on_real_paths(order)?
        };
        let path = order.slot.join("order.json");
        let parent = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        Parcel {
            order,
            caged,
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
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }
}

fn on_real_paths(order: &Order) -> io::Result<Order> {
    let mut order = order.clone();
    if !order.layers.is_empty() {
        return Err(io::Error::other(
            "layers need namespaces, which this machine refuses",
        ));
    }
    let code = order
        .code
        .clone()
        .unwrap_or_else(|| order.slot.join("code"));
    std::fs::create_dir_all(&code)?;
    for word in &mut order.program {
        if let Ok(rest) = Path::new(word.as_str()).strip_prefix("/code") {
            *word = code.join(rest).to_string_lossy().into_owned();
        }
    }
    if let Ok(rest) = order.folder.strip_prefix("/code") {
        order.folder = PathBuf::from(&code).join(rest);
    }
    let text = code.to_string_lossy().into_owned();
    order.environment.insert("FC_FUNC_CODE_PATH".into(), text);
    Ok(order)
}
