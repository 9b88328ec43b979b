//! Runs a local cloud inside this process.

use std::net::SocketAddr;
use std::path::PathBuf;

use emulator::{Account, LocalCloud, StartError};
use tokio::signal::unix::{SignalKind, signal};

use super::{Endpoint, Keys, port};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::process;

/// Where and over what a local cloud runs.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Settings {
    pub(in crate::cli) listen: SocketAddr,
    pub(in crate::cli) data: PathBuf,
}

/// Starts a local cloud in this process.
pub(in crate::cli) async fn fresh(
    settings: &Settings,
    keys: &Keys,
) -> Result<LocalCloud, Diagnostics> {
    let account = Account {
        id: keys.account_id.clone(),
        access_key_id: keys.key_id.clone(),
        access_key_secret: keys.secret.reveal().to_owned(),
    };
    let settings = emulator::Settings {
        data: settings.data.clone(),
        listen: settings.listen,
        account,
        region: keys.region.clone(),
        launcher: emulator::instance::of_this_program(),
    };
    LocalCloud::start(settings)
        .await
        .map_err(|e| not_started(&e).into())
}

/// Serves until SIGTERM, Ctrl-C or a stop through the admin API; others find it by the endpoint file.
pub(in crate::cli) async fn serve(
    settings: &Settings,
    keys: &Keys,
    ready: impl FnOnce(&str),
) -> Result<(), Diagnostics> {
    let cloud = fresh(settings, keys).await?;
    let endpoint = Endpoint {
        url: format!("http://{}", cloud.address()),
        pid: Some(process::id()),
    };
    port::remember(settings.listen.port()).map_err(Diagnostic::from)?;
    endpoint.write().map_err(Diagnostic::from)?;
    ready(&endpoint.url);
    let machine =
        |e: std::io::Error| Diagnostics::from(Diagnostic::error(code::MACHINE, e.to_string()));
    let mut terminate = signal(SignalKind::terminate()).map_err(machine)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(machine)?;
    tokio::select! {
        () = cloud.wait() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Endpoint::remove();
    cloud.stop().await;
    Ok(())
}

fn not_started(error: &StartError) -> Diagnostic {
    match error {
        StartError::PortTaken(address) => Diagnostic::error(code::PORT_TAKEN, error.to_string())
            .hint(format!(
                "choose another port: sdev local start --port {}",
                address.port().saturating_add(1)
            )),
        _ => Diagnostic::error(code::LOCAL_START, error.to_string()),
    }
}
