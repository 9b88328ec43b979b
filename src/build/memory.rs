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

/// Where the digests of a project are kept.
pub fn memory_file(project: &Path) -> PathBuf {
    project.join(".sdev").join("build.json")
}

impl Memory {
    /// What is remembered beside a manifest in `project`.
    pub fn open(project: &Path) -> Self {
        let path = memory_file(project);
        let text = fs::read_text(&path).ok().flatten().unwrap_or_default();
        Self {
            path,
            digests: serde_json::from_str(&text).unwrap_or_default(),
        }
    }

    /// Whether what the recipe makes for a resource is there and was made of what is there now.
    pub fn is_fresh(&self, resource: &str, recipe: &Recipe) -> bool {
        let known = self.digest(resource, recipe);
        !recipe.is_missing() && known.is_some() && known == recipe.digest().as_ref()
    }

    /// Whether it is remembered of what it was made, whatever is there now.
    pub fn knows(&self, resource: &str, recipe: &Recipe) -> bool {
        self.digest(resource, recipe).is_some()
    }

    fn digest(&self, resource: &str, recipe: &Recipe) -> Option<&String> {
        self.digests.get(resource)?.get(recipe.tool)
    }

    /// Remembers that it was made of what is there now. Of files that are only read, it was of what was there `before`: they may
    /// have been changed meanwhile.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn made(
        &mut self,
        resource: &str,
        recipe: &Recipe,
        before: Option<String>,
    ) -> Result<(), FsError> {
        let tools = self.digests.entry(resource.to_owned()).or_default();
        let digest = match recipe.input {
            Input::Files(_) => before,
            Input::Folder | Input::Unknown => recipe.digest(),
        };
        match digest {
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

impl Recipe {
    /// Whether it may read the file at this path below its folder. Those that a recipe names are told by its digest alone.
    pub fn reads_below(&self, path: &Path) -> bool {
        match self.input {
            Input::Files(_) => false,
            Input::Folder => !left_out(self).is_match(path),
            Input::Unknown => true,
        }
    }

    /// A digest over command and input; `None` when the input is not known or cannot be read.
    pub fn digest(&self) -> Option<String> {
        let (version, command) = (self.version(), &self.command);
        let mut lines = vec![format!("{version:?} {command:?} {:?}", self.variables)];
        match &self.input {
            Input::Unknown => return None,
            Input::Files(names) => {
                for name in *names {
                    let text = fs::read_text(&self.folder.join(name)).ok()?;
                    lines.push(format!("{name} {text:?}"));
                }
            }
            Input::Folder => {
                let files = artifact::scan(&self.folder, &left_out(self)).ok()?;
                let files = files
                    .iter()
                    .map(|(name, file)| format!("{name} {}", file.md5));
                lines.extend(files);
            }
        }
        Some(wire::digest::sha256_hex(lines.join("\n").as_bytes()))
    }
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
        memory.made("api", &recipe(), None).unwrap();
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
