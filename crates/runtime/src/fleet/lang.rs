//! The interpreters that the vendor's custom runtimes and official layers bring along, `/var/fc/lang/nodejs20/bin/node` and
//! `/opt/nodejs20/bin/node`: in their place are links to this machine's. The names are those of help page 132044, of the layers' own pages
//! (github.com/awesome-fc/awesome-layers) and of code in the field.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::interpreter::Interpreters;
use super::sight::Sight;
use crate::call::Fault;
use crate::launch::Shown;
use crate::spec::{Language, Layer, Spec};

/// Where the vendor has them.
pub(super) const PLACE: &str = "/var/fc/lang";
/// The program that a custom runtime without a command starts, in its code.
pub(super) const BOOTSTRAP: &str = "bootstrap";
/// Bytes of that program that are read at most.
const LONGEST: u64 = 64 * 1024;

/// One of them, such as `python3.10`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Installation {
    /// What its folder is called.
    pub(super) name: String,
    /// What it runs, and in which version.
    pub(super) language: Language,
}

impl Installation {
    /// The one that a path leads into.
    pub(super) fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix(PLACE)?.strip_prefix('/')?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._".contains(c));
        let name = &rest[..end.unwrap_or(rest.len())];
        let language = language(name)?;
        let name = name.to_owned();
        Some(Self { name, language })
    }

    /// The one that an official layer brings: `Nodejs20` has `nodejs20`, `Python310` has `python3.10`, `PHP81-Debian10` has `php8.1`.
    pub(super) fn of_layer(layer: &str) -> Option<Self> {
        let layer = layer.strip_suffix("-Debian10").unwrap_or(layer);
        let layer = layer.to_ascii_lowercase();
        let (word, digits) = layer.split_at(layer.find(|c: char| c.is_ascii_digit())?);
        let is_number = digits.chars().all(|c| c.is_ascii_digit());
        let name = match word {
            "nodejs" | "java" if is_number => layer,
            "python" | "php" if is_number => format!("{word}{}.{}", &digits[..1], &digits[1..]),
            _ => return None,
        };
        let language = language(&name)?;
        Some(Self { name, language })
    }

    /// Those that a function names: in its command, its variables, and the program that it starts without a command.
    pub(super) fn named(spec: &Spec) -> BTreeSet<Self> {
        let custom = spec.custom.iter();
        let words = custom.flat_map(|custom| custom.command.iter().chain(&custom.args));
        let is_own = spec.custom.as_ref().is_none_or(|c| c.command.is_empty());
        let own = is_own.then(|| own_text(&spec.code)).flatten();
        let texts = words.chain(spec.environment.values()).chain(&own);
        let starts = texts.flat_map(|text| {
            let places = text.match_indices(PLACE);
            places.map(|(at, _)| &text[at..])
        });
        starts.filter_map(Self::of).collect()
    }

    /// The programs in it that this machine has, by their names there.
    ///
    /// # Errors
    /// Its interpreter is not here; the text says what to install.
    pub(super) fn programs(
        &self,
        interpreters: &Interpreters,
    ) -> Result<Vec<(String, PathBuf)>, Fault> {
        let program = interpreters.program(self.language)?;
        let names = match self.language {
            Language::Node(_) => vec!["node"],
            Language::Python(..) => vec!["python", "python3", &self.name],
            Language::Php => vec!["php"],
            _ => vec!["java"],
        };
        let own = names
            .iter()
            .map(|name| ((*name).to_owned(), program.clone()));
        let beside = ["npm", "npx"].map(|name| (name.to_owned(), program.with_file_name(name)));
        let is_node = matches!(self.language, Language::Node(_));
        let beside = beside
            .into_iter()
            .filter(|(_, path)| is_node && path.is_file());
        Ok(own.chain(beside).collect())
    }
}

/// What an installation's name says.
fn language(name: &str) -> Option<Language> {
    let number = |text: &str| text.parse::<u8>().ok();
    if let Some(version) = name.strip_prefix("nodejs") {
        // `nodejs14_alinode` is the same with the vendor's probes.
        return number(version.split('_').next()?).map(Language::Node);
    }
    if let Some(version) = name.strip_prefix("python") {
        let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
        let version = number(major).filter(|major| *major == 3).zip(number(minor));
        return version.map(|(major, minor)| Language::Python(major, minor));
    }
    if let Some(version) = name.strip_prefix("java") {
        return number(version).map(Language::Java);
    }
    name.starts_with("php").then_some(Language::Php)
}

/// The text of the program that a function without a command starts, if it is one.
fn own_text(code: &Path) -> Option<String> {
    let path = code.join(BOOTSTRAP);
    let data = fs::symlink_metadata(&path).ok()?;
    let is_text = data.is_file() && data.len() <= LONGEST;
    is_text.then(|| fs::read_to_string(path).ok()).flatten()
}

/// Makes the installations that a function names, as folders of links below that of the bootstraps; what a process is shown of
/// them. One that this machine has nothing for is left out, unless the function's command is in it.
///
/// # Errors
/// The interpreter of the function's command is not here, or the links cannot be made.
pub(super) fn provide(
    spec: &Spec,
    interpreters: &Interpreters,
    sight: &mut Sight,
) -> Result<Vec<Shown>, Fault> {
    let mut shown = Vec::new();
    let custom = spec.custom.as_ref();
    let first = custom.and_then(|custom| Installation::of(custom.command.first()?));
    for one in Installation::named(spec) {
        let programs = match one.programs(interpreters) {
            Err(fault) if first.as_ref() == Some(&one) => return Err(fault),
            Err(_) => continue,
            Ok(programs) => programs,
        };
        let folder = sight.installations_here().join(&one.name);
        link_all(&folder, programs, sight)?;
        shown.push(Shown {
            what: folder,
            at: Path::new(PLACE).join(&one.name),
            writable: false,
        });
    }
    Ok(shown)
}

/// The folders of a function's layers, in their order. What is here of the vendor's own is made.
///
/// # Errors
/// The interpreter that one brings is not here, or its links cannot be made.
pub(super) fn layers(
    spec: &Spec,
    interpreters: &Interpreters,
    sight: &mut Sight,
) -> Result<Vec<PathBuf>, Fault> {
    let mut folders = Vec::new();
    for layer in &spec.layers {
        match layer {
            Layer::Unpacked(folder) => folders.push(folder.clone()),
            Layer::Official(name) => {
                let Some(one) = Installation::of_layer(name) else {
                    continue;
                };
                let folder = sight.official_layers_here().join(name);
                let programs = one.programs(interpreters)?;
                link_all(&folder.join(&one.name), programs, sight)?;
                folders.push(folder);
            }
        }
    }
    Ok(folders)
}

/// Whether anything of the vendor's layer of this name is here: it brings an interpreter, and this machine's is taken for that.
pub fn serves_layer(name: &str) -> bool {
    Installation::of_layer(name).is_some()
}

/// The first interpreter that a function's official layers bring and that is not here; the text says what to install.
pub(super) fn lack(spec: &Spec, interpreters: &Interpreters) -> Option<String> {
    let official = spec.layers.iter().filter_map(|layer| match layer {
        Layer::Official(name) => Installation::of_layer(name),
        Layer::Unpacked(_) => None,
    });
    let mut missing = official.filter_map(|one| one.programs(interpreters).err());
    missing.next().map(|fault| fault.to_string())
}

/// Makes the programs of an installation.
fn link_all(
    folder: &Path,
    programs: Vec<(String, PathBuf)>,
    sight: &mut Sight,
) -> Result<(), Fault> {
    for (name, program) in programs {
        let linked = link(&folder.join("bin"), &name, &sight.program(&program));
        linked.map_err(|error| Fault::Start(format!("{}: {error}", folder.display())))?;
    }
    Ok(())
}

/// Links a name to a program; one that leads there already stays, for others may start by it now.
fn link(folder: &Path, name: &str, program: &Path) -> io::Result<()> {
    let at = folder.join(name);
    let is_done = || fs::read_link(&at).is_ok_and(|leads| leads == program);
    if is_done() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let _ = fs::remove_file(&at);
    match std::os::unix::fs::symlink(program, &at) {
        // Somebody was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_done() => Ok(()),
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_layers_of_interpreters_are_known_by_their_names() {
        let known = |layer: &str| Installation::of_layer(layer).map(|one| (one.name, one.language));
        for (layer, name, language) in [
            ("Nodejs20", "nodejs20", Language::Node(20)),
            ("Python310", "python3.10", Language::Python(3, 10)),
            ("Java17", "java17", Language::Java(17)),
            ("PHP81-Debian10", "php8.1", Language::Php),
        ] {
            assert_eq!(known(layer), Some((name.to_owned(), language)), "{layer}");
        }
        for layer in [
            "Python3-Flask2x",
            "Nodejs-Puppeteer17x",
            "Go118",
            "SQLite3",
            "Nginx",
            "",
        ] {
            assert_eq!(known(layer), None, "{layer}");
        }
    }

    #[test]
    fn names_are_read_as_the_vendor_gives_them() {
        let language = |path: &str| Installation::of(path).map(|one| (one.name, one.language));
        for (path, name, expected) in [
            (
                "/var/fc/lang/nodejs20/bin/node",
                "nodejs20",
                Language::Node(20),
            ),
            (
                "/var/fc/lang/nodejs14_alinode/bin",
                "nodejs14_alinode",
                Language::Node(14),
            ),
            (
                "/var/fc/lang/python3.10/bin:/usr/bin",
                "python3.10",
                Language::Python(3, 10),
            ),
            ("/var/fc/lang/python3", "python3", Language::Python(3, 0)),
            ("/var/fc/lang/java11/bin/java", "java11", Language::Java(11)),
            ("/var/fc/lang/php7.2/bin/php", "php7.2", Language::Php),
        ] {
            assert_eq!(language(path), Some((name.to_owned(), expected)), "{path}");
        }
        for path in [
            "/var/fc/lang/",
            "/var/fc/lang/ruby3/bin",
            "/var/fc/lang/python2.7/bin",
            "/usr/bin/node",
        ] {
            assert_eq!(language(path), None, "{path}");
        }
    }
}
