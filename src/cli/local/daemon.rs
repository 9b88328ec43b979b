//! The background local cloud: a copy of this program that serves until told to stop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::time::Instant;

use super::endpoint::{is_in_use, lock};
use super::{Admin, Endpoint, Keys, data, folder, port, running};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::{env, fs, process};

/// How long a start may take; opening a large store takes a while on a slow disk.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a start of another process may take to answer.
const OTHERS: Duration = Duration::from_secs(10);

/// How long nobody must hold the data folder before nobody is thought to be starting.
const QUIET: Duration = Duration::from_secs(1);

/// Between two looks.
const BREATH: Duration = Duration::from_millis(10);

/// The running local cloud, started now if there is none. Whether it was started now.
pub(in crate::cli) async fn ensure() -> Result<(Endpoint, Keys, bool), Diagnostics> {
    if let Some((endpoint, keys)) = running()? {
        if Admin::new(&endpoint, &keys)?.ping().await {
            return Ok((endpoint, keys, false));
        }
        if endpoint.pid.is_none() {
            let detail = format!("{} does not answer", endpoint.url);
            return Err(Diagnostic::error(code::LOCAL_DOWN, detail).into());
        }
    }
    let (endpoint, keys) = start(IpAddr::V4(Ipv4Addr::LOCALHOST), None).await?;
    Ok((endpoint, keys, true))
}

/// Starts one in the background and waits until it answers. When others start one at the same time, there is one in the
/// end, and it is everybody's. Where nobody chose a port and the usual one is taken, any free one does, and is kept.
pub(in crate::cli) async fn start(
    listen: IpAddr,
    asked: Option<u16>,
) -> Result<(Endpoint, Keys), Diagnostics> {
    let started = start_on(listen, asked.unwrap_or_else(port::port)).await;
    match started {
        Err(failed) if asked.is_none() && !port::is_chosen() && is_port_taken(&failed) => {
            let (endpoint, keys) = start_on(listen, 0).await?;
            port::keep(&endpoint.url).map_err(Diagnostic::from)?;
            Ok((endpoint, keys))
        }
        started => started,
    }
}

async fn start_on(listen: IpAddr, port: u16) -> Result<(Endpoint, Keys), Diagnostics> {
    let keys = Keys::stored()?;
    fs::create_folder(&data()).map_err(Diagnostic::from)?;
    let mut attempts = 3;
    loop {
        attempts -= 1;
        let failed = match launch(SocketAddr::new(listen, port), &keys).await {
            Ok(endpoint) => return Ok((endpoint, keys)),
            Err(failed) => failed,
        };
        let (taken, locked) = (is_port_taken(&failed), is_locked_out(&failed));
        if !taken && !locked {
            return Err(failed);
        }
        if let Some(endpoint) = of_another_start(&keys).await? {
            return Ok((endpoint, keys));
        }
        // What has the port is most likely ours, too.
        if let Some(silent) = silent()? {
            return Err(silent.into());
        }
        // Who held the data folder may have been on its way out.
        if attempts == 0 || !locked {
            return Err(failed);
        }
    }
}

async fn launch(listen: SocketAddr, keys: &Keys) -> Result<Endpoint, Diagnostics> {
    let log = fs::absolute(&folder()).join("log");
    let (address, port) = (listen.ip().to_string(), listen.port().to_string());
    let arguments = [
        "local",
        "start",
        "--foreground",
        "--allow-remote",
        "--listen",
        address.as_str(),
        "--port",
        port.as_str(),
        "--json",
    ];
    let before = std::fs::metadata(&log).map_or(0, |m| m.len());
    let machine =
        |e: std::io::Error| Diagnostics::from(Diagnostic::error(code::LOCAL_START, e.to_string()));
    // It lives on when the folder where it was started is removed or unmounted.
    let home = (env::HOME, fs::absolute(&env::home()));
    let mut child =
        process::spawn_self(&arguments, &log, (&fs::absolute(&data()), home)).map_err(machine)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(endpoint) = Endpoint::left()?.filter(|e| e.pid == Some(child.id()))
            && Admin::new(&endpoint, keys)?.ping().await
        {
            return Ok(endpoint);
        }
        if child.try_wait().map_err(machine)?.is_some() {
            return Err(why_it_ended(&log, before));
        }
        if Instant::now() > deadline {
            return Err(still_starting().into());
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// What is to be said when a local cloud has the data folder and does not answer, which its endpoint, written last, explains; nothing
/// when none has it.
pub(in crate::cli) fn silent() -> Result<Option<Diagnostic>, Diagnostics> {
    if !is_in_use()? {
        return Ok(None);
    }
    let has_served = Endpoint::of_background()?.and_then(|left| Some((left.pid?, left.url)));
    Ok(Some(match has_served {
        Some((pid, url)) => {
            let detail = format!("the local cloud, process {pid}, does not answer at {url}");
            Diagnostic::error(code::LOCAL_START, detail)
        }
        None => still_starting(),
    }))
}

fn still_starting() -> Diagnostic {
    let log = fs::absolute(&folder()).join("log");
    let detail = format!(
        "the local cloud is still starting and does not answer yet; see {}",
        log.display()
    );
    Diagnostic::error(code::LOCAL_START, detail).hint("wait a moment and give the command again")
}

fn is_port_taken(failed: &Diagnostics) -> bool {
    failed.iter().any(|d| d.code == code::PORT_TAKEN)
}

fn is_locked_out(failed: &Diagnostics) -> bool {
    let data = fs::absolute(&env::home()).join("local/data");
    let locked = emulator::StartError::Locked(data).to_string();
    failed.iter().any(|d| d.detail == locked)
}

/// The local cloud that another process starts right now, as soon as it answers.
async fn of_another_start(keys: &Keys) -> Result<Option<Endpoint>, Diagnostics> {
    let (quiet, end) = (Instant::now() + QUIET, Instant::now() + OTHERS);
    loop {
        // The port is taken before the data folder is locked, and the endpoint is written last.
        let in_use = is_in_use()?;
        if in_use
            && let Some(endpoint) = Endpoint::left()?
            && Admin::new(&endpoint, keys)?.ping().await
        {
            return Ok(Some(endpoint));
        }
        if Instant::now() > if in_use { end } else { quiet } {
            return Ok(None);
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// The diagnostic that the child left in its log.
fn why_it_ended(log: &std::path::Path, from: u64) -> Diagnostics {
    let text = fs::read_text(log).ok().flatten().unwrap_or_default();
    let tail = text
        .get(usize::try_from(from).unwrap_or(0)..)
        .unwrap_or_default();
    let mut told = tail
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let told = told.rfind(|json| json["type"] == "diagnostic");
    let Some(told) = told else {
        return Diagnostic::error(
            code::LOCAL_START,
            format!("it ended at once: {}", tail.trim()),
        )
        .into();
    };
    let port_taken = told["code"] == code::PORT_TAKEN.to_string();
    let code = if port_taken {
        code::PORT_TAKEN
    } else {
        code::LOCAL_START
    };
    let mut error = Diagnostic::error(code, told["detail"].as_str().unwrap_or_default());
    error.hints = told["hints"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|h| h.as_str().map(str::to_owned))
        .collect();
    error.into()
}

/// Stops the background one; whether there was one. Only a process that says itself that it is ours is sent a signal.
pub(in crate::cli) async fn stop() -> Result<bool, Diagnostics> {
    let Some(endpoint) = Endpoint::of_background()? else {
        return Ok(false);
    };
    let Some(pid) = endpoint.pid else {
        return Ok(false);
    };
    let admin = Admin::new(&endpoint, &Keys::stored()?)?;
    match admin.status().await {
        Ok(status) if status["pid"] == pid => {
            if admin.stop().await.is_err() {
                process::terminate(pid);
            }
        }
        Ok(status) => {
            let detail = format!(
                "process {} answers at {}, and not process {pid}",
                status["pid"], endpoint.url
            );
            return Err(Diagnostic::error(code::LOCAL_DOWN, detail).into());
        }
        // It may have been on its way out.
        Err(failed) => return has_ended(pid, QUIET).await.then_some(true).ok_or(failed),
    }
    if !has_ended(pid, PATIENCE).await {
        let detail = format!("process {pid} does not end");
        return Err(Diagnostic::error(code::LOCAL_START, detail).into());
    }
    Endpoint::remove_stale()?;
    Ok(true)
}

/// Whether the local cloud of this process ends in time.
async fn has_ended(pid: u32, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while process::is_alive(pid) && is_in_use().unwrap_or(true) {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(BREATH).await;
    }
    true
}

/// Removes what a stopped local cloud holds.
pub(in crate::cli) fn forget() -> Result<(), Diagnostics> {
    let Some(_held) = fs::FileLock::try_take(&lock()).map_err(Diagnostic::from)? else {
        let error = emulator::StartError::Locked(data()).to_string();
        return Err(Diagnostic::error(code::LOCAL_START, error).into());
    };
    Ok(fs::remove_folder(&data()).map_err(Diagnostic::from)?)
}
