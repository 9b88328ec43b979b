//! What of a code folder is packed: by `.fcignore`, as Serverless Devs' component `fc3` reads it.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;

use super::CodeError;
use super::package::{Entry, Form};
use crate::artifact::folder::digest_all;

/// Rules are read from files of this name in the folder and below; each counts from where it is.
const RULES: &str = ".fcignore";

/// Never packed: histories of versions and what tools keep for themselves. Their content changes with every deploy or commit.
const LEFT_OUT: &[&str] = &[".git", ".hg", ".svn", ".s", ".sdev"];

/// The entries of a folder by path with `/`. All that is wrong is reported at once.
pub(super) fn entries(root: &Path) -> Result<BTreeMap<String, Entry>, Vec<CodeError>> {
    let (mut found, mut files, mut errors) = (BTreeMap::new(), Vec::new(), Vec::new());
    for entry in walk(root, &[]) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                errors.push(unreadable(root, &error));
                continue;
            }
        };
        if entry.depth() == 0 {
            continue;
        }
        match one(root, entry.path()) {
            Ok((key, entry)) => {
                if entry.form == Form::File {
                    files.push((key.clone(), root.join(&key)));
                }
                found.insert(key, entry);
            }
            Err(error) => errors.push(error),
        }
    }
    for (key, result) in digest_all(&files) {
        match (result, found.get_mut(&key)) {
            (Ok(file), Some(entry)) => (entry.size, entry.digest) = (file.size, file.md5),
            (Err(error), _) => errors.push(unreadable(&root.join(key), &error)),
            (Ok(_), None) => {}
        }
    }
    if errors.is_empty() {
        only_empty_folders(&mut found);
        Ok(found)
    } else {
        Err(errors)
    }
}

/// The files and links of a folder that are packed, as far as they can be found; what is in folders of these names is passed over.
pub fn list(root: &Path, passed_over: &'static [&'static str]) -> Vec<PathBuf> {
    let entries = walk(root, passed_over).filter_map(Result::ok);
    let is_folder = |entry: &ignore::DirEntry| entry.file_type().is_none_or(|form| form.is_dir());
    let files = entries.filter(|entry| !is_folder(entry));
    files.map(ignore::DirEntry::into_path).collect()
}

fn walk(root: &Path, passed_over: &'static [&'static str]) -> ignore::Walk {
    WalkBuilder::new(root)
        .standard_filters(false)
        .add_custom_ignore_filename(RULES)
        .follow_links(false)
        .filter_entry(move |entry| {
            let is_out = |name| LEFT_OUT.contains(&name) || passed_over.contains(&name);
            entry.depth() == 0 || !entry.file_name().to_str().is_some_and(is_out)
        })
        .build()
}

fn one(root: &Path, path: &Path) -> Result<(String, Entry), CodeError> {
    let key = key(root, path).ok_or_else(|| unreadable(path, &"the name is not UTF-8"))?;
    let metadata = path.symlink_metadata().map_err(|e| unreadable(path, &e))?;
    let entry = if metadata.is_symlink() {
        link(root, path)?
    } else if metadata.is_dir() {
        Entry::of(Form::Folder, 0, String::new())
    } else if metadata.is_file() {
        let mut entry = Entry::of(Form::File, 0, String::new());
        // What starts a custom runtime must be executable, also when the disk it comes from knows no such bit.
        entry.executable = key == "bootstrap" || is_executable(&metadata);
        entry
    } else {
        return Err(unreadable(
            path,
            &"this is neither a file, a folder nor a link",
        ));
    };
    Ok((key, entry))
}

/// Whether anyone may run a file: the bits that a umask takes from others do not matter.
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & 0o111 != 0
}

/// A link stays a link. What it leads to must be inside, by its words and on this disk, or be absolute: that is a place of the
/// machine on which the code runs.
fn link(root: &Path, path: &Path) -> Result<Entry, CodeError> {
    let target = path.read_link().map_err(|e| unreadable(path, &e))?;
    let leads_out = || CodeError::LeadsOut {
        link: path.to_owned(),
        target: target.clone(),
    };
    let depth = path
        .strip_prefix(root)
        .map_or(0, |p| p.components().count());
    let mut depth = depth.saturating_sub(1);
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir => depth = depth.checked_sub(1).ok_or_else(leads_out)?,
            Component::RootDir | Component::Prefix(_) => break,
        }
    }
    if target.is_relative()
        && let (Some(real), Ok(root)) = (real(path, &target), root.canonicalize())
        && !real.starts_with(root)
    {
        return Err(leads_out());
    }
    let text = target.to_str().map(ToOwned::to_owned);
    let text = text.ok_or_else(|| unreadable(path, &"where it leads is not UTF-8"))?;
    let mut entry = Entry::of(
        Form::Link,
        text.len() as u64,
        wire::digest::md5_hex_upper(text.as_bytes()),
    );
    entry.digest.make_ascii_lowercase();
    entry.link = Some(text);
    Ok(entry)
}

/// Where a link leads on this disk. What is a link there itself is judged for itself, and not followed.
fn real(link: &Path, target: &Path) -> Option<PathBuf> {
    let place = link.parent()?.join(target);
    match (place.parent(), place.file_name()) {
        (Some(folder), Some(name)) if place.is_symlink() => {
            Some(folder.canonicalize().ok()?.join(name))
        }
        _ => place.canonicalize().ok(),
    }
}

/// Folders that hold something need no entry of their own.
fn only_empty_folders(found: &mut BTreeMap<String, Entry>) {
    let used: Vec<String> = found
        .keys()
        .flat_map(|key| key.match_indices('/').map(|(at, _)| key[..at].to_owned()))
        .collect();
    for folder in used {
        found.remove(&folder);
    }
}

fn key(root: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(root).ok()?;
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

pub(super) fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> CodeError {
    CodeError::Unreadable {
        path: PathBuf::from(path),
        why: why.to_string(),
    }
}
