//! Which program runs a language on this machine.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use installed::Interpreter;

use super::java::{Found, Java};
use super::lock;
use crate::call::Fault;
use crate::spec::Language;

/// The interpreters found so far; what is missing is looked for anew each time, since it may be installed meanwhile.
#[derive(Default)]
pub(super) struct Interpreters {
    found: Mutex<HashMap<Language, Interpreter>>,
    /// The functions whose log says that another version runs them.
    told: Mutex<HashSet<String>>,
    java: Found,
}

impl Interpreters {
    /// What runs Java; our bootstrap is compiled below `bootstraps`. Blocks for seconds the first time.
    pub(super) fn java(&self, bootstraps: &Path) -> Result<Java, Fault> {
        self.java.get(bootstraps)
    }

    /// The interpreter of any language that is interpreted. Blocks for a moment the first time.
    pub(super) fn program(&self, language: Language) -> Result<PathBuf, Fault> {
        match language {
            Language::Java(_) => self.java.program(),
            _ => self.find(language),
        }
    }

    /// The interpreter of a built-in runtime: of the version named if there is one, on the path or kept by a version manager; else
    /// any of the language on the path. Blocks for a moment the first time.
    pub(super) fn find(&self, language: Language) -> Result<PathBuf, Fault> {
        self.interpreter(language).map(|found| found.path)
    }

    /// That another version runs a function than its runtime names, told once for each function.
    pub(super) fn untold(&self, language: Language, function: &str) -> Option<String> {
        let wanted = wanted(language);
        let found = lock(&self.found).get(&language)?.clone();
        let is_untold = !found.is_of(&wanted) && lock(&self.told).insert(function.to_owned());
        is_untold.then(|| {
            let (version, wanted) = (found.version, installed::dotted(&wanted));
            format!("version {version} runs this: there is no {wanted} on this machine")
        })
    }

    /// The version of the interpreter that runs a language, such as `3.12.4`, if it has run something.
    pub(super) fn version(&self, language: Language) -> Option<String> {
        let found = lock(&self.found);
        found.get(&language).map(|found| found.version.clone())
    }

    fn interpreter(&self, language: Language) -> Result<Interpreter, Fault> {
        if let Some(known) = lock(&self.found).get(&language) {
            return Ok(known.clone());
        }
        let (kind, name, package) = match language {
            Language::Python(..) => (installed::Language::Python, "python3", "python3"),
            Language::Php => (installed::Language::Php, "php", "php-cli"),
            _ => (installed::Language::Node, "node", "nodejs"),
        };
        let Some(found) = installed::find(kind, &wanted(language)) else {
            return Err(Fault::Unable(format!(
                "{name} is not on this machine; install it, on Debian: apt install {package}"
            )));
        };
        lock(&self.found).insert(language, found.clone());
        Ok(found)
    }
}

/// The version that a runtime names, as its interpreter's begins.
fn wanted(language: Language) -> Vec<u8> {
    match language {
        Language::Python(major, minor) if minor > 0 => vec![major, minor],
        Language::Node(major) if major > 0 => vec![major],
        Language::Php => vec![7, 2],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_told_once_for_each_function() {
        let interpreters = Interpreters::default();
        let language = Language::Python(3, 10);
        assert_eq!(interpreters.untold(language, "f"), None, "none was found");
        let found = |version: &str| Interpreter {
            path: PathBuf::new(),
            version: version.to_owned(),
            is_kept: false,
        };
        lock(&interpreters.found).insert(language, found("3.10.2"));
        assert_eq!(interpreters.untold(language, "f"), None);
        lock(&interpreters.found).insert(language, found("3.11.7"));
        let said = "version 3.11.7 runs this: there is no 3.10 on this machine";
        assert_eq!(interpreters.untold(language, "f").as_deref(), Some(said));
        assert_eq!(interpreters.untold(language, "f"), None);
        assert_eq!(interpreters.untold(language, "g").as_deref(), Some(said));
    }
}
