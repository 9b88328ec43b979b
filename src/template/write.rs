//! Puts rendered files into a folder: all of them or none.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::TemplateError;
use super::render::RenderedFile;

/// Goes last into a folder that must be filled piece by piece: without it the folder is no project.
const MANIFEST: &str = "s.yaml";

/// Between a staging folder's destination and its process: `.NAME.sdev-init-PID-N`.
const STAGING: &str = ".sdev-init-";

/// Writes a project to `dest`, which must not exist or be an empty folder; missing parents are made.
///
/// The files are written to a hidden folder beside `dest` that is renamed at the end, so a kill at any moment leaves
/// no half project. Only the current folder cannot be replaced under the user's feet: its files are moved in one by
/// one, the manifest last. What a killed run left hidden is cleared away by the next one for the same `dest`.
///
/// # Errors
/// [`TemplateError::Occupied`] for a `dest` that holds something, [`TemplateError::Escapes`] and
/// [`TemplateError::Overwrites`] for paths that must not be, [`TemplateError::Io`] with its path for the rest.
pub fn write(files: &[RenderedFile], dest: &Path) -> Result<(), TemplateError> {
    check(files)?;
    let found = existing(dest)?;
    let dest = match &found {
        Some(folder) => folder.clone(),
        None => std::path::absolute(dest).map_err(io_error("resolve", dest))?,
    };
    let (Some(parent), Some(name)) = (dest.parent(), dest.file_name()) else {
        return Err(TemplateError::Occupied { dest });
    };
    if found.is_some() && std::env::current_dir().is_ok_and(|here| here == dest) {
        let staging = Staging::new(&dest, name)?;
        staging.fill(files)?;
        return staging.empty_into(&dest);
    }
    fs::create_dir_all(parent).map_err(io_error("create", parent))?;
    sweep(parent, name);
    let staging = Staging::new(parent, name)?;
    staging.fill(files)?;
    fs::rename(&staging.folder, &dest).map_err(io_error("move the new project to", &dest))
}

/// Each path stays inside, and none is another one or a folder of another one.
fn check(files: &[RenderedFile]) -> Result<(), TemplateError> {
    let inside = |path: &Path| path.components().all(|c| matches!(c, Component::Normal(_)));
    if let Some(file) = files
        .iter()
        .find(|f| f.path.as_os_str().is_empty() || !inside(&f.path))
    {
        return Err(TemplateError::Escapes {
            path: file.path.clone(),
        });
    }
    let mut paths: Vec<&Path> = files.iter().map(|f| f.path.as_path()).collect();
    paths.sort_unstable();
    match paths.windows(2).find(|pair| pair[1].starts_with(pair[0])) {
        Some(pair) => Err(TemplateError::Overwrites {
            path: pair[1].to_owned(),
        }),
        None => Ok(()),
    }
}

/// The real path of an empty `dest`; none when nothing is there.
fn existing(dest: &Path) -> Result<Option<PathBuf>, TemplateError> {
    let occupied = || TemplateError::Occupied {
        dest: dest.to_owned(),
    };
    match fs::metadata(dest) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io_error("look at", dest)(e)),
        Ok(found) if !found.is_dir() => Err(occupied()),
        Ok(_) => {
            let mut entries = fs::read_dir(dest).map_err(io_error("read the folder", dest))?;
            if entries.next().is_some() {
                return Err(occupied());
            }
            fs::canonicalize(dest)
                .map(Some)
                .map_err(io_error("resolve", dest))
        }
    }
}

/// A hidden folder that is removed again unless it was renamed.
struct Staging {
    folder: PathBuf,
}

impl Staging {
    fn new(parent: &Path, dest: &OsStr) -> Result<Self, TemplateError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut name = prefix(dest);
        name.push(format!(
            "{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        let folder = parent.join(name);
        fs::create_dir(&folder).map_err(io_error("create", &folder))?;
        Ok(Self { folder })
    }

    fn fill(&self, files: &[RenderedFile]) -> Result<(), TemplateError> {
        for file in files {
            let path = self.folder.join(&file.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(io_error("create", parent))?;
            }
            let mut out = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)
                .map_err(io_error("create", &path))?;
            out.write_all(&file.bytes)
                .map_err(io_error("write", &path))?;
            if file.executable {
                make_executable(&path).map_err(io_error("set the mode of", &path))?;
            }
        }
        Ok(())
    }

    /// Moves what is inside to `dest`, the folder that holds this one.
    fn empty_into(&self, dest: &Path) -> Result<(), TemplateError> {
        let entries =
            fs::read_dir(&self.folder).map_err(io_error("read the folder", &self.folder))?;
        let mut names = Vec::new();
        for entry in entries {
            names.push(
                entry
                    .map_err(io_error("read the folder", &self.folder))?
                    .file_name(),
            );
        }
        names.sort_by_key(|name| (name == MANIFEST, name.clone()));
        for name in names {
            let target = dest.join(&name);
            if fs::symlink_metadata(&target).is_ok() {
                return Err(TemplateError::Overwrites { path: target });
            }
            fs::rename(self.folder.join(&name), &target).map_err(io_error("create", &target))?;
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After a rename it is gone; after an error there is nobody left to tell.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Clears away the staging folders of `dest` whose process has ended. Best effort: they are hidden and harmless.
fn sweep(parent: &Path, dest: &OsStr) {
    let (Some(prefix), Ok(entries)) = (
        prefix(dest).to_str().map(str::to_owned),
        fs::read_dir(parent),
    ) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|n| n.strip_prefix(&prefix))
            .and_then(|n| n.split_once('-'));
        if owner.is_some_and(|(pid, _)| pid.parse().is_ok_and(has_ended)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether it is certain that no such process runs.
fn has_ended(pid: u32) -> bool {
    Path::new("/proc/self").exists() && !Path::new("/proc").join(pid.to_string()).exists()
}

fn prefix(dest: &OsStr) -> OsString {
    let mut name = OsString::from(".");
    name.push(dest);
    name.push(STAGING);
    name
}

fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> TemplateError + 'a {
    move |source| TemplateError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mut mode = fs::metadata(path)?.permissions();
    mode.set_mode(mode.mode() | (mode.mode() & 0o444) >> 2);
    fs::set_permissions(path, mode)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> RenderedFile {
        RenderedFile {
            path: PathBuf::from(path),
            bytes: text.as_bytes().to_vec(),
            executable: text.starts_with("#!"),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_project_appears_with_all_its_files_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("new/shop");
        write(&[file("s.yaml", "a"), file("site/b.txt", "b")], &dest).unwrap();
        assert_eq!(fs::read_to_string(dest.join("s.yaml")).unwrap(), "a");
        assert_eq!(fs::read_to_string(dest.join("site/b.txt")).unwrap(), "b");
        assert_eq!(names(dest.parent().unwrap()), ["shop"]);
    }

    #[test]
    fn an_empty_folder_is_used_and_one_that_holds_something_is_not_touched() {
        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("shop");
        fs::create_dir(&dest).unwrap();
        write(&[file("a", "first")], &dest).unwrap();
        let error = write(&[file("a", "second"), file("b", "")], &dest).unwrap_err();
        assert!(matches!(error, TemplateError::Occupied { .. }), "{error}");
        assert_eq!(fs::read_to_string(dest.join("a")).unwrap(), "first");
        assert_eq!(names(&dest), ["a"]);
        assert_eq!(names(home.path()), ["shop"]);
    }

    #[test]
    fn a_file_is_not_a_destination() {
        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("shop");
        fs::write(&dest, "mine").unwrap();
        assert!(matches!(
            write(&[file("a", "")], &dest),
            Err(TemplateError::Occupied { .. })
        ));
        assert_eq!(fs::read_to_string(&dest).unwrap(), "mine");
    }

    #[test]
    fn no_path_leaves_the_project() {
        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("shop");
        for path in ["../a", "a/../../b", "/etc/a", "", ".", "a/.."] {
            let error = write(&[file("ok", ""), file(path, "")], &dest).unwrap_err();
            assert!(
                matches!(error, TemplateError::Escapes { .. }),
                "{path}: {error}"
            );
        }
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn no_file_takes_the_place_of_another() {
        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("shop");
        for (one, other) in [("a", "a"), ("a", "a/b"), ("x/a", "x//a")] {
            let error =
                write(&[file(other, ""), file("a-b", ""), file(one, "")], &dest).unwrap_err();
            assert!(
                matches!(error, TemplateError::Overwrites { .. }),
                "{one} {other}: {error}"
            );
        }
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn an_error_in_the_middle_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("shop");
        let too_long = "n".repeat(300);
        let error = write(&[file("a", "a"), file(&too_long, "")], &dest).unwrap_err();
        assert!(
            matches!(
                error,
                TemplateError::Io {
                    action: "create",
                    ..
                }
            ),
            "{error}"
        );
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn a_killed_run_leaves_no_project_and_the_next_one_clears_it_away() {
        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("shop");
        let files = [file("s.yaml", "a"), file("b", "b")];
        // A killed process neither renames nor removes; its number is one that no process can have.
        let killed = Staging::new(home.path(), OsStr::new("shop")).unwrap();
        killed.fill(&files[..1]).unwrap();
        fs::rename(
            &killed.folder,
            home.path().join(format!(".shop{STAGING}{}-0", u32::MAX)),
        )
        .unwrap();
        let running = Staging::new(home.path(), OsStr::new("shop")).unwrap();
        assert!(!dest.exists());

        write(&files, &dest).unwrap();
        assert_eq!(names(&dest), ["b", "s.yaml"]);
        let left = names(home.path());
        assert_eq!(
            left.len(),
            2,
            "the other running process keeps its folder: {left:?}"
        );
        assert!(running.folder.exists());
    }

    #[test]
    fn the_current_folder_is_filled_in_place() {
        let home = tempfile::tempdir().unwrap();
        let staging = Staging::new(home.path(), OsStr::new("shop")).unwrap();
        staging
            .fill(&[file("s.yaml", "a"), file("site/b", "b")])
            .unwrap();
        staging.empty_into(home.path()).unwrap();
        drop(staging);
        assert_eq!(names(home.path()), ["s.yaml", "site"]);
    }

    #[test]
    fn filling_in_place_overwrites_nothing() {
        let home = tempfile::tempdir().unwrap();
        let staging = Staging::new(home.path(), OsStr::new("shop")).unwrap();
        staging
            .fill(&[file("a", "theirs"), file("s.yaml", "")])
            .unwrap();
        fs::write(home.path().join("a"), "mine").unwrap();
        assert!(matches!(
            staging.empty_into(home.path()),
            Err(TemplateError::Overwrites { .. })
        ));
        drop(staging);
        assert_eq!(fs::read_to_string(home.path().join("a")).unwrap(), "mine");
        assert_eq!(names(home.path()), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_script_can_be_run_by_those_who_can_read_it() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let dest = home.path().join("shop");
        write(&[file("run", "#!/bin/sh\n"), file("text", "x")], &dest).unwrap();
        let mode = |name: &str| fs::metadata(dest.join(name)).unwrap().permissions().mode();
        assert_eq!(mode("run") & 0o111, (mode("run") & 0o444) >> 2);
        assert_eq!(mode("text") & 0o111, 0);
    }
}
