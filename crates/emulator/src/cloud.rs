//! A running local cloud: what is opened at the start, shared by all services, and closed at the end.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use runtime::Fleet;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bridge::{self, Bridge};
use crate::cdn::{self, Cdn};
use crate::clock::Clock;
use crate::flow::{self, Flows};
use crate::function::{self, Functions, Logs};
use crate::injection::{Faults, Prone};
use crate::mns::{self, Mns};
use crate::oss::{self, Oss};
use crate::server;
use crate::settings::Settings;
use crate::store::{DataFolder, FolderError, Store, StoreError};

/// The tables of all rooms.
const SCHEMAS: &[&str] = &[
    oss::SCHEMA,
    cdn::SCHEMA,
    function::SCHEMA,
    function::QUEUE_SCHEMA,
    function::TASK_SCHEMA,
    flow::SCHEMA,
    mns::SCHEMA,
    bridge::SCHEMA,
];

/// A local cloud that serves until it is stopped or dropped.
pub struct LocalCloud {
    cloud: Arc<Cloud>,
    serving: JoinHandle<()>,
    _folder: DataFolder,
}

/// Why a local cloud did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens on the address.
    #[error("another program listens on {0}")]
    PortTaken(SocketAddr),
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Another process uses the data folder.
    #[error("another local cloud uses {}", .0.display())]
    Locked(PathBuf),
    /// The data folder cannot be made, read or written.
    #[error("cannot use {}: {why}", .path.display())]
    Disk {
        /// The data folder.
        path: PathBuf,
        /// What the system or the database said.
        why: String,
    },
}

/// What the services and the router share.
pub(crate) struct Cloud {
    pub(crate) settings: Settings,
    /// Where it listens in fact.
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) oss: Oss,
    pub(crate) cdn: Cdn,
    pub(crate) functions: Functions,
    pub(crate) flows: Flows,
    pub(crate) mns: Mns,
    pub(crate) bridge: Bridge,
    pub(crate) logs: Logs,
    /// What fails on purpose.
    pub(crate) faults: Faults,
    /// Cancelled when the admin API asked for a stop.
    pub(crate) stop_asked: CancellationToken,
    /// Cancelled when the server shall stop serving.
    pub(crate) closing: CancellationToken,
}

impl LocalCloud {
    /// Opens the data folder, listens and serves. Must run inside a tokio runtime with time and I/O enabled.
    ///
    /// # Errors
    /// The port is taken, the data folder is in use or broken.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let listener = listen(settings.listen).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: settings.listen,
            source,
        })?;
        let open = move || open(settings, address);
        let (folder, cloud) = match tokio::task::spawn_blocking(open).await {
            Ok(opened) => opened?,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        };
        let cloud = Arc::new(cloud);
        let serving = tokio::spawn(server::serve(Arc::clone(&cloud), listener));
        Ok(Self {
            cloud,
            serving,
            _folder: folder,
        })
    }

    /// Where it listens, with the port that was given for port 0.
    pub fn address(&self) -> SocketAddr {
        self.cloud.address
    }

    /// The flows, for measurements.
    #[cfg(test)]
    pub(crate) fn flows(&self) -> &Flows {
        &self.cloud.flows
    }

    /// Resolves when the admin API asked for a stop; call [`LocalCloud::stop`] then.
    pub async fn wait(&self) {
        self.cloud.stop_asked.cancelled().await;
    }

    /// Stops accepting, lets requests under way finish for a few seconds, closes the database and gives the data folder back.
    pub async fn stop(mut self) {
        self.cloud.closing.cancel();
        self.cloud.mns.close();
        self.cloud.bridge.close();
        drop((&mut self.serving).await);
        self.cloud.flows.halt();
        self.cloud.functions.close().await;
        self.cloud.flows.close().await;
        let store = self.cloud.store.clone();
        drop(tokio::task::spawn_blocking(move || store.close()).await);
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        self.cloud.closing.cancel();
        self.cloud.mns.close();
        self.cloud.bridge.close();
        self.cloud.flows.halt();
        self.cloud.functions.halt();
        self.serving.abort();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::PortTaken(address),
            _ => StartError::Listen { address, source },
        })
}

fn open(settings: Settings, address: SocketAddr) -> Result<(DataFolder, Cloud), StartError> {
    let path = settings.data.clone();
    let disk = |why: String| StartError::Disk {
        path: path.clone(),
        why,
    };
    let folder = DataFolder::open(&settings.data).map_err(|error| match error {
        FolderError::Locked => StartError::Locked(path.clone()),
        FolderError::Disk(error) => disk(error.to_string()),
    })?;
    let broken = |error: StoreError| disk(error.to_string());
    let clock = Clock::open(folder.path()).map_err(|error| disk(error.to_string()))?;
    let file = folder.path().join("cloud.db");
    let store = Store::open(&file, SCHEMAS).map_err(broken)?;
    let oss = Oss::open(&settings, clock.clone(), store.clone()).map_err(broken)?;
    let faults = Faults::open(folder.path()).map_err(|error| disk(error.to_string()))?;
    let mns = Mns::open(&settings, clock.clone(), store.clone(), faults.clone());
    let posts = (mns.clone(), faults.clone());
    let bridge = Bridge::open(&settings, clock.clone(), store.clone(), posts);
    let logs = Logs::open(settings.data.join("function-log"), clock.clone())
        .map_err(|error| disk(error.to_string()))?;
    let fleet = fleet(&settings, &clock, &logs).map_err(|error| disk(error.to_string()))?;
    let posts = (mns.clone(), bridge.clone());
    let others = (oss.clone(), posts.clone(), logs.clone());
    let rooms = (clock.clone(), store.clone(), others);
    let run = Arc::new(Prone::new(fleet, faults.clone(), clock.clone()));
    let functions = Functions::open(&settings, address, rooms, run).map_err(broken)?;
    let others = (oss.clone(), posts);
    let calls = (functions.clone(), faults.clone(), others);
    let rooms = (clock.clone(), store.clone(), calls);
    let flows = Flows::open(&settings, address, rooms).map_err(broken)?;
    bridge.join(functions.clone(), flows.clone());
    let origins = (oss.clone(), functions.clone());
    let cdn = Cdn::open(&settings, clock.clone(), store.clone(), origins).map_err(broken)?;
    let cloud = Cloud {
        settings,
        address,
        clock,
        store,
        oss,
        cdn,
        functions,
        flows,
        mns,
        bridge,
        logs,
        faults,
        stop_asked: CancellationToken::new(),
        closing: CancellationToken::new(),
    };
    Ok((folder, cloud))
}

/// What runs functions; idle by the cloud's clock.
fn fleet(settings: &Settings, clock: &Clock, logs: &Logs) -> io::Result<Fleet> {
    let clock = clock.clone();
    Fleet::open(runtime::Settings {
        folder: settings.data.join("instance"),
        launcher: settings.launcher.clone(),
        log: Arc::new(logs.clone()),
        clock: Arc::new(move || clock.now().into()),
        pool: true,
    })
}
