//! A local cloud that lives as long as one command.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use super::apart::Apart;
use super::{Keys, Settings, fresh};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::sys::{env, fs, process, random};

/// How the names of the temporary folders begin; the owner's process number and chance follow.
const PREFIX: &str = "sdev-local-";

/// What a command came to: its exit code or why it could not be started, and what could not be removed afterwards.
type Ran = (io::Result<u8>, Option<fs::FsError>);

/// Where the local cloud of a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Place {
    /// In this process.
    Here,
    /// In one of its own, which may be killed: it comes back.
    Apart,
}

/// Runs a command with a fresh local cloud. Its data and the states of what is deployed to it go when the command ends.
pub(in crate::cli) async fn run(command: &[OsString], place: Place) -> Result<Ran, Diagnostics> {
    let temporary = std::env::temp_dir();
    sweep(&temporary);
    let name = format!("{PREFIX}{}-{}", process::id(), random::hex(8));
    let folder = temporary.join(name);
    fs::create_private_folder(&folder).map_err(Diagnostic::from)?;
    let ran = match place {
        Place::Here => run_here(&folder, command).await,
        Place::Apart => run_apart(&folder, command).await,
    };
    let left = fs::remove_folder(&folder).err();
    Ok((ran?, left))
}

async fn run_here(folder: &Path, command: &[OsString]) -> Result<io::Result<u8>, Diagnostics> {
    let keys = Keys::new();
    let settings = Settings {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        data: folder.join("data"),
    };
    let cloud = fresh(&settings, &keys).await?;
    let url = format!("http://{}", cloud.address());
    let ran = process::run(command, &lent(folder, &url, &keys)).await;
    cloud.stop().await;
    Ok(ran)
}

async fn run_apart(folder: &Path, command: &[OsString]) -> Result<io::Result<u8>, Diagnostics> {
    let keys = Keys::new();
    let mut cloud = Apart::start(folder.join("data"), &keys).await?;
    let variables = lent(folder, &cloud.url, &keys);
    let running = process::run(command, &variables);
    tokio::pin!(running);
    let ran = tokio::select! {
        ran = &mut running => ran,
        // The command finds out by itself that its cloud is gone.
        errors = cloud.keep() => {
            let _ = running.await;
            return Err(errors);
        }
    };
    cloud.stop().await;
    Ok(ran)
}

/// What a command is told of its local cloud.
fn lent(folder: &Path, url: &str, keys: &Keys) -> Vec<(&'static str, OsString)> {
    let mut variables = variables(keys);
    variables.push((env::LOCAL_URL, url.into()));
    variables.push((env::STATES, folder.join("states").into_os_string()));
    variables
}

/// Keys as variables.
pub(super) fn variables(keys: &Keys) -> Vec<(&'static str, OsString)> {
    vec![
        (env::KEY_ID, keys.key_id.clone().into()),
        (env::KEY_SECRET, keys.secret.reveal().into()),
        (env::ACCOUNT, keys.account_id.clone().into()),
        (env::REGION, keys.region.clone().into()),
    ]
}

/// Removes what runs that were killed left behind. What cannot be removed is another user's, or the next run's.
fn sweep(temporary: &Path) {
    let Ok(entries) = std::fs::read_dir(temporary) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_of_the_dead) && !is_used(&entry.path()) {
            let _ = fs::remove_folder(&entry.path());
        }
    }
}

fn is_of_the_dead(name: &str) -> bool {
    let owner = name
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('-'))
        .and_then(|(pid, _)| pid.parse().ok());
    owner.is_some_and(|pid| !process::is_alive(pid))
}

/// A process of another container has a number that means nothing here, but its lock can be seen.
fn is_used(folder: &Path) -> bool {
    fs::is_locked(&folder.join("data/lock")).unwrap_or(true)
}
