//! Java: the machine that runs it, and our bootstrap compiled for that machine. Compiled once, a start is a tenth of what it is from source.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::lock;
use crate::call::Fault;
use crate::dialect::JAVA_SOURCES;

/// How the folder of compiled classes is called, with a number that differs when they would.
const CLASSES: &str = "java-";
/// A small heap that starts fast: instances are many, and short-lived.
const OPTIONS: [&str; 4] = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:MaxRAMPercentage=60",
];
/// What to install.
const PACKAGE: &str = "install a JDK, on Debian: apt install default-jdk-headless";

/// An installation that runs functions.
#[derive(Debug, Clone)]
pub(super) struct Java {
    /// The program.
    pub(super) program: PathBuf,
    /// The folder of our classes, below that of the bootstraps.
    classes: String,
}

/// The installation of this machine; looked for until there is one.
#[derive(Default)]
pub(super) struct Found {
    java: Mutex<Option<Java>>,
    home: Mutex<Option<PathBuf>>,
}

impl Found {
    /// The program that runs Java, for who brings no handlers of ours. Blocks for a moment the first time.
    pub(super) fn program(&self) -> Result<PathBuf, Fault> {
        let home = self.home().ok_or_else(|| missing("java"))?;
        Ok(home.join("bin/java"))
    }

    fn home(&self) -> Option<PathBuf> {
        let mut found = lock(&self.home);
        if found.is_none() {
            *found = home();
        }
        found.clone()
    }

    /// Finds it and compiles our classes below `bootstraps`, where those of an earlier start are still good. Blocks for seconds the very
    /// first time.
    pub(super) fn get(&self, bootstraps: &Path) -> Result<Java, Fault> {
        let mut found = lock(&self.java);
        if let Some(known) = &*found {
            return Ok(known.clone());
        }
        let home = self.home().ok_or_else(|| missing("java"))?;
        // Of version 8, what runs is in a folder of what compiles.
        let compilers = [home.join("bin/javac"), home.join("../bin/javac")];
        let compiler = compilers.iter().find(|path| path.is_file());
        let compiler = compiler.ok_or_else(|| missing("javac, the compiler beside java,"))?;
        let mut hasher = DefaultHasher::new();
        (JAVA_SOURCES, &home).hash(&mut hasher);
        let java = Java {
            program: home.join("bin/java"),
            classes: format!("{CLASSES}{:016x}", hasher.finish()),
        };
        if !bootstraps.join(&java.classes).is_dir() {
            compile(compiler, bootstraps, &java.classes).map_err(|why| {
                Fault::Start(format!("the bootstrap of Java is not compiled: {why}"))
            })?;
        }
        Ok(found.insert(java).clone())
    }
}

impl Java {
    /// What to start so that it uses about so many megabytes; `program` and `bootstraps` are where the process sees them.
    pub(super) fn words(&self, program: &Path, bootstraps: &Path, memory_mb: u32) -> Vec<String> {
        let mut words = vec![program.display().to_string()];
        words.extend(OPTIONS.map(str::to_owned));
        words.push(format!("-XX:MaxRAM={memory_mb}m"));
        words.push("-cp".to_owned());
        words.push(bootstraps.join(&self.classes).display().to_string());
        words.push("Bootstrap".to_owned());
        words
    }
}

fn missing(what: &str) -> Fault {
    Fault::Unable(format!("{what} is not on this machine; {PACKAGE}"))
}

/// Where the `java` on the path is installed: what is on the path may be a link, or a script that chooses a version.
fn home() -> Option<PathBuf> {
    let asked = Command::new("java")
        .args(["-XshowSettings:properties", "-version"])
        .stdin(Stdio::null())
        .output();
    let answer = asked.ok().filter(|answer| answer.status.success())?;
    let text = String::from_utf8_lossy(&answer.stderr).into_owned();
    let home = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("java.home = "))?;
    Some(PathBuf::from(home.trim()))
}

/// Compiles our classes into a folder that is there whole or not at all; those of other versions go.
fn compile(compiler: &Path, bootstraps: &Path, name: &str) -> Result<(), String> {
    let told = |error: io::Error| error.to_string();
    for entry in std::fs::read_dir(bootstraps).map_err(told)? {
        let entry = entry.map_err(told)?;
        if entry.file_name().to_string_lossy().starts_with(CLASSES) {
            std::fs::remove_dir_all(entry.path()).map_err(told)?;
        }
    }
    let folder = bootstraps.join(format!("{CLASSES}unfinished"));
    std::fs::create_dir_all(&folder).map_err(told)?;
    let mut command = Command::new(compiler);
    command
        .args([
            "-J-XX:TieredStopAtLevel=1",
            "-encoding",
            "UTF-8",
            "-nowarn",
            "-d",
        ])
        .arg(&folder);
    for (file, text) in JAVA_SOURCES {
        let source = folder.join(file);
        std::fs::write(&source, text).map_err(told)?;
        command.arg(source);
    }
    let output = command.stdin(Stdio::null()).output().map_err(told)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    std::fs::rename(folder, bootstraps.join(name)).map_err(told)
}
