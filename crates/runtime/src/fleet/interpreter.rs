//! Which program runs a language on this machine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::java::{Found, Java};
use super::lock;
use crate::call::Fault;
use crate::spec::Language;

/// The interpreters found so far; what is missing is looked for anew each time, since it may be installed meanwhile.
#[derive(Default)]
pub(super) struct Interpreters {
    found: Mutex<HashMap<Language, PathBuf>>,
    java: Found,
}

impl Interpreters {
    /// What runs Java; our bootstrap is compiled below `bootstraps`. Blocks for seconds the first time.
    pub(super) fn java(&self, bootstraps: &Path) -> Result<Java, Fault> {
        self.java.get(bootstraps)
    }

    /// The interpreter of a built-in runtime: of the version named if there is one, else any of the language. Blocks for a
    /// moment the first time.
    pub(super) fn find(&self, language: Language) -> Result<PathBuf, Fault> {
        if let Some(known) = lock(&self.found).get(&language) {
            return Ok(known.clone());
        }
        let (names, question, package) = match language {
            Language::Python(major, minor) => {
                let exact = (minor > 0).then(|| format!("python{major}.{minor}"));
                let names: Vec<_> = exact
                    .into_iter()
                    .chain([format!("python{major}")])
                    .collect();
                (
                    names,
                    ["-c", "import sys; print(sys.executable)"],
                    "python3",
                )
            }
            Language::Php => (
                ["php7.2", "php"].map(str::to_owned).into(),
                ["-r", "echo PHP_BINARY;"],
                "php-cli",
            ),
            _ => (
                vec!["node".to_owned()],
                ["-p", "process.execPath"],
                "nodejs",
            ),
        };
        let found = names.iter().find_map(|name| program(name, question));
        let Some(found) = found else {
            // The last one is the language's own.
            let name = names.last().map_or(package, String::as_str);
            return Err(Fault::Unable(format!(
                "{name} is not on this machine; install it, on Debian: apt install {package}"
            )));
        };
        lock(&self.found).insert(language, found.clone());
        Ok(found)
    }
}

/// Where a program really is: what is on the path may be a script that chooses a version, or one that finds none.
fn program(name: &str, question: [&str; 2]) -> Option<PathBuf> {
    let asked = Command::new(name)
        .args(question)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let answer = asked.ok().filter(|answer| answer.status.success())?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    path.is_file().then_some(path)
}
