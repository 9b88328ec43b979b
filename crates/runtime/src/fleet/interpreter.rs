//! Which program runs a language on this machine.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::java::{Found, Java};
use super::lock;
use crate::call::Fault;
use crate::installed;
use crate::spec::Language;

/// The interpreters found so far; what is missing is looked for anew each time, since it may be installed meanwhile.
#[derive(Default)]
pub(super) struct Interpreters {
    found: Mutex<HashMap<Language, Interpreter>>,
    /// The functions whose log says that another version runs them.
    told: Mutex<HashSet<String>>,
    java: Found,
}

/// A program that runs code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Interpreter {
    path: PathBuf,
    /// What it says of itself, such as `3.10.13`.
    version: String,
}

impl Interpreters {
    /// What runs Java; our bootstrap is compiled below `bootstraps`. Blocks for seconds the first time.
    pub(super) fn java(&self, bootstraps: &Path) -> Result<Java, Fault> {
        self.java.get(bootstraps)
    }

    /// The interpreter of a built-in runtime: of the version named if there is one, on the path or kept by a version manager; else
    /// any of the language on the path. Blocks for a moment the first time.
    pub(super) fn find(&self, language: Language) -> Result<PathBuf, Fault> {
        self.interpreter(language).map(|found| found.path)
    }

    /// That another version runs a function than its runtime names, told once for each function.
    pub(super) fn untold(&self, language: Language, function: &str) -> Option<String> {
        let wanted = wanted(language)?;
        let found = lock(&self.found).get(&language)?.version.clone();
        let is_untold = !is_of(&found, &wanted) && lock(&self.told).insert(function.to_owned());
        is_untold
            .then(|| format!("version {found} runs this: there is no {wanted} on this machine"))
    }

    fn interpreter(&self, language: Language) -> Result<Interpreter, Fault> {
        if let Some(known) = lock(&self.found).get(&language) {
            return Ok(known.clone());
        }
        let (names, question, package): (&[&str], _, _) = match language {
            Language::Python(..) => (&["python3"], PYTHON, "python3"),
            Language::Php => (&["php7.2", "php"], PHP, "php-cli"),
            _ => (&["node"], NODE, "nodejs"),
        };
        let Some(found) = look(language, names, question) else {
            // The last one is the language's own.
            let name = names.last().copied().unwrap_or(package);
            return Err(Fault::Unable(format!(
                "{name} is not on this machine; install it, on Debian: apt install {package}"
            )));
        };
        lock(&self.found).insert(language, found.clone());
        Ok(found)
    }
}

/// Looks for the version that a language names, and for any by the language's own names last.
fn look(language: Language, names: &[&str], question: [&str; 2]) -> Option<Interpreter> {
    if let Some(found) = named(language).and_then(|name| ask(&name, question)) {
        return Some(found);
    }
    let usual = names.iter().find_map(|name| ask(Path::new(name), question));
    let Some(wanted) = wanted(language) else {
        return usual;
    };
    let is_wanted = |one: &Interpreter| is_of(&one.version, &wanted);
    if usual.as_ref().is_some_and(is_wanted) {
        return usual;
    }
    let kept = exact(language).into_iter();
    let kept = kept.filter_map(|path| ask(&path, question)).find(is_wanted);
    kept.or(usual)
}

/// What asks an interpreter for its path and its version, each on a line.
const PYTHON: [&str; 2] = [
    "-c",
    "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])",
];
const PHP: [&str; 2] = ["-r", "echo PHP_BINARY, \"\\n\", PHP_VERSION;"];
const NODE: [&str; 2] = ["-p", "process.execPath + '\\n' + process.versions.node"];

/// The version that a runtime names, as its interpreter's begins.
fn wanted(language: Language) -> Option<String> {
    match language {
        Language::Python(major, minor) if minor > 0 => Some(format!("{major}.{minor}")),
        Language::Node(major) if major > 0 => Some(major.to_string()),
        _ => None,
    }
}

/// Whether a version is one of those that begin with `wanted`.
fn is_of(version: &str, wanted: &str) -> bool {
    let rest = version.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// How the wanted version is called on the path, where it has a name of its own.
fn named(language: Language) -> Option<PathBuf> {
    let Language::Python(..) = language else {
        return None;
    };
    Some(format!("python{}", wanted(language)?).into())
}

/// Where version managers keep the wanted version.
fn exact(language: Language) -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name);
    match language {
        Language::Python(major, minor) if minor > 0 => installed::python((major, minor), variable),
        Language::Node(major) => installed::node(major, variable),
        _ => Vec::new(),
    }
}

/// What and where a program really is: what is on the path may be a script that chooses a version, or one that finds none.
fn ask(program: &Path, question: [&str; 2]) -> Option<Interpreter> {
    let asked = Command::new(program)
        .args(question)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let answer = asked.ok().filter(|answer| answer.status.success())?;
    let answer = String::from_utf8(answer.stdout).ok()?;
    let (path, version) = answer.trim().split_once('\n')?;
    let path = PathBuf::from(path.trim());
    let version = version.trim().to_owned();
    path.is_file().then_some(Interpreter { path, version })
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
        };
        lock(&interpreters.found).insert(language, found("3.10.2"));
        assert_eq!(interpreters.untold(language, "f"), None);
        lock(&interpreters.found).insert(language, found("3.11.7"));
        let said = "version 3.11.7 runs this: there is no 3.10 on this machine";
        assert_eq!(interpreters.untold(language, "f").as_deref(), Some(said));
        assert_eq!(interpreters.untold(language, "f"), None);
        assert_eq!(interpreters.untold(language, "g").as_deref(), Some(said));
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        assert!(is_of("3.10.13", "3.10") && is_of("20.1.0", "20"));
        assert!(!is_of("3.10.13", "3.1") && !is_of("20.1.0", "2"));
    }
}
