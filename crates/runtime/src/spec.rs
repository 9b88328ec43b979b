//! What runs: one version of one function, complete and unchangeable.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A version of a function as it shall run.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The function's name.
    pub function: String,
    /// `LATEST` or a published version's number.
    pub version: String,
    /// Differs whenever code or configuration differ. Instances of another revision finish what they do and go.
    pub revision: String,
    /// What runs the code.
    pub language: Language,
    /// As the user wrote it, such as `index.handler`.
    pub handler: String,
    /// The unpacked code; the process sees it at `/code` and cannot write to it.
    pub code: PathBuf,
    /// Layers in the order of the configuration; the process sees them as one `/opt`, where earlier layers win.
    pub layers: Vec<Layer>,
    /// Folders that outlive instances and that all of them share.
    pub mounts: Vec<Mount>,
    /// The user's variables.
    pub environment: BTreeMap<String, String>,
    /// Megabytes that all its processes together may use.
    pub memory_mb: u32,
    /// Virtual CPUs that all its processes together have once it takes calls, 0.05 to 16; nothing: what the machine has.
    pub cpu: Option<f64>,
    /// Megabytes that an instance may write below `/tmp`.
    pub disk_mb: u32,
    /// The longest time a call may take.
    pub timeout: Duration,
    /// Calls that an instance serves at once, 1 to 200.
    pub concurrency: u32,
    /// How long an instance without calls is kept.
    pub idle: Duration,
    /// Called once in each instance before its first call.
    pub initializer: Option<Hook>,
    /// Called before an instance is stopped.
    pub pre_stop: Option<Hook>,
    /// How a custom runtime is started.
    pub custom: Option<Custom>,
    /// How a container is started.
    pub container: Option<Container>,
    /// Where code shall send the spans of its calls. When this is set, it is told with each call in which trace that is.
    pub tracing: Option<String>,
    /// Who the function is.
    pub identity: Identity,
}

impl Spec {
    /// The folders that were unpacked for it: its code, then its layers.
    pub fn unpacked(&self) -> impl Iterator<Item = &PathBuf> {
        let layers = self.layers.iter().filter_map(|layer| match layer {
            Layer::Unpacked(folder) => Some(folder),
            Layer::Official(_) => None,
        });
        std::iter::once(&self.code).chain(layers)
    }
}

/// What is below `/opt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The folder of a layer that was unpacked.
    Unpacked(PathBuf),
    /// One of the vendor's own, by its name, such as `Nodejs20`. Those that bring an interpreter are made of this machine's; of the
    /// others nothing is here.
    Official(String),
}

/// A folder of this machine at a path that the code knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is.
    pub folder: PathBuf,
    /// Where the code looks for it, such as `/mnt/data`.
    pub at: String,
}

impl Mount {
    /// The real path of one below `at`; `None` when a text is none.
    pub fn real(&self, text: &str) -> Option<String> {
        let rest = text.strip_prefix(self.at.trim_end_matches('/'))?;
        let folder = self.folder.display();
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{folder}{rest}"))
    }
}

/// What runs the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// `python3*`: the major and minor version named, `(3, 0)` when only `python3` is.
    Python(u8, u8),
    /// `nodejs*`: the major version named.
    Node(u8),
    /// `go1`: the program itself speaks the runtime API.
    Go,
    /// `java8`, `java11`.
    Java(u8),
    /// `php7.2`.
    Php,
    /// `custom*`: any web server.
    Custom,
    /// `custom-container`.
    Container,
}

/// A step of an instance's life.
#[derive(Debug, Clone)]
pub struct Hook {
    /// A handler of the runtime's form, or a command.
    pub command: Command,
    /// The longest time it may take.
    pub timeout: Duration,
}

/// What a hook runs.
#[derive(Debug, Clone)]
pub enum Command {
    /// A handler such as `index.initialize`; custom runtimes get a request instead.
    Handler(String),
    /// A program and its arguments.
    Program(Vec<String>),
}

/// How a custom runtime is started.
#[derive(Debug, Clone, Default)]
pub struct Custom {
    /// The program; empty stands for `/code/bootstrap`.
    pub command: Vec<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where the configuration says that it listens.
    pub port: Option<u16>,
    /// How to know that it is well.
    pub health: Option<Health>,
}

/// How a container is started.
#[derive(Debug, Clone, Default)]
pub struct Container {
    /// The image.
    pub image: String,
    /// The program, when the image's own shall not run.
    pub entrypoint: Vec<String>,
    /// Its arguments.
    pub command: Vec<String>,
    /// Where the configuration says that it listens.
    pub port: Option<u16>,
    /// How to know that it is well.
    pub health: Option<Health>,
}

/// When an instance of a custom runtime counts as well.
#[derive(Debug, Clone)]
pub struct Health {
    /// Path that is asked.
    pub path: String,
    /// Wait before the first question.
    pub initial_delay: Duration,
    /// Time between questions.
    pub period: Duration,
    /// The longest time an answer may take.
    pub timeout: Duration,
    /// Failures in a row after which it is not well.
    pub failures: u32,
    /// Successes in a row after which it is well.
    pub successes: u32,
}

/// Who a function is: what code learns of its place and the keys that it may use.
#[derive(Clone)]
pub struct Identity {
    /// Account id.
    pub account: String,
    /// Region id.
    pub region: String,
    /// The qualifier it was called by.
    pub qualifier: String,
    /// Key id; empty when credentials are not injected.
    pub access_key_id: String,
    /// Key secret; never printed.
    pub access_key_secret: String,
    /// Security token; never printed.
    pub security_token: String,
    /// Log project and log store; empty when there are none.
    pub log: (String, String),
    /// Variables that lead the vendor's SDKs to where this cloud listens.
    pub endpoints: BTreeMap<String, String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identity")
            .field("account", &self.account)
            .field("region", &self.region)
            .field("qualifier", &self.qualifier)
            .finish_non_exhaustive()
    }
}

/// How many instances a version may and must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Instances that are kept warm.
    pub min: u32,
    /// Calls beyond this many instances are refused; nothing: as many as the machine bears.
    pub max: Option<u32>,
    /// Whether instances beyond `min` are started when calls come.
    pub on_demand: bool,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            min: 0,
            max: None,
            on_demand: true,
        }
    }
}
