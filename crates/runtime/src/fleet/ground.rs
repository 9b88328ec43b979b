//! What instances of this machine start from: the launcher, where a process sees things, and what is started for a spec.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::environment::of_machine;
use super::interpreter::Interpreters;
use super::lang::{self, BOOTSTRAP};
use super::port::Leads;
use super::ready::configured;
use super::sight::Sight;
use crate::call::Fault;
use crate::dialect::bootstrap;
use crate::launch::{Input, Launcher, Order, Shown};
use crate::spec::{Language, Spec};

/// Moves the socket of a bootstrap from standard input to where it is looked for, since Node and PHP cannot: code that reads its
/// standard input finds it empty.
const MOVED: [&str; 3] = ["/bin/sh", "-c", "exec \"$0\" \"$@\" 3<&0 0</dev/null"];
/// Complaints go to the log once, and memory is limited for the whole process.
const PHP_OPTIONS: [&str; 6] = [
    "-d",
    "display_errors=0",
    "-d",
    "log_errors=1",
    "-d",
    "memory_limit=-1",
];
/// Megabytes below `/tmp` that functions have if they do not ask for more.
pub(super) const USUAL_DISK_MB: u32 = 512;

/// See the module.
pub(super) struct Ground {
    pub(super) launcher: Arc<Launcher>,
    pub(super) sight: Sight,
    is_told: AtomicBool,
}

impl Ground {
    /// Tries what this machine permits. Blocks for a moment.
    pub(super) fn open(
        folder: &Path,
        command: Vec<std::ffi::OsString>,
        bootstraps: &Path,
    ) -> io::Result<Self> {
        let launcher = Launcher::open(folder, command)?;
        Ok(Self {
            sight: Sight::new(&launcher, bootstraps),
            launcher: Arc::new(launcher),
            is_told: false.into(),
        })
    }

    /// Why there are no cages, the first time.
    pub(super) fn untold(&self) -> Option<&str> {
        let why = self.sight.refused()?;
        (!self.is_told.swap(true, Ordering::Relaxed)).then_some(why)
    }

    /// What to start for a spec in a slot.
    pub(super) fn order(
        &self,
        spec: &Spec,
        slot: PathBuf,
        environment: &mut BTreeMap<String, String>,
        (interpreters, port): (&Interpreters, u16),
    ) -> Result<Order, Fault> {
        let mut sight = self.sight.clone();
        let mut installations = Vec::new();
        let program = match spec.language {
            Language::Python(..) | Language::Node(_) | Language::Php => {
                interpreted(spec.language, interpreters, &mut sight)?
            }
            Language::Custom => {
                if let Some(configured) = configured(spec) {
                    Leads::add(environment, &sight.bootstraps(), (configured, port));
                }
                installations = lang::provide(spec, interpreters, &mut sight)?;
                custom(spec, &sight)
            }
            // The handler is the program.
            Language::Go => vec![text(&sight.code(spec).join(&spec.handler))],
            Language::Java(_) => {
                let java = interpreters.java(sight.bootstraps_here())?;
                let program = sight.program(&java.program);
                java.words(&program, &sight.bootstraps(), spec.memory_mb)
            }
            Language::Container => {
                let what = "a container needs customContainerConfig";
                return Err(Fault::Unable(what.to_owned()));
            }
        };
        if let Some(why) = sight.refused().filter(|_| !spec.layers.is_empty()) {
            return Err(Fault::Unable(format!(
                "layers need namespaces, which this machine refuses: {why}"
            )));
        }
        if spec.language != Language::Custom {
            environment.insert("PYTHONDONTWRITEBYTECODE".into(), "1".into());
        }
        let layers = lang::layers(spec, interpreters, &mut sight)?;
        let mut shown = sight.shown();
        if sight.refused().is_none() {
            shown.extend(installations);
            shown.extend(spec.mounts.iter().map(|mount| Shown {
                what: mount.folder.clone(),
                at: mount.at.clone().into(),
                writable: true,
            }));
        }
        Ok(Order {
            program,
            environment: environment.clone(),
            folder: sight.code(spec),
            code: Some(spec.code.clone()),
            layers,
            shown,
            memory_mb: spec.memory_mb,
            disk_mb: spec.disk_mb,
            input: if speaks_frames(spec.language) {
                Input::Socket
            } else {
                Input::Null
            },
            is_free: false,
            slot,
        })
    }

    /// The same for an interpreter that waits for code.
    pub(super) fn bare(&self, order: &Order, slot: PathBuf) -> Order {
        Order {
            environment: of_machine(&self.sight),
            folder: "/".into(),
            code: None,
            slot,
            ..order.clone()
        }
    }
}

/// Whether our bootstrap is at the other end of a socket.
fn speaks_frames(language: Language) -> bool {
    bootstrap(language).is_some() || matches!(language, Language::Java(_))
}

fn interpreted(
    language: Language,
    interpreters: &Interpreters,
    sight: &mut Sight,
) -> Result<Vec<String>, Fault> {
    let (name, _) = bootstrap(language).unwrap_or_default();
    let interpreter = interpreters.find(language)?;
    let own = [
        text(&sight.program(&interpreter)),
        text(&sight.bootstraps().join(name)),
    ];
    let moved = MOVED.iter().map(|word| (*word).to_owned());
    let [interpreter, bootstrap] = own;
    Ok(match language {
        Language::Node(_) => moved.chain([interpreter, bootstrap]).collect(),
        Language::Php => {
            let options = PHP_OPTIONS.iter().map(|word| (*word).to_owned());
            let words = moved.chain([interpreter]).chain(options);
            words.chain([bootstrap]).collect()
        }
        _ => vec![interpreter, bootstrap],
    })
}

/// The command of a custom runtime.
fn custom(spec: &Spec, sight: &Sight) -> Vec<String> {
    let custom = spec.custom.clone().unwrap_or_default();
    let mut words = if custom.command.is_empty() {
        vec![format!("/code/{BOOTSTRAP}")]
    } else {
        custom.command
    };
    words.extend(custom.args);
    let words = words.into_iter();
    words.map(|word| sight.word(spec, word)).collect()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
