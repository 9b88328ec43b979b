//! Makes instances: finds what runs the code, starts it, waits until it takes calls.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::instance::Instance;
use super::interpreter::Interpreters;
use super::output::Output;
use super::process::{Order, Process};
use super::{Settings, Shared};
use crate::call::Fault;
use crate::dialect::{Builtin, Custom, Dialect, bootstrap};
use crate::log::Pipe;
use crate::spec::{Language, Spec};

/// How long a server may take until it listens. The vendor's limit.
const LISTENS_WITHIN: Duration = Duration::from_mins(2);
/// Variables of this machine that every process needs.
const OF_MACHINE: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ"];

/// Starts instances.
pub(crate) struct Starter {
    /// Where the bootstraps are.
    bootstraps: PathBuf,
    interpreters: Interpreters,
    next: AtomicU64,
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
            bootstraps,
            interpreters: Interpreters::default(),
            next: AtomicU64::new(1),
        })
    }

    /// Starts an instance of the spec and waits until it takes calls.
    pub(super) async fn start(&self, shared: &Shared, spec: &Arc<Spec>) -> Result<Instance, Fault> {
        let id = self.id();
        let slot = shared.settings.folder.join(&id);
        let layers = slot.join("opt");
        std::fs::create_dir_all(&layers)
            .map_err(|error| Fault::Start(format!("no room for an instance: {error}")))?;
        let port = free_port()?;
        let mut environment = environment(spec, &id, port);
        let order = self.order(spec, &mut environment)?;
        let mut process = Process::start(&order).map_err(|error| not_started(&order, &error))?;
        let marks = order.socket;
        let log = Arc::clone(&shared.settings.log);
        let output = Output::new(log, (&spec.function, &spec.version, &id), marks);
        if let (Some(out), Some(err)) = (process.out.take(), process.err.take()) {
            tokio::spawn(Arc::clone(&output).read(out, Pipe::Out));
            tokio::spawn(Arc::clone(&output).read(err, Pipe::Err));
        }
        let dialect: Box<dyn Dialect> = match process.socket.take() {
            Some(socket) => {
                let places = (&*spec.code, &*layers);
                Box::new(Builtin::new(socket, spec, places, &environment))
            }
            None => Box::new(Custom::new(port, spec)),
        };
        let ready = self.ready(spec, &*dialect, &process, &output).await;
        ready.inspect_err(|_| process.kill())?;
        Ok(Instance {
            id,
            version: spec.version.clone(),
            revision: spec.revision.clone(),
            dialect,
            process,
            output,
            spec: Arc::clone(spec),
            dead: false.into(),
        })
    }

    async fn ready(
        &self,
        spec: &Spec,
        dialect: &dyn Dialect,
        process: &Process,
        output: &Output,
    ) -> Result<(), Fault> {
        let mut ended = process.ended.clone();
        let prepared = async {
            tokio::time::timeout(LISTENS_WITHIN, dialect.ready())
                .await
                .map_err(|_| {
                    let seconds = LISTENS_WITHIN.as_secs();
                    Fault::Start(format!("nothing listens after {seconds} s"))
                })??;
            let Some(hook) = &spec.initializer else {
                return Ok(());
            };
            // No caller has asked for it, so it has an id of its own.
            let id = format!("initialize-{}", self.id());
            let asked = dialect.initialize(&id);
            tokio::time::timeout(hook.timeout, asked)
                .await
                .map_err(|_| {
                    let seconds = hook.timeout.as_secs();
                    Fault::Start(format!("the initializer timed out after {seconds} s"))
                })?
        };
        tokio::select! {
            // An answer that came is an answer, whatever became of the process then.
            biased;
            done = prepared => match done {
                Err(Fault::Exited(_)) => {
                    // The pipe's end and the process's are seen in any order.
                    let how = ended.wait_for(Option::is_some).await;
                    let how = how.map(|text| text.clone().unwrap_or_default()).unwrap_or_default();
                    Err(exited(&how, output))
                }
                done => done,
            },
            how = async { ended.wait_for(Option::is_some).await.map(|how| how.clone().unwrap_or_default()) } => {
                Err(exited(&how.unwrap_or_default(), output))
            }
        }
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
            Language::Custom => custom(spec),
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

fn exited(how: &str, output: &Output) -> Fault {
    let last = output.last();
    let mut text = format!("the program ended before it took calls ({how})");
    if !last.is_empty() {
        text = format!("{text}; its last words:\n{last}");
    }
    Fault::Start(text)
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

/// A port that nobody listens on. Another program may take it meanwhile; then the instance does not start.
fn free_port() -> Result<u16, Fault> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|one| one.local_addr());
    bound
        .map(|address| address.port())
        .map_err(|error| Fault::Start(format!("no port is free: {error}")))
}

/// The variables of an instance: the machine's, the vendor's, the way to this cloud, the user's.
fn environment(spec: &Spec, id: &str, port: u16) -> BTreeMap<String, String> {
    let identity = &spec.identity;
    let mut all: BTreeMap<String, String> = OF_MACHINE
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
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
        ("HOME", "/tmp".to_owned()),
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
    all.extend(spec.environment.clone());
    all
}
