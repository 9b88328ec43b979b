//! Makes instances: finds what runs the code, starts it, waits until it takes calls.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::container::Containers;
use super::engine::Engine;
use super::environment::environment;
use super::ground::{Ground, USUAL_DISK_MB};
use super::instance::Instance;
use super::interpreter::Interpreters;
use super::lang::{self, Installation};
use super::lend::lend;
use super::limits::Lease;
use super::output::{Marks, Output};
use super::pool::{Pool, Waiting};
use super::port::{Leads, Ports};
use super::program;
use super::{Settings, Shared, lock};
use crate::call::Fault;
use crate::dialect::{Builtin, Custom, Dialect, RuntimeApi, bootstrap};
use crate::launch::{CANNOT, Input, Order, Process, Shares};
use crate::spec::{Container, Language, Spec};

/// The folder of bootstraps, below the fleet's.
const BOOTSTRAPS: &str = "bootstrap";

/// Starts instances.
pub(super) struct Starter {
    /// Where instances have their folders.
    folder: PathBuf,
    /// Where the bootstraps are.
    bootstraps: PathBuf,
    /// The launcher's command.
    command: Vec<OsString>,
    ground: Mutex<Option<Arc<Ground>>>,
    interpreters: Interpreters,
    pub(super) ports: Ports,
    containers: Containers,
    /// Interpreters that wait for code, unless they are not wanted.
    pool: Option<Arc<Pool>>,
    shares: Shares,
    next: AtomicU64,
}

/// A process that is being made an instance.
pub(super) struct Young {
    pub(super) process: Process,
    pub(super) output: Arc<Output>,
    pub(super) dialect: Box<dyn Dialect>,
    pub(super) is_lone: bool,
}

impl Starter {
    pub(super) fn open(settings: &Settings) -> io::Result<Self> {
        let folder = &settings.folder;
        let containers = Containers::open(folder);
        let bootstraps = folder.join(BOOTSTRAPS);
        std::fs::create_dir_all(&bootstraps)?;
        empty(folder)?;
        for language in [Language::Python(3, 0), Language::Node(0), Language::Php] {
            if let Some((name, text)) = bootstrap(language) {
                std::fs::write(bootstraps.join(name), text)?;
            }
        }
        Leads::write(&bootstraps)?;
        containers.remember()?;
        Ok(Self {
            bootstraps,
            folder: folder.clone(),
            command: settings.launcher.clone(),
            ground: Mutex::default(),
            interpreters: Interpreters::default(),
            ports: Ports::default(),
            containers,
            pool: settings.pool.then(Arc::default),
            shares: Shares::open()?,
            next: AtomicU64::new(1),
        })
    }

    /// Whether code in a language can run here. May block for a moment.
    pub(super) fn check(&self, language: Language) -> Result<(), Fault> {
        match language {
            Language::Python(..) | Language::Node(_) | Language::Php => {
                self.interpreters.find(language).map(drop)
            }
            Language::Go | Language::Custom | Language::Container => Ok(()),
            Language::Java(_) => self.interpreters.java(&self.bootstraps).map(drop),
        }
    }

    /// Whether the program of a custom runtime is here, as far as that is certain, and what official layers bring. May block for a
    /// moment.
    pub(super) fn check_program(&self, spec: &Spec) -> Result<(), Fault> {
        let mut lack = lang::lack(spec, &self.interpreters);
        if lack.is_none() && spec.language == Language::Custom {
            let ground = self.ground()?;
            lack = program::lack(spec, &ground.sight, &self.interpreters);
        }
        lack.map_or(Ok(()), |why| Err(Fault::Unable(why)))
    }

    /// Whether an engine runs containers here.
    pub(super) async fn check_engine(&self) -> Result<(), Fault> {
        Engine::find().await.map(drop)
    }

    /// Looks after what waits; whether there is any.
    pub(super) fn sweep(&self) -> bool {
        self.pool.as_ref().is_some_and(|pool| pool.sweep())
    }

    /// Ends what waits, and what an engine keeps.
    pub(super) async fn close(&self) {
        if let Some(pool) = &self.pool {
            pool.clear();
        }
        self.containers.close().await;
        self.shares.close().await;
    }

    /// Starts an instance of the spec and waits until it takes calls.
    pub(super) async fn start(
        &self,
        shared: &Shared,
        spec: &Arc<Spec>,
        lease: Lease,
    ) -> Result<Instance, Fault> {
        let id = self.id();
        let folders = shared.uses.begin(spec);
        let ground = self.ground()?;
        let mut port = self.ports.free()?;
        let mut environment = environment(spec, (&id, port.given), &ground.sight);
        let api = runtime_api(spec, &mut environment)?;
        let order = if let Some(container) = contained(spec) {
            let engine = self.containers.engine(&container.image).await?;
            self.containers.order(&engine, spec, (&id, port.given))
        } else {
            let found = (&self.interpreters, port.given);
            ground.order(spec, self.folder.join(&id), &mut environment, found)?
        };
        let (mut process, layers) = self.process(&ground, spec, order).await?;
        self.containers.follow(spec, &id, &process);
        let socket = process.take_socket();
        let marks = match (&socket, &api) {
            (Some(_), _) => Marks::Process,
            (None, Some(_)) => Marks::Either,
            (None, None) => Marks::Ours,
        };
        let log = Arc::clone(&shared.settings.log);
        let output = Output::new(log, (&spec.function, &spec.version, &id), marks);
        let followed = follow(&mut process, &output);
        followed.map_err(|error| Fault::Start(error.to_string()))?;
        self.remark(&ground, spec, &output);
        let dialect: Box<dyn Dialect> = match (socket, api) {
            (Some(socket), _) => {
                let places = (&*ground.sight.code(spec), &*layers);
                Box::new(Builtin::new(socket, spec, places, &environment))
            }
            (None, Some(api)) => Box::new(api.of(process.end())),
            (None, None) => Box::new(Custom::new(port.given, spec)),
        };
        let mut young = Young {
            process,
            output,
            dialect,
            is_lone: false,
        };
        self.ready(spec, &mut young, &mut port).await?;
        self.share(spec, &id, &young);
        Ok(Instance {
            id,
            dialect: young.dialect,
            process: young.process,
            output: young.output,
            spec: Arc::clone(spec),
            dead: false.into(),
            interrupted: false.into(),
            is_lone: young.is_lone,
            lease,
            _port: Some(port),
            _use: folders,
        })
    }

    /// The version of the Python that runs code, if one does and it is known which.
    pub(super) fn python(&self, spec: &Spec) -> Option<String> {
        let own = std::iter::once(spec.language);
        let brought = Installation::named(spec)
            .into_iter()
            .map(|one| one.language);
        let mut all = own.chain(brought);
        let python = all.find(|language| matches!(language, Language::Python(..)))?;
        self.interpreters.version(python)
    }

    /// Tells the log, once, what is other here than a function may expect.
    fn remark(&self, ground: &Ground, spec: &Spec, output: &Output) {
        if let Some(why) = ground.untold() {
            output.remark(&format!(
                "functions can read what you can: this machine refuses namespaces ({why})"
            ));
        }
        let brought = match spec.language {
            Language::Custom => Installation::named(spec),
            _ => BTreeSet::new(),
        };
        let brought = brought.into_iter().map(|one| one.language);
        for language in std::iter::once(spec.language).chain(brought) {
            if let Some(other) = self.interpreters.untold(language, &spec.function) {
                output.remark(&other);
            }
        }
    }

    /// A process for the spec, one that waits or a new one, and where it sees layers.
    async fn process(
        &self,
        ground: &Ground,
        spec: &Spec,
        order: Order,
    ) -> Result<(Process, PathBuf), Fault> {
        if let Some(taken) = self.waiting(ground, spec, &order).await {
            let layers = ground.sight.layers(&taken.slot);
            return Ok((taken.process, layers));
        }
        let started = ground.launcher.start(&order).await;
        let process =
            started.map_err(|error| Fault::Start(format!("{CANNOT}an instance: {error}")))?;
        Ok((process, ground.sight.layers(&order.slot)))
    }

    /// An interpreter that waited and has the code now.
    async fn waiting(&self, ground: &Ground, spec: &Spec, order: &Order) -> Option<Waiting> {
        let pool = self.pool.as_ref()?;
        let is_plain =
            spec.layers.is_empty() && spec.mounts.is_empty() && spec.disk_mb <= USUAL_DISK_MB;
        // Java cannot be given variables while it runs.
        let is_fit = is_plain && !matches!(spec.language, Language::Java(_));
        if order.input != Input::Socket || !is_fit || !Pool::suits(&spec.environment) {
            return None;
        }
        let slot = self.folder.join(format!("w-{}", self.id()));
        let taken = pool.take(&ground.launcher, ground.bare(order, slot))?;
        taken.process.limit(spec.memory_mb);
        if !ground.launcher.is_caging() {
            return Some(taken);
        }
        let (from, to) = (spec.code.clone(), taken.slot.join("code"));
        let lent = tokio::task::spawn_blocking(move || lend(&from, &to)).await;
        // What cannot be lent is seen by a new process.
        matches!(lent, Ok(Ok(true))).then_some(taken)
    }

    /// What instances start from; found out at the first.
    fn ground(&self) -> Result<Arc<Ground>, Fault> {
        let mut ground = lock(&self.ground);
        if let Some(ground) = &*ground {
            return Ok(Arc::clone(ground));
        }
        let opened = Ground::open(&self.folder, self.command.clone(), &self.bootstraps);
        let opened = opened.map_err(|error| Fault::Start(format!("{CANNOT}instances: {error}")))?;
        Ok(Arc::clone(ground.insert(Arc::new(opened))))
    }

    /// Gives it its share of the processors: starting takes what the machine has.
    fn share(&self, spec: &Spec, id: &str, young: &Young) {
        let Some(cpu) = spec.cpu.filter(|cpu| Shares::limits(*cpu)) else {
            return;
        };
        let output = Arc::clone(&young.output);
        let complain = move |why: &str| output.remark(&format!("cpu is not enforced: {why}"));
        if spec.language == Language::Container {
            self.containers.limit(spec, (id, cpu), complain);
        } else {
            self.shares.give(&young.process, cpu, complain);
        }
    }

    pub(super) fn id(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("c-{:08x}-{number:08x}", std::process::id())
    }
}

/// Reads what a process writes from now on.
fn follow(process: &mut Process, output: &Arc<Output>) -> io::Result<()> {
    match (process.take_stdout(), process.take_stderr()) {
        (Some(out), Some(err)) => output.follow((out.into_owned_fd()?, err.into_owned_fd()?)),
        _ => Ok(()),
    }
}

/// The container that a spec is, if it is one.
fn contained(spec: &Spec) -> Option<&Container> {
    let container = spec.container.as_ref();
    container.filter(|_| spec.language == Language::Container)
}

/// Removes what instances left. Bootstraps stay: what was compiled is good for as long as it is the same.
fn empty(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == BOOTSTRAPS {
            continue;
        }
        let removed = if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        };
        // A process of a fleet that was closed just now takes its own slot away.
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The address that a program fetches its calls from, if it is one that does; it is told.
fn runtime_api(
    spec: &Spec,
    environment: &mut BTreeMap<String, String>,
) -> Result<Option<RuntimeApi>, Fault> {
    if spec.language != Language::Go {
        return Ok(None);
    }
    let api = RuntimeApi::listen(spec);
    let api = api.map_err(|error| Fault::Start(format!("no port is free: {error}")))?;
    environment.insert("FC_RUNTIME_API".to_owned(), api.address());
    Ok(Some(api))
}
