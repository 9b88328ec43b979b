//! The launcher's two stages: the one that enters namespaces and the one that is process 1 in them.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid, setsid};

use super::order::Parcel;
use super::{cage, tree};

/// The exit code when no process could be started; standard error says why, after [`CANNOT`].
const FAILED: u8 = 126;
/// How the reason begins.
pub(crate) const CANNOT: &str = "cannot start ";

/// What the binary does when it is started as launcher: `arguments` are those after the hidden word. Must be called before the
/// process has a second thread. Ends with the program's exit code, or 128 and the number of the signal that ended it.
pub fn main(arguments: &[OsString]) -> ExitCode {
    let code = match arguments {
        [stage, path] if stage == "outer" => outer(Path::new(path), arguments),
        [stage, path] if stage == "inner" => inner(Path::new(path)),
        _ => Err(io::Error::other("the launcher is not for use by hand")),
    };
    ExitCode::from(code.unwrap_or_else(|error| {
        use io::Write;
        let _ = writeln!(io::stderr(), "{}", told(&error));
        FAILED
    }))
}

/// The reason, which names what could not be started.
fn told(error: &io::Error) -> String {
    let text = error.to_string();
    if text.starts_with(CANNOT) {
        text
    } else {
        format!("{CANNOT}an instance: {text}")
    }
}

fn outer(path: &Path, arguments: &[OsString]) -> io::Result<u8> {
    let parcel = Parcel::read(path)?;
    setsid()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    if !parcel.caged {
        return uncaged(path, &parcel);
    }
    // Only the root of a namespace keeps its rights when it starts the next stage.
    enter(
        (0, parcel.user),
        (0, parcel.group),
        CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS,
    )?;
    die_with_parent(parcel.parent, Signal::SIGKILL)?;
    // The same words as ours, but for the stage. The program sees them: they name the file and not where it is.
    let before = std::env::args_os()
        .skip(1)
        .take(std::env::args_os().count() - 1 - arguments.len());
    let (folder, name) = path
        .parent()
        .zip(path.file_name())
        .ok_or_else(|| io::Error::other("the order is no file"))?;
    let child = Command::new("/proc/self/exe")
        .args(before)
        .arg("inner")
        .arg(name)
        .current_dir(folder)
        .spawn()?;
    supervise(&child, false)
}

fn inner(path: &Path) -> io::Result<u8> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    let parcel = Parcel::read(path)?;
    std::fs::remove_file(path)?;
    cage::build(&parcel.order)?;
    // A second user namespace: what is mounted is locked now, so that not even its root can make it writable.
    enter((parcel.user, 0), (parcel.group, 0), CloneFlags::empty())?;
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    prctl::set_no_new_privs()?;
    supervise(&program(&parcel)?, false)
}

fn uncaged(path: &Path, parcel: &Parcel) -> io::Result<u8> {
    std::fs::remove_file(path)?;
    prctl::set_child_subreaper(true)?;
    if !parcel.order.is_free {
        prctl::set_no_new_privs()?;
    }
    let child = program(parcel)?;
    SigSet::from_iter([Signal::SIGHUP]).thread_block()?;
    die_with_parent(parcel.parent, Signal::SIGHUP)?;
    supervise(&child, true)
}

fn program(parcel: &Parcel) -> io::Result<Child> {
    let order = &parcel.order;
    let (name, arguments) = order
        .program
        .split_first()
        .ok_or_else(|| io::Error::other("no program is named"))?;
    Command::new(name)
        .args(arguments)
        .env_clear()
        .envs(&order.environment)
        .current_dir(&order.folder)
        .stdin(Stdio::inherit())
        .spawn()
        .map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{CANNOT}{name}: {error}{}", hint(&error)),
            )
        })
}

/// What is mostly the reason.
fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "; is it in the code, and is its first line right?",
        io::ErrorKind::PermissionDenied => "; it must be executable",
        _ => "",
    }
}

/// Enters new user and mount namespaces, and the others asked for. Of user and group: the number
/// inside, and the one outside that it stands for, which must be our own.
fn enter(user: (u32, u32), group: (u32, u32), others: CloneFlags) -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | others)?;
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("{} {} 1", user.0, user.1))?;
    std::fs::write("/proc/self/gid_map", format!("{} {} 1", group.0, group.1))
}

fn die_with_parent(parent: i32, signal: Signal) -> io::Result<()> {
    prctl::set_pdeathsig(signal)?;
    if getppid().as_raw() == parent {
        Ok(())
    } else {
        Err(io::Error::other("who asked for the process is gone"))
    }
}

/// Reaps whatever ends, passes `SIGTERM` on, and ends with the child. `sweep`: nothing else would end its descendants.
fn supervise(child: &Child, sweep: bool) -> io::Result<u8> {
    let child = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGCHLD, Signal::SIGHUP]);
    signals.thread_block()?;
    let code = loop {
        if let Some(code) = reap(child)? {
            break code;
        }
        match signals.wait()? {
            Signal::SIGTERM => drop(kill(child, Signal::SIGTERM)),
            Signal::SIGHUP => break 137,
            _ => {}
        }
    };
    if sweep {
        tree::kill_below(std::process::id());
    }
    Ok(code)
}

fn reap(child: Pid) -> io::Result<Option<u8>> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == child => {
                return Ok(Some(u8::try_from(code & 255).unwrap_or(FAILED)));
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                let status = std::process::ExitStatus::from_raw(signal as i32);
                let number = status.signal().unwrap_or(9);
                return Ok(Some(128 + u8::try_from(number).unwrap_or(9)));
            }
            Ok(WaitStatus::StillAlive) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
