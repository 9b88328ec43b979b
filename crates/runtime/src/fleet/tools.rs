//! Programs of this machine that caged processes see: the system's folders are there anyway, other installations are shown.

use std::path::{Path, PathBuf};

use crate::launch::{Shown, is_system};

/// Where an installation is shown that is where layers are seen.
const ELSEWHERE: &str = "/var/fc/tools";
/// What of an installation is shown: its programs and what they load. Never what else is beside them.
const PARTS: [&str; 4] = ["bin", "lib", "lib64", "libexec"];

/// What of an installation of Java is shown too, and how one is known.
const SETTINGS: &str = "conf";
const MODULES: &str = "lib/modules";

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tools {
    /// What is shown.
    pub(super) shown: Vec<Shown>,
    /// Where caged processes look for programs.
    pub(super) path: String,
}

impl Tools {
    /// The installations that a search path names. Folders of which nothing is shown are left out: a home's own programs, and scripts
    /// that choose among installations.
    pub(super) fn on(path: &str) -> Self {
        let mut tools = Self::default();
        let mut folders: Vec<String> = Vec::new();
        for folder in path.split(':').map(Path::new) {
            let seen = if is_system(folder) {
                Some(folder.to_owned())
            } else {
                tools.show(folder)
            };
            let text = seen.map(|seen| seen.display().to_string());
            folders.extend(text.filter(|text| !folders.contains(text)));
        }
        tools.path = folders.join(":");
        tools
    }

    /// Shows the installation that a program belongs to; where the program is then.
    pub(super) fn with(&mut self, program: &Path) -> PathBuf {
        if is_system(program) {
            return program.to_owned();
        }
        let name = program.file_name().unwrap_or_default();
        if let Some(folder) = program.parent().and_then(|folder| self.show(folder)) {
            return folder.join(name);
        }
        let at = Path::new(ELSEWHERE).join(name);
        self.add(program.to_owned(), at.clone());
        at
    }

    /// Shows the installation of a folder of programs; where that folder is then. Nothing when it is none.
    fn show(&mut self, folder: &Path) -> Option<PathBuf> {
        let folder = folder.canonicalize().ok()?;
        let prefix = folder.parent().filter(|_| folder.ends_with("bin"))?;
        // Not `/`, `/root` or `/home/me`, whatever is in them.
        if prefix.components().count() <= 3 || !prefix.join("lib").is_dir() {
            return None;
        }
        let at = if prefix.starts_with("/opt") {
            let name = prefix.to_string_lossy().trim_matches('/').replace('/', "-");
            Path::new(ELSEWHERE).join(name)
        } else {
            prefix.to_owned()
        };
        let of_java = Some(SETTINGS).filter(|_| prefix.join(MODULES).is_file());
        for part in PARTS.into_iter().chain(of_java) {
            if prefix.join(part).is_dir() {
                self.add(prefix.join(part), at.join(part));
            }
        }
        Some(at.join("bin"))
    }

    fn add(&mut self, what: PathBuf, at: PathBuf) {
        let shown = Shown {
            what,
            at,
            writable: false,
        };
        if !self.shown.contains(&shown) {
            self.shown.push(shown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installations_are_shown_and_homes_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for part in ["node/v1/bin", "node/v1/lib", "node/v1/notes", "own/bin"] {
            std::fs::create_dir_all(root.join(part)).unwrap();
        }
        let text = |name: &str| root.join(name).display().to_string();
        let path = [
            "/usr/bin".to_owned(),
            text("node/v1/bin"),
            text("own/bin"),
            text("missing/bin"),
        ];
        let mut tools = Tools::on(&path.join(":"));
        assert_eq!(tools.path, format!("/usr/bin:{}", text("node/v1/bin")));
        let what: Vec<_> = tools.shown.iter().map(|shown| shown.what.clone()).collect();
        assert_eq!(what, [root.join("node/v1/bin"), root.join("node/v1/lib")]);
        let node = root.join("node/v1/bin/node");
        assert_eq!(tools.with(&node), node);
        assert_eq!(tools.shown.len(), 2);
        let alone = tools.with(&root.join("own/bin/tool"));
        assert_eq!(alone, Path::new("/var/fc/tools/tool"));
        for part in ["jdk/bin", "jdk/lib", "jdk/conf"] {
            std::fs::create_dir_all(root.join(part)).unwrap();
        }
        std::fs::write(root.join("jdk/lib/modules"), "").unwrap();
        tools.with(&root.join("jdk/bin/java"));
        let shown = tools
            .shown
            .iter()
            .any(|shown| shown.what == root.join("jdk/conf"));
        assert!(shown, "{:?}", tools.shown);
        assert_eq!(
            tools.with(Path::new("/usr/bin/sh")),
            Path::new("/usr/bin/sh")
        );
    }
}
