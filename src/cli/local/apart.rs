//! A local cloud in a process of its own, which is started again at the same address whenever it is killed.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::signal::unix::{SignalKind, signal};

use super::{Keys, Settings, fresh, run};
use crate::credential;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::process;

/// How long it may take to end well.
const PATIENCE: Duration = Duration::from_secs(20);

/// See the module. Dropped, it is killed.
pub(super) struct Apart {
    process: Child,
    /// It serves as long as this is open.
    input: Option<ChildStdin>,
    data: PathBuf,
    variables: Vec<(&'static str, OsString)>,
    /// Where it serves, such as `http://127.0.0.1:7380`.
    pub(super) url: String,
}

impl Apart {
    /// Starts one on a free port, and returns when it serves.
    pub(super) async fn start(data: PathBuf, keys: &Keys) -> Result<Self, Diagnostics> {
        let variables = run::variables(keys);
        let (mut process, url) = launch(0, &data, &variables).await?;
        Ok(Self {
            input: process.stdin.take(),
            process,
            data,
            variables,
            url,
        })
    }

    /// Starts it again whenever it was killed. Returns only when it ended by itself, or could not be started again: with what
    /// is to be said of that.
    pub(super) async fn keep(&mut self) -> Diagnostics {
        loop {
            match self.process.wait().await {
                Ok(status) if process::was_killed(status) => {}
                Ok(status) => return gone(&format!("the local cloud ended: {status}")).into(),
                Err(error) => return machine(&error),
            }
            let port = self
                .url
                .rsplit(':')
                .next()
                .and_then(|port| port.parse().ok());
            match launch(port.unwrap_or_default(), &self.data, &self.variables).await {
                Ok((process, _)) => {
                    self.process = process;
                    self.input = self.process.stdin.take();
                }
                Err(errors) => return errors,
            }
        }
    }

    /// Lets it end.
    pub(super) async fn stop(mut self) {
        drop(self.input.take());
        // One that does not end is killed when it is dropped.
        let _ = tokio::time::timeout(PATIENCE, self.process.wait()).await;
    }
}

async fn launch(
    port: u16,
    data: &Path,
    variables: &[(&'static str, OsString)],
) -> Result<(Child, String), Diagnostics> {
    let port = port.to_string();
    let command = [
        "local".as_ref(),
        "serve".as_ref(),
        port.as_ref(),
        data.as_os_str(),
    ];
    let mut process = process::spawn_part(&command, variables).map_err(|e| machine(&e))?;
    let mut url = String::new();
    if let Some(said) = process.stdout.take() {
        let read = BufReader::new(said).read_line(&mut url).await;
        read.map_err(|e| machine(&e))?;
    }
    if url.is_empty() {
        // Why is on standard error already.
        return Err(gone("the local cloud did not start").into());
    }
    Ok((process, url.trim().to_owned()))
}

/// Serves for the process that started this one, until standard input ends. `ready` is told the address.
pub(in crate::cli) async fn serve_apart(
    (port, data): (u16, PathBuf),
    ready: impl FnOnce(&str),
) -> Result<(), Diagnostics> {
    let keys = credential::vendor_environment().map(Keys::from);
    let keys =
        keys.ok_or_else(|| Diagnostic::error(code::USAGE, "there are no keys in the environment"))?;
    let settings = Settings {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        data,
    };
    // Ctrl-C reaches all processes of a terminal; this one ends after the others.
    let _interrupt = signal(SignalKind::interrupt()).map_err(|e| machine(&e))?;
    let cloud = fresh(&settings, &keys).await?;
    ready(&format!("http://{}", cloud.address()));
    let (over, ended) = tokio::sync::oneshot::channel::<()>();
    // A thread of its own: nothing could end a read that the executor waits for.
    std::thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        drop(over);
    });
    let _ = ended.await;
    cloud.stop().await;
    Ok(())
}

fn gone(detail: &str) -> Diagnostic {
    Diagnostic::error(code::LOCAL_START, detail)
}

fn machine(error: &io::Error) -> Diagnostics {
    Diagnostic::error(code::MACHINE, error.to_string()).into()
}
