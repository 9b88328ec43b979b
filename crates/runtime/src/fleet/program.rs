//! Whether the program of a custom runtime is there at all, as far as that is certain before it is started.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Component, Path, PathBuf};

use super::interpreter::Interpreters;
use super::lang::{BOOTSTRAP, Installation};
use super::sight::Sight;
use crate::launch::is_system;
use crate::spec::Spec;

/// Bytes of a program's first line that the kernel reads at most.
const FIRST_LINE: u64 = 256;
/// Programs that functions are started by, and the packages of Debian that have them.
const PACKAGES: [(&str, &str); 13] = [
    ("bash", "bash"),
    ("gunicorn", "gunicorn"),
    ("java", "default-jre-headless"),
    ("nginx", "nginx"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("npx", "npm"),
    ("perl", "perl"),
    ("php", "php-cli"),
    ("python", "python-is-python3"),
    ("python3", "python3"),
    ("ruby", "ruby"),
    ("uvicorn", "uvicorn"),
];

/// Why a function's program, or the interpreter that its first line names, cannot be started; nothing when it can, or when that is
/// not certain. A file that the code itself lacks is not told: that is the code's matter, and its first call says so.
pub(super) fn lack(spec: &Spec, sight: &Sight, interpreters: &Interpreters) -> Option<String> {
    // What layers bring is not looked into.
    if !spec.layers.is_empty() {
        return None;
    }
    let search = Search {
        spec,
        sight,
        interpreters,
    };
    let custom = spec.custom.as_ref();
    let first = custom.and_then(|custom| custom.command.first());
    match search.word(&first.map_or_else(|| format!("./{BOOTSTRAP}"), String::clone)) {
        Found::Missing(why) => Some(why),
        Found::Own(file) => search.interpreter(&file),
        Found::There | Found::Unknown => None,
    }
}

/// Where a program is.
enum Found {
    /// On this machine, where the process sees it.
    There,
    /// A file of the code.
    Own(PathBuf),
    /// Nowhere; why it does not start.
    Missing(String),
    /// That shows when it is started.
    Unknown,
}

struct Search<'a> {
    spec: &'a Spec,
    sight: &'a Sight,
    interpreters: &'a Interpreters,
}

impl Search<'_> {
    /// The first word of a command.
    fn word(&self, word: &str) -> Found {
        if !word.contains('/') {
            return self.name(word);
        }
        let found = self.path(&Path::new("/code").join(word));
        found.unwrap_or_else(|| Found::Missing(missing(word)))
    }

    /// A name, looked for in the folders of `PATH`.
    fn name(&self, name: &str) -> Found {
        let own = self.spec.environment.get("PATH");
        let folders = own.unwrap_or(&self.sight.tools.path).split(':');
        let mut is_certain = true;
        for folder in folders {
            match self.path(&Path::new("/code").join(folder).join(name)) {
                Some(Found::Unknown) if !folder.starts_with("/code") => is_certain = false,
                None | Some(Found::Missing(_) | Found::Unknown) => {}
                Some(found) => return found,
            }
        }
        if is_certain {
            Found::Missing(missing(name))
        } else {
            Found::Unknown
        }
    }

    /// What is at a path as the process sees it; nothing when there is none.
    fn path(&self, path: &Path) -> Option<Found> {
        let text = path.to_string_lossy();
        if let Some(one) = Installation::of(&text) {
            return Some(match one.programs(self.interpreters) {
                Ok(programs) => {
                    let is_it = |(name, _): &(String, PathBuf)| path.ends_with(name);
                    return programs.iter().any(is_it).then_some(Found::There);
                }
                Err(fault) => Found::Missing(fault.to_string()),
            });
        }
        if path.components().any(|part| part == Component::ParentDir) {
            return Some(Found::Unknown);
        }
        if let Ok(rest) = path.strip_prefix("/code") {
            return Some(self.own(rest));
        }
        let mut mounts = self.spec.mounts.iter();
        if mounts.any(|mount| path.starts_with(&mount.at)) {
            return Some(Found::Unknown);
        }
        let is_seen = is_system(path) || self.sight.refused().is_some();
        let shown = self.sight.shown();
        let mut shown = shown.iter().filter_map(|shown| {
            let rest = path.strip_prefix(&shown.at).ok()?;
            Some(shown.what.join(rest))
        });
        let is_there = (is_seen && path.exists()) || shown.any(|path| path.exists());
        is_there.then_some(Found::There)
    }

    /// What is in the code: links may lead to what only the process sees.
    fn own(&self, rest: &Path) -> Found {
        let real = |path: &Path| path.canonicalize().ok();
        let file = self.spec.code.join(rest);
        let both = real(&self.spec.code).zip(real(&file));
        match both {
            Some((code, real)) if real.starts_with(&code) && real.is_file() => Found::Own(real),
            _ => Found::Unknown,
        }
    }

    /// Why the interpreter that a file of the code names in its first line cannot be started.
    fn interpreter(&self, file: &Path) -> Option<String> {
        let line = first_line(file)?;
        let mut words = line.strip_prefix("#!")?.split_ascii_whitespace();
        let program = words.next()?;
        let found = if program.ends_with("/env") {
            let is_name = |word: &&str| !word.starts_with('-') && !word.contains('=');
            self.name(words.find(is_name)?)
        } else {
            self.word(program)
        };
        match found {
            Found::Missing(why) => Some(why),
            _ => None,
        }
    }
}

/// The first line of a text; nothing of what is none.
fn first_line(file: &Path) -> Option<String> {
    let mut line = String::new();
    let file = File::open(file).ok()?.take(FIRST_LINE);
    BufReader::new(file).read_line(&mut line).ok()?;
    Some(line)
}

fn missing(program: &str) -> String {
    let name = program.rsplit('/').next().unwrap_or(program);
    let package = PACKAGES.iter().find(|(known, _)| *known == name);
    let install = package.map_or_else(
        || "install it, or put it into the code".to_owned(),
        |(_, package)| {
            format!("install it, on Debian: apt install {package}, or put it into the code")
        },
    );
    format!(
        "{program} is neither in the code nor on this machine where the function sees it; {install}"
    )
}
