//! What `sdev dev` looks at: the project's folder, and what its manifest reads wherever that is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use walkdir::{DirEntry, WalkDir};

use crate::build;
use crate::component::Pack;
use crate::engine::{Build, Project};

/// Folders of the project that no deploy reads, or that a deploy writes itself. What resources read of `target` is looked at for
/// their sake.
const PASSED_OVER: &[&str] = &[
    ".sdev",
    ".git",
    ".s",
    "__pycache__",
    "node_modules",
    "target",
];
/// Folders that are passed over in code, too: one holds thousands of files, of which [`NOTES`] tell; the other what a run leaves.
const NOT_IN_CODE: &[&str] = &["node_modules", "__pycache__"];
/// What managers of packages write into `node_modules` when all is in place.
const NOTES: &[&str] = &[".package-lock.json", ".modules.yaml", ".yarn-integrity"];

/// What can be seen of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    mode: u32,
    pub(super) modified: Option<SystemTime>,
}

/// Files with what was seen of each.
pub(super) type Snapshot = BTreeMap<PathBuf, Stamp>;

/// The paths that differ between two looks.
pub(super) fn differing(before: &Snapshot, after: &Snapshot) -> BTreeSet<PathBuf> {
    let changed = after
        .iter()
        .filter(|(path, stamp)| before.get(*path) != Some(stamp));
    let gone = before.iter().filter(|(path, _)| !after.contains_key(*path));
    changed.chain(gone).map(|(path, _)| path.clone()).collect()
}

/// Where to look.
pub(super) struct Watch {
    /// Folders whose files may be what actions and builds read.
    folders: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    packs: Vec<Pack>,
    /// What others write all the time: the local cloud's data.
    passed_over: PathBuf,
    /// Where this program writes to. If that is in the folder, what is said of a deploy is no reason for the next.
    own: BTreeSet<File>,
}

impl Watch {
    /// Looks at a project's folder alone, but not at what is in `passed_over`.
    pub(super) fn new(folder: &Path, passed_over: &Path) -> Self {
        let ours = ["/dev/stdout", "/dev/stderr"].map(std::fs::metadata);
        Self {
            folders: BTreeSet::from([real(folder)]),
            files: BTreeSet::new(),
            packs: Vec::new(),
            passed_over: real(passed_over),
            own: ours.iter().flatten().map(file).collect(),
        }
    }

    /// From now on looks at what the project and its builds read.
    pub(super) fn turn_to(&mut self, project: &Project, builds: &[Build]) {
        let folder = &project.manifest.folder;
        let built = builds.iter().map(|build| &build.recipe.folder);
        self.folders = std::iter::once(folder)
            .chain(built)
            .map(|path| real(path))
            .collect();
        self.files = project
            .manifest
            .files
            .iter()
            .map(|path| real(path))
            .collect();
        self.files.insert(real(&build::memory_file(folder)));
        self.packs.clone_from(&project.lowered.packs);
    }

    /// What is there now.
    pub(super) fn look(&self) -> Snapshot {
        let mut seen = Snapshot::new();
        for folder in self
            .folders
            .iter()
            .filter(|folder| !self.is_within_another(folder))
        {
            self.walk(folder, &mut seen);
        }
        for file in &self.files {
            self.note(file.clone(), &mut seen);
        }
        for pack in &self.packs {
            let source = real(pack.source());
            for file in pack.files(NOT_IN_CODE) {
                let below = file.strip_prefix(pack.source()).unwrap_or(&file);
                let is_itself = below.as_os_str().is_empty();
                let path = if is_itself {
                    source.clone()
                } else {
                    source.join(below)
                };
                if !path.starts_with(&self.passed_over) {
                    self.note(path, &mut seen);
                }
            }
            self.add_notes(&source.join("node_modules"), &mut seen);
        }
        seen
    }

    /// Whether a folder is looked at with another one.
    fn is_within_another(&self, folder: &Path) -> bool {
        self.folders.iter().any(|other| {
            let below = folder.strip_prefix(other).ok();
            below.is_some_and(|below| folder != other && !below.iter().any(is_passed_over))
        })
    }

    fn walk(&self, folder: &Path, seen: &mut Snapshot) {
        let mut packages = Vec::new();
        let mut wanted = |entry: &DirEntry| {
            if entry.file_name() == "node_modules" {
                packages.push(entry.path().to_owned());
            }
            entry.depth() == 0
                || !is_passed_over(entry.file_name()) && entry.path() != self.passed_over
        };
        let entries = WalkDir::new(folder).into_iter().filter_entry(&mut wanted);
        for entry in entries
            .flatten()
            .filter(|entry| entry.file_type().is_file())
        {
            self.note(entry.into_path(), seen);
        }
        for folder in packages {
            self.add_notes(&folder, seen);
        }
    }

    fn add_notes(&self, packages: &Path, seen: &mut Snapshot) {
        for name in NOTES {
            self.note(packages.join(name), seen);
        }
    }

    /// A folder's time changes with what is made and removed in it beside the sources, such as caches: only files count.
    fn note(&self, path: PathBuf, seen: &mut Snapshot) {
        let metadata = path.metadata().or_else(|_| path.symlink_metadata());
        let Ok(metadata) = metadata else { return };
        if metadata.is_dir() || self.own.contains(&file(&metadata)) {
            return;
        }
        let stamp = Stamp {
            size: metadata.len(),
            mode: metadata.mode(),
            modified: metadata.modified().ok(),
        };
        seen.insert(path, stamp);
    }
}

fn is_passed_over(name: &std::ffi::OsStr) -> bool {
    PASSED_OVER.iter().any(|other| name == *other)
}

/// A path by which a file has one name only, also when it is not there yet.
pub(super) fn real(path: &Path) -> PathBuf {
    if let Ok(found) = path.canonicalize() {
        return found;
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize();
    match (parent, path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

/// A file by its device and number.
type File = (u64, u64);

fn file(metadata: &Metadata) -> File {
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_writes_itself_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let [code, log] = ["index.js", "dev.log"].map(|name| folder.path().join(name));
        std::fs::write(&code, "1").unwrap();
        std::fs::write(&log, "").unwrap();
        let mut watch = Watch::new(folder.path(), &folder.path().join("home"));
        watch.own = BTreeSet::from([file(&std::fs::metadata(&log).unwrap())]);
        let before = watch.look();
        std::fs::write(&log, "No changes.").unwrap();
        assert_eq!(watch.look(), before);
        std::fs::write(&code, "22").unwrap();
        assert_eq!(
            differing(&before, &watch.look()),
            BTreeSet::from([real(&code)])
        );
    }

    #[test]
    fn of_packages_and_of_the_local_cloud_only_the_note_at_the_end_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["node_modules/left", "home", "target"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let watch = Watch::new(folder.path(), &folder.path().join("home"));
        let before = watch.look();
        for name in ["node_modules/left/index.js", "home/data", "target/x"] {
            std::fs::write(folder.path().join(name), "1").unwrap();
        }
        assert_eq!(watch.look(), before);
        let note = folder.path().join("node_modules/.package-lock.json");
        std::fs::write(&note, "{}").unwrap();
        assert_eq!(
            differing(&before, &watch.look()),
            BTreeSet::from([real(&note)])
        );
    }
}
