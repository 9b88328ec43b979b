//! The folders of version managers: pyenv, nvm, asdf and mise.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Finds one of a folder's installations: by a variable or below the home folder, a folder of versions, and what stands before their numbers.
struct Manager {
    variable: &'static str,
    home: &'static str,
    versions: &'static str,
    before: &'static str,
}

const PYTHON: [Manager; 3] = [
    Manager {
        variable: "PYENV_ROOT",
        home: ".pyenv",
        versions: "versions",
        before: "",
    },
    Manager {
        variable: "ASDF_DATA_DIR",
        home: ".asdf",
        versions: "installs/python",
        before: "",
    },
    Manager {
        variable: "MISE_DATA_DIR",
        home: ".local/share/mise",
        versions: "installs/python",
        before: "",
    },
];
const NODE: [Manager; 3] = [
    Manager {
        variable: "NVM_DIR",
        home: ".nvm",
        versions: "versions/node",
        before: "v",
    },
    Manager {
        variable: "ASDF_DATA_DIR",
        home: ".asdf",
        versions: "installs/nodejs",
        before: "",
    },
    Manager {
        variable: "MISE_DATA_DIR",
        home: ".local/share/mise",
        versions: "installs/node",
        before: "",
    },
];

/// All `pythonMAJOR.MINOR` there, the newest patch of each manager first. `variable` reads the environment.
pub(super) fn python(
    (major, minor): (u8, u8),
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<PathBuf> {
    let (major, minor) = (u32::from(major), u32::from(minor));
    let program = format!("bin/python{major}.{minor}");
    found(&PYTHON, &[major, minor], &program, variable)
}

/// All `node` of a major version there, the newest of each manager first. `variable` reads the environment.
pub(super) fn node(major: u8, variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    found(&NODE, &[u32::from(major)], "bin/node", variable)
}

fn found(
    managers: &[Manager],
    wanted: &[u32],
    program: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<PathBuf> {
    let home = variable("HOME").map(PathBuf::from);
    let root = |manager: &Manager| {
        let named = variable(manager.variable).filter(|root| !root.is_empty());
        let usual = || Some(home.as_ref()?.join(manager.home));
        named.map(PathBuf::from).or_else(usual)
    };
    let roots = managers
        .iter()
        .filter_map(|manager| Some((root(manager)?, manager)));
    roots
        .flat_map(|(root, manager)| newest(&root.join(manager.versions), manager.before, wanted))
        .map(|folder| folder.join(program))
        .filter(|program| program.is_file())
        .collect()
}

/// The folders of versions that begin with the wanted numbers, the newest first.
fn newest(folder: &Path, before: &str, wanted: &[u32]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // Names such as `3.13.0rc1` or `latest` are no releases.
            let numbers = name
                .strip_prefix(before)?
                .split('.')
                .map(|part| part.parse().ok());
            let numbers: Vec<u32> = numbers.collect::<Option<_>>()?;
            (numbers.len() == 3 && numbers.starts_with(wanted)).then(|| (numbers, entry.path()))
        })
        .collect();
    found.sort_by(|one, other| other.0.cmp(&one.0));
    found.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_patch_of_the_wanted_version_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        for (version, program) in [
            (".pyenv/versions/3.10.9", "python3.10"),
            (".pyenv/versions/3.10.13", "python3.10"),
            (".pyenv/versions/3.1.5", "python3.1"),
            (".pyenv/versions/3.10.14rc1", "python3.10"),
            ("elsewhere/versions/node/v20.9.0", "node"),
            ("elsewhere/versions/node/v20.10.1", "node"),
            (".asdf/installs/nodejs/20.1.0", "node"),
        ] {
            let bin = home.join(version).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            std::fs::write(bin.join(program), "").unwrap();
        }
        std::fs::create_dir_all(home.join(".pyenv/versions/3.10.99/bin")).unwrap();
        let variable = |name: &str| match name {
            "HOME" => Some(home.into()),
            "NVM_DIR" => Some(home.join("elsewhere").into()),
            "PYENV_ROOT" => Some(OsString::new()),
            _ => None,
        };
        let here = |paths: Vec<PathBuf>| -> Vec<String> {
            let below = paths.iter().map(|path| path.strip_prefix(home).unwrap());
            below.map(|path| path.display().to_string()).collect()
        };
        assert_eq!(
            here(python((3, 10), variable)),
            [
                ".pyenv/versions/3.10.13/bin/python3.10",
                ".pyenv/versions/3.10.9/bin/python3.10"
            ]
        );
        assert_eq!(
            here(node(20, variable)),
            [
                "elsewhere/versions/node/v20.10.1/bin/node",
                "elsewhere/versions/node/v20.9.0/bin/node",
                ".asdf/installs/nodejs/20.1.0/bin/node"
            ]
        );
        assert!(python((3, 12), variable).is_empty());
    }
}
