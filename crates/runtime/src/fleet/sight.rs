//! Where processes see what they are given: in a cage at the vendor's paths, else where it is on this machine.

use std::path::{Path, PathBuf};

use super::lang::PLACE;
use super::tools::Tools;
use crate::launch::{Isolation, Launcher, Shown};
use crate::spec::Spec;

/// The vendor's paths of code, layers and runtimes.
const CODE: &str = "/code";
const LAYERS: &str = "/opt";
const RUNTIMES: &str = "/var/fc/runtime";

/// See the module.
#[derive(Clone)]
pub(super) struct Sight {
    /// Why there are no cages, if there are none.
    refused: Option<String>,
    /// Where our bootstraps are on this machine.
    bootstraps: PathBuf,
    /// What is seen of this machine's programs.
    pub(super) tools: Tools,
}

impl Sight {
    pub(super) fn new(launcher: &Launcher, bootstraps: &Path) -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        let refused = match launcher.isolation() {
            Isolation::Namespaces => None,
            Isolation::None(why) => Some(why.clone()),
        };
        let tools = match &refused {
            None => Tools::on(&path),
            Some(_) => Tools {
                shown: Vec::new(),
                path,
            },
        };
        Self {
            refused,
            bootstraps: bootstraps.to_owned(),
            tools,
        }
    }

    /// Why there are no cages; nothing where there are.
    pub(super) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Where the code is seen.
    pub(super) fn code(&self, spec: &Spec) -> PathBuf {
        self.place(CODE, &spec.code)
    }

    /// Where layers are seen. Without cages there are none.
    pub(super) fn layers(&self, slot: &Path) -> PathBuf {
        self.place(LAYERS, &slot.join("opt"))
    }

    /// Where our bootstraps are on this machine.
    pub(super) fn bootstraps_here(&self) -> &Path {
        &self.bootstraps
    }

    /// Where our bootstraps are seen.
    pub(super) fn bootstraps(&self) -> PathBuf {
        self.place(RUNTIMES, &self.bootstraps)
    }

    /// Where links stand for the vendor's installations, on this machine.
    pub(super) fn installations_here(&self) -> PathBuf {
        self.bootstraps.join("lang")
    }

    /// Where what is here of the vendor's own layers is made, on this machine.
    pub(super) fn official_layers_here(&self) -> PathBuf {
        self.bootstraps.join("layer")
    }

    /// Where a program of this machine is seen; it is shown from now on.
    pub(super) fn program(&mut self, program: &Path) -> PathBuf {
        match self.refused {
            None => self.tools.with(program),
            Some(_) => program.to_owned(),
        }
    }

    /// What is shown to a process beside the system, its code and its layers.
    pub(super) fn shown(&self) -> Vec<Shown> {
        if self.refused.is_some() {
            return Vec::new();
        }
        let bootstraps = Shown {
            what: self.bootstraps.clone(),
            at: RUNTIMES.into(),
            writable: false,
        };
        let mut shown = self.tools.shown.clone();
        shown.push(bootstraps);
        shown
    }

    /// A word of a command as the process understands it: what begins with the code's place in the vendor's cloud is where the code is.
    pub(super) fn word(&self, spec: &Spec, word: String) -> String {
        match word.strip_prefix(CODE) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                format!("{}{rest}", self.code(spec).display())
            }
            _ => self.installed(word),
        }
    }

    /// A variable as the process understands it: without cages a mount is not at its path, and whoever is told that path is told where it
    /// really is.
    pub(super) fn value(&self, spec: &Spec, value: &str) -> String {
        let mounts = spec.mounts.iter().filter(|_| self.refused.is_some());
        let mounted = mounts.into_iter().find_map(|mount| mount.real(value));
        mounted.unwrap_or_else(|| self.installed(value.to_owned()))
    }

    /// A text as the process understands it: without cages the vendor's installations are not at their paths.
    fn installed(&self, text: String) -> String {
        if self.refused.is_none() || !text.contains(PLACE) {
            return text;
        }
        text.replace(PLACE, &self.installations_here().display().to_string())
    }

    fn place(&self, caged: &str, real: &Path) -> PathBuf {
        match self.refused {
            None => caged.into(),
            Some(_) => real.to_owned(),
        }
    }
}
