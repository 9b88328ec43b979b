//! The background local cloud: a copy of this program that serves until told to stop.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{Admin, Endpoint, Keys, PORT, folder, running};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::{fs, process};

/// How long a start may take; opening a large store takes a while on a slow disk.
const PATIENCE: Duration = Duration::from_secs(20);

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
    let (endpoint, keys) = start(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT).await?;
    Ok((endpoint, keys, true))
}

/// Starts one in the background and waits until it answers.
pub(in crate::cli) async fn start(listen: IpAddr, port: u16) -> Result<(Endpoint, Keys), Diagnostics> {
    let keys = Keys::stored()?;
    fs::create_folder(&folder()).map_err(Diagnostic::from)?;
    let log = folder().join("log");
    let (listen, port) = (listen.to_string(), port.to_string());
    let arguments =
        ["local", "start", "--foreground", "--allow-remote", "--listen", listen.as_str(), "--port", port.as_str(), "--json"];
    let before = std::fs::metadata(&log).map_or(0, |m| m.len());
    let machine = |e: std::io::Error| Diagnostics::from(Diagnostic::error(code::LOCAL_START, e.to_string()));
    let mut child = process::spawn_self(&arguments, &log).map_err(machine)?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(endpoint) = Endpoint::of_background()?.filter(|e| e.pid == Some(child.id()))
            && Admin::new(&endpoint, &keys)?.ping().await
        {
            return Ok((endpoint, keys));
        }
        if child.try_wait().map_err(machine)?.is_some() {
            return Err(why_it_ended(&log, before));
        }
        if tokio::time::Instant::now() > deadline {
            let detail = format!("it does not answer; see {}", log.display());
            return Err(Diagnostic::error(code::LOCAL_START, detail).into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The diagnostic that the child left in its log.
fn why_it_ended(log: &std::path::Path, from: u64) -> Diagnostics {
    let text = fs::read_text(log).ok().flatten().unwrap_or_default();
    let tail = text.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default();
    let told = tail.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let told = told.filter(|json| json["type"] == "diagnostic").last();
    let Some(told) = told else {
        return Diagnostic::error(code::LOCAL_START, format!("it ended at once: {}", tail.trim())).into();
    };
    let port_taken = told["code"] == code::PORT_TAKEN.to_string();
    let code = if port_taken { code::PORT_TAKEN } else { code::LOCAL_START };
    let mut error = Diagnostic::error(code, told["detail"].as_str().unwrap_or_default());
    error.hints = told["hints"].as_array().into_iter().flatten().filter_map(|h| h.as_str().map(str::to_owned)).collect();
    error.into()
}

/// Stops the background one; whether there was one.
pub(in crate::cli) async fn stop() -> Result<bool, Diagnostics> {
    let Some(endpoint) = Endpoint::of_background()? else { return Ok(false) };
    let keys = Keys::stored()?;
    let Some(pid) = endpoint.pid else { return Ok(false) };
    if Admin::new(&endpoint, &keys)?.stop().await.is_err() {
        process::terminate(pid);
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while process::is_alive(pid) {
        if tokio::time::Instant::now() > deadline {
            let detail = format!("process {pid} does not end");
            return Err(Diagnostic::error(code::LOCAL_START, detail).into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Endpoint::remove();
    Ok(true)
}
