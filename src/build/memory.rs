//! What was made of which input, so that it is not made again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::recipe::{Input, Recipe};
use crate::artifact;
use crate::sys::fs::{self, FsError};

/// What no recipe of a whole folder depends on: it changes by itself, or is made.
const LEFT_OUT: [&str; 8] = [
    "**/.git/**",
    "**/.sdev/**",
    "**/.s/**",
    "**/node_modules/**",
    "**/__pycache__/**",
    "**/.cache/**",
    "python/**",
    "target/**",
];

/// Digests of inputs by resource and tool, kept in `.sdev/build.json`. A file that cannot be read is as good as none: everything is made
/// again.
pub struct Memory {
    path: PathBuf,
    digests: BTreeMap<String, BTreeMap<String, String>>,
}

impl Memory {
    /// What is remembered beside a manifest in `project`.
    pub fn open(project: &Path) -> Self {
        let path = project.join(".sdev").join("build.json");
        let text = fs::read_text(&path).ok().flatten().unwrap_or_default();
        Self {
            path,
            digests: serde_json::from_str(&text).unwrap_or_default(),
        }
    }

    /// Whether what the recipe makes for a resource is there and was made of what is there now.
    pub fn is_fresh(&self, resource: &str, recipe: &Recipe) -> bool {
        let known = self.digests.get(resource);
        let known = known.and_then(|tools| tools.get(recipe.tool));
        !recipe.is_missing() && known.is_some() && known == digest(recipe).as_ref()
    }

    /// Remembers that it was made of what is there now.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn made(&mut self, resource: &str, recipe: &Recipe) -> Result<(), FsError> {
        let tools = self.digests.entry(resource.to_owned()).or_default();
        match digest(recipe) {
            Some(digest) => drop(tools.insert(recipe.tool.to_owned(), digest)),
            None => drop(tools.remove(recipe.tool)),
        }
        if let Some(folder) = self.path.parent() {
            fs::create_folder(folder)?;
        }
        let text = serde_json::to_vec_pretty(&self.digests).unwrap_or_default();
        fs::write_atomic(&self.path, &text, fs::Readers::Default)
    }
}

/// A digest over command and input; `None` when the input is not known or cannot be read.
fn digest(recipe: &Recipe) -> Option<String> {
    let (version, command) = (recipe.version(), &recipe.command);
    let mut lines = vec![format!("{version:?} {command:?} {:?}", recipe.variables)];
    match &recipe.input {
        Input::Unknown => return None,
        Input::Files(names) => {
            for name in *names {
                let text = fs::read_text(&recipe.folder.join(name)).ok()?;
                lines.push(format!("{name} {text:?}"));
            }
        }
        Input::Folder => {
            let files = artifact::scan(&recipe.folder, &left_out(recipe)).ok()?;
            let files = files
                .iter()
                .map(|(name, file)| format!("{name} {}", file.md5));
            lines.extend(files);
        }
    }
    Some(wire::digest::sha256_hex(lines.join("\n").as_bytes()))
}

fn left_out(recipe: &Recipe) -> GlobSet {
    let made = recipe.made.as_ref();
    let made = made.and_then(|made| {
        let inside = made.strip_prefix(&recipe.folder).ok();
        // What is below this folder may be named without it.
        inside.or_else(|| (recipe.folder == Path::new(".")).then_some(made))
    });
    let made = made.map(|made| globset::escape(&made.to_string_lossy()));
    let patterns = LEFT_OUT.iter().map(|text| (*text).to_owned()).chain(made);
    let mut globs = GlobSetBuilder::new();
    for glob in patterns.filter_map(|pattern| Glob::new(&pattern).ok()) {
        globs.add(glob);
    }
    globs.build().unwrap_or_else(|_| GlobSet::empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{Code, find};

    #[test]
    fn what_was_made_of_the_same_input_is_fresh() {
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path().join("code");
        std::fs::create_dir(&code).unwrap();
        std::fs::write(code.join("go.mod"), "module x").unwrap();
        std::fs::write(code.join("main.go"), "package main").unwrap();
        let recipe = || {
            let code = Code {
                path: &code,
                runtime: None,
                handler: None,
                command: None,
                line: None,
            };
            find(&code).remove(0)
        };
        let mut memory = Memory::open(folder.path());
        assert!(!memory.is_fresh("api", &recipe()));
        std::fs::write(code.join("bootstrap"), "made").unwrap();
        memory.made("api", &recipe()).unwrap();
        let memory = Memory::open(folder.path());
        assert!(memory.is_fresh("api", &recipe()));
        assert!(!memory.is_fresh("other", &recipe()));
        std::fs::write(code.join("bootstrap"), "made again").unwrap();
        assert!(memory.is_fresh("api", &recipe()));
        std::fs::write(code.join("main.go"), "package other").unwrap();
        assert!(!memory.is_fresh("api", &recipe()));
        std::fs::write(code.join("main.go"), "package main").unwrap();
        std::fs::remove_file(code.join("bootstrap")).unwrap();
        assert!(!memory.is_fresh("api", &recipe()));
    }
}
