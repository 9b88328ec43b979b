//! Interpreters on this machine, by the version that a runtime names: on the path, else in the folders of version managers.
//!
//! Who runs code and who installs its packages look for them here, so that packages with compiled parts fit what runs.

mod manager;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is interpreted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Python 3.
    Python,
    /// Node.
    Node,
    /// PHP.
    Php,
}

/// A program that runs code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// Where it really is.
    pub path: PathBuf,
    /// What it says of itself, such as `3.10.13`.
    pub version: String,
    /// Whether only a version manager's folder has it: no name on the path leads there.
    pub is_kept: bool,
}

impl Interpreter {
    /// Whether its version begins with these numbers.
    pub fn is_of(&self, version: &[u8]) -> bool {
        let mut numbers = self.version.split('.');
        let mut wanted = version.iter();
        wanted.all(|number| numbers.next() == Some(&number.to_string()))
    }
}

/// The interpreter of a language: of the version that begins with these numbers if there is one, on the path or kept by a version
/// manager; else any on the path, whose version is then another. Without numbers any. Starts programs to ask them: blocks for a moment.
pub fn find(language: Language, version: &[u8]) -> Option<Interpreter> {
    let (program, question) = match language {
        Language::Python => ("python3", PYTHON),
        Language::Node => ("node", NODE),
        Language::Php => ("php", PHP),
    };
    let ask = |program: &Path| ask(program, question);
    if let Some(found) = named(language, version).and_then(|name| ask(Path::new(&name))) {
        return Some(found);
    }
    let usual = ask(Path::new(program));
    if usual.as_ref().is_some_and(|usual| usual.is_of(version)) {
        return usual;
    }
    let kept = kept(language, version).into_iter();
    let kept = kept.filter_map(|path| ask(&path));
    let kept = kept.map(|found| Interpreter {
        is_kept: true,
        ..found
    });
    let mut exact = kept.filter(|found| found.is_of(version));
    exact.next().or(usual)
}

/// Numbers as a version is written: `3.10`.
pub fn dotted(version: &[u8]) -> String {
    let numbers: Vec<String> = version.iter().map(u8::to_string).collect();
    numbers.join(".")
}

/// What asks an interpreter for its path and its version, each on a line.
const PYTHON: [&str; 2] = [
    "-c",
    "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])",
];
const PHP: [&str; 2] = ["-r", "echo PHP_BINARY, \"\\n\", PHP_VERSION;"];
const NODE: [&str; 2] = ["-p", "process.execPath + '\\n' + process.versions.node"];

/// How a version is called on the path, where it has a name of its own.
fn named(language: Language, version: &[u8]) -> Option<String> {
    let name = match language {
        Language::Python => "python",
        Language::Php => "php",
        Language::Node => return None,
    };
    (!version.is_empty()).then(|| format!("{name}{}", dotted(version)))
}

/// Where version managers keep it.
fn kept(language: Language, version: &[u8]) -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name);
    match (language, version) {
        (Language::Python, &[major, minor]) => manager::python((major, minor), variable),
        (Language::Node, &[major]) => manager::node(major, variable),
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
    path.is_file().then_some(Interpreter {
        path,
        version,
        is_kept: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let of = |version: &str| Interpreter {
            path: PathBuf::new(),
            version: version.to_owned(),
            is_kept: false,
        };
        assert!(of("3.10.13").is_of(&[3, 10]) && of("20.1.0").is_of(&[20]));
        assert!(!of("3.10.13").is_of(&[3, 1]) && !of("20.1.0").is_of(&[2]));
        assert!(of("3.10.13").is_of(&[]) && !of("3").is_of(&[3, 10]));
        assert_eq!(dotted(&[3, 10]), "3.10");
    }
}
