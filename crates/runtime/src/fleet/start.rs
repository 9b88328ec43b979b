//! Makes instances: finds what runs the code, starts it, waits until it takes calls.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::instance::Instance;
use super::interpreter::Interpreters;
use super::limits::Lease;
use super::output::Output;
use super::pool::Pool;
use super::port::{Leads, Port, Ports, USUAL, listened};
use super::process::{Order, Process};
use super::{Settings, Shared};
use crate::call::Fault;
use crate::dialect::{Builtin, Custom, Dialect, bootstrap};
use crate::log::Pipe;
use crate::spec::{Language, Spec};

/// How long a server may take until it listens. The vendor's limit.
const LISTENS_WITHIN: Duration = Duration::from_mins(2);
/// How often it is looked for on other ports, and how long it may listen there alone.
const LOOK: Duration = Duration::from_millis(250);
const ELSEWHERE_WITHIN: Duration = Duration::from_secs(10);
/// Variables of this machine that every process needs.
const OF_MACHINE: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ"];

/// Starts instances.
pub(super) struct Starter {
    /// Where the bootstraps are.
    bootstraps: PathBuf,
    interpreters: Interpreters,
    ports: Ports,
    leads: Leads,
    /// Interpreters that wait for code, unless they are not wanted.
    pool: Option<Arc<Pool>>,
    next: AtomicU64,
}

/// A process that is being made an instance.
struct Young {
    process: Process,
    output: Arc<Output>,
    dialect: Box<dyn Dialect>,
    is_lone: bool,
}

impl Starter {
    pub(super) fn open(settings: &Settings) -> io::Result<Self> {
        let folder = &settings.folder;
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        let bootstraps = folder.join("bootstrap");
        std::fs::create_dir_all(&bootstraps)?;
        for language in [Language::Python(3, 0), Language::Node(0)] {
            if let Some((name, text)) = bootstrap(language) {
                std::fs::write(bootstraps.join(name), text)?;
            }
        }
        Ok(Self {
            leads: Leads::write(&bootstraps)?,
            bootstraps,
            interpreters: Interpreters::default(),
            ports: Ports::default(),
            pool: settings.pool.then(Arc::default),
            next: AtomicU64::new(1),
        })
    }

    /// Looks after what waits; whether there is any.
    pub(super) fn sweep(&self) -> bool {
        self.pool.as_ref().is_some_and(|pool| pool.sweep())
    }

    /// Ends what waits.
    pub(super) fn close(&self) {
        if let Some(pool) = &self.pool {
            pool.clear();
        }
    }

    /// Starts an instance of the spec and waits until it takes calls.
    pub(super) async fn start(
        &self,
        shared: &Shared,
        spec: &Arc<Spec>,
        lease: Lease,
    ) -> Result<Instance, Fault> {
        let id = self.id();
        let slot = shared.settings.folder.join(&id);
        let layers = slot.join("opt");
        std::fs::create_dir_all(&layers)
            .map_err(|error| Fault::Start(format!("no room for an instance: {error}")))?;
        let mut port = self.ports.free()?;
        let mut environment = environment(spec, &id, port.given);
        let mut process = self.process(spec, &mut environment, &port)?;
        let marks = process.socket.is_some();
        let log = Arc::clone(&shared.settings.log);
        let output = Output::new(log, (&spec.function, &spec.version, &id), marks);
        if let (Some(out), Some(err)) = (process.out.take(), process.err.take()) {
            output.follow(out, Pipe::Out);
            output.follow(err, Pipe::Err);
        }
        let dialect: Box<dyn Dialect> = match process.socket.take() {
            Some(socket) => {
                let places = (&*spec.code, &*layers);
                Box::new(Builtin::new(socket, spec, places, &environment))
            }
            None => Box::new(Custom::new(port.given, spec)),
        };
        let mut young = Young {
            process,
            output,
            dialect,
            is_lone: false,
        };
        self.ready(spec, &mut young, &mut port).await?;
        Ok(Instance {
            id,
            dialect: young.dialect,
            process: young.process,
            output: young.output,
            spec: Arc::clone(spec),
            dead: false.into(),
            is_lone: young.is_lone,
            lease,
            _port: Some(port),
        })
    }

    /// A process for the spec: one that waits, or a new one.
    fn process(
        &self,
        spec: &Spec,
        environment: &mut BTreeMap<String, String>,
        port: &Port,
    ) -> Result<Process, Fault> {
        let order = self.order(spec, environment, port)?;
        if let Some(pool) = &self.pool
            && order.socket
            && Pool::suits(&spec.environment)
        {
            let bare = Order {
                program: order.program.clone(),
                environment: of_machine(),
                folder: self.bootstraps.clone(),
                socket: true,
            };
            if let Some(process) = pool.take(bare) {
                return Ok(process);
            }
        }
        Process::start(&order).map_err(|error| not_started(&order, &error))
    }

    /// Waits until it takes calls and is initialized.
    async fn ready(&self, spec: &Spec, young: &mut Young, port: &mut Port) -> Result<(), Fault> {
        let ended = young.process.wait();
        let pid = young.process.pid;
        let configured = configured(spec);
        let found = tokio::select! {
            // An answer that came is an answer, whatever became of the process then.
            biased;
            done = tokio::time::timeout(LISTENS_WITHIN, young.dialect.ready()) => match done {
                Ok(Err(Fault::Exited(_))) => {
                    // The pipe's end and the process's are seen in any order.
                    young.process.wait().await;
                    return Err(self.exited(young, configured).await);
                }
                Ok(done) => done.map(|()| None),
                Err(_) => {
                    let seconds = LISTENS_WITHIN.as_secs();
                    let asked = port.given;
                    Err(Fault::Start(format!("the program does not listen on port {asked} (FC_SERVER_PORT) after {seconds} s")))
                }
            },
            () = ended => return Err(self.exited(young, configured).await),
            found = elsewhere(pid, port.given, configured), if configured.is_some() => found.map(Some),
        };
        if let Some(own) = found? {
            young.output.remark(&format!(
                "the program listens on port {own} instead of the one in FC_SERVER_PORT ({}): it can have one instance only",
                port.given
            ));
            port.insist(own, &spec.function);
            young.is_lone = true;
            young.dialect = Box::new(Custom::new(own, spec));
            young.dialect.ready().await?;
        }
        let Some(hook) = &spec.initializer else {
            return Ok(());
        };
        // No caller has asked for it, so it has an id of its own.
        let id = format!("initialize-{}", self.id());
        let asked = tokio::time::timeout(hook.timeout, young.dialect.initialize(&id));
        match asked.await {
            Ok(Err(Fault::Exited(seen))) => {
                let moment = tokio::time::timeout(LOOK, young.process.wait());
                match moment.await {
                    Ok(()) => Err(self.exited(young, configured).await),
                    Err(_) => Err(Fault::Start(format!("the initializer failed: {seen}"))),
                }
            }
            Ok(done) => done,
            Err(_) => {
                let seconds = hook.timeout.as_secs();
                Err(Fault::Start(format!(
                    "the initializer timed out after {seconds} s"
                )))
            }
        }
    }

    /// What is said of a program that ended before it took calls.
    async fn exited(&self, young: &Young, configured: Option<u16>) -> Fault {
        young.output.drain().await;
        let how = young.process.ended.borrow().clone().unwrap_or_default();
        let last = young.output.last();
        let mut text = format!("the program ended before it took calls ({how})");
        let is_taken =
            last.contains("EADDRINUSE") || last.to_lowercase().contains("address already in use");
        if let Some(port) = configured.filter(|_| is_taken)
            && let Some(holder) = self.ports.holder(port)
        {
            text = format!(
                "{text}; port {port} is used by {holder}: let it listen on the port in FC_SERVER_PORT"
            );
        }
        if !last.is_empty() {
            text = format!("{text}; its last words:\n{last}");
        }
        Fault::Start(text)
    }

    fn id(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("c-{:08x}-{number:08x}", std::process::id())
    }

    /// What to start for a spec.
    fn order(
        &self,
        spec: &Spec,
        environment: &mut BTreeMap<String, String>,
        port: &Port,
    ) -> Result<Order, Fault> {
        let program = match spec.language {
            Language::Python(..) | Language::Node(_) => {
                let (name, _) = bootstrap(spec.language).unwrap_or_default();
                let interpreter = self.interpreters.find(spec.language)?;
                vec![
                    interpreter.display().to_string(),
                    self.bootstraps.join(name).display().to_string(),
                ]
            }
            Language::Custom => {
                if let Some(configured) = configured(spec) {
                    self.leads.add(environment, configured, port.given);
                }
                custom(spec)
            }
            Language::Go | Language::Java(_) | Language::Php | Language::Container => {
                let message = format!("{:?} cannot be run on this machine yet", spec.language);
                return Err(Fault::Unable(message));
            }
        };
        if spec.language != Language::Custom {
            environment.insert("PYTHONDONTWRITEBYTECODE".into(), "1".into());
        }
        Ok(Order {
            program,
            environment: environment.clone(),
            folder: spec.code.clone(),
            socket: spec.language != Language::Custom,
        })
    }
}

/// The command of a custom runtime. Words that name the code by the place that it has in the vendor's cloud are
/// rewritten to where it is here.
fn custom(spec: &Spec) -> Vec<String> {
    let custom = spec.custom.clone().unwrap_or_default();
    let mut words = if custom.command.is_empty() {
        vec!["/code/bootstrap".to_owned()]
    } else {
        custom.command
    };
    words.extend(custom.args);
    let code = spec.code.display().to_string();
    let here = |word: String| match word.strip_prefix("/code") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{code}{rest}"),
        _ => word,
    };
    words.into_iter().map(here).collect()
}

/// The port that a server is configured to listen on; nothing for what is no server.
fn configured(spec: &Spec) -> Option<u16> {
    let custom = spec.custom.as_ref();
    let is_server = spec.language == Language::Custom;
    is_server.then(|| custom.and_then(|custom| custom.port).unwrap_or(USUAL))
}

/// Looks where else a program listens. Ends when that is the configured port, or when it listens on wrong ports for long.
async fn elsewhere(pid: u32, given: u16, configured: Option<u16>) -> Result<u16, Fault> {
    let mut wrong_since: Option<Instant> = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let ports = tokio::task::spawn_blocking(move || listened(pid));
        let ports = ports.await.unwrap_or_default();
        if ports.is_empty() || ports.contains(&given) {
            wrong_since = None;
            continue;
        }
        if let Some(port) = configured.filter(|port| ports.contains(port)) {
            return Ok(port);
        }
        let since = *wrong_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= ELSEWHERE_WITHIN {
            let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
            return Err(Fault::Start(format!(
                "the program listens on port {} and not on {given} (FC_SERVER_PORT){}",
                ports.join(", "),
                configured.map_or(String::new(), |port| format!(
                    " or {port} (the configured one)"
                )),
            )));
        }
    }
}

fn not_started(order: &Order, error: &io::Error) -> Fault {
    let program = order.program.first().map_or("", String::as_str);
    let hint = match error.kind() {
        io::ErrorKind::NotFound => "; is it in the code, and is its first line right?",
        io::ErrorKind::PermissionDenied => "; it must be executable",
        _ => "",
    };
    Fault::Start(format!("cannot start {program}: {error}{hint}"))
}

/// The variables that every process has.
fn of_machine() -> BTreeMap<String, String> {
    let of = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    let mut all: BTreeMap<String, String> = OF_MACHINE.iter().filter_map(of).collect();
    all.insert("HOME".to_owned(), "/tmp".to_owned());
    all
}

/// The variables of an instance: the machine's, the vendor's, the way to this cloud, the user's.
fn environment(spec: &Spec, id: &str, port: u16) -> BTreeMap<String, String> {
    let identity = &spec.identity;
    let mut all = of_machine();
    let code = spec.code.display().to_string();
    let vendor = [
        ("FC_ACCOUNT_ID", identity.account.clone()),
        ("FC_FUNCTION_NAME", spec.function.clone()),
        ("FC_FUNCTION_HANDLER", spec.handler.clone()),
        ("FC_FUNCTION_MEMORY_SIZE", spec.memory_mb.to_string()),
        ("FC_REGION", identity.region.clone()),
        ("FC_INSTANCE_ID", id.to_owned()),
        ("FC_QUALIFIER", identity.qualifier.clone()),
        ("FC_VERSION_ID", spec.version.clone()),
        ("FC_CUSTOM_LISTEN_PORT", port.to_string()),
        ("FC_SERVER_PORT", port.to_string()),
        ("PORT", port.to_string()),
        ("FC_TIMEOUT", spec.timeout.as_secs().to_string()),
        ("FC_FUNC_CODE_PATH", format!("{code}/")),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            identity.access_key_id.clone(),
        ),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            identity.access_key_secret.clone(),
        ),
        (
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            identity.security_token.clone(),
        ),
    ];
    all.extend(vendor.map(|(name, value)| (name.to_owned(), value)));
    all.extend(identity.endpoints.clone());
    // A mount is not at its path as long as processes see this machine's folders: whoever is told the path by a variable is
    // told where it really is.
    let real = |text: &String| {
        let mounted = spec.mounts.iter().find_map(|mount| mount.real(text));
        mounted.unwrap_or_else(|| text.clone())
    };
    let own = spec.environment.iter();
    all.extend(own.map(|(name, value)| (name.clone(), real(value))));
    all
}
