//! `sdev dev`: deploys to the local cloud at each change, and shows what functions write.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{SignalKind, signal};
use walkdir::{DirEntry, WalkDir};

use super::super::args::{Deploy, Dev, Global};
use super::super::exit::Exit;
use super::super::local::{self, Admin};
use super::super::printer::Printer;
use super::super::runtime::block_on;
use super::super::view;
use super::deployed::Deployed;
use super::{Outcome, deploy, manifest_path};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::sys::process;

/// How often files are looked at.
const ROUND: Duration = Duration::from_millis(100);
/// How long files must have been left alone before they are deployed. Times of files have ticks of some milliseconds: what is
/// written twice within one, at the same length, could not be told apart.
const SETTLED: Duration = Duration::from_millis(20);
/// Folders that no deploy reads, or that a deploy writes itself.
const PASSED_OVER: &[&str] = &[
    ".sdev",
    ".git",
    ".s",
    "node_modules",
    "__pycache__",
    "target",
];

pub(super) fn run(args: &Dev, global: &Global, printer: Printer) -> Outcome {
    let manifest = manifest_path(global)?;
    let folder = manifest.parent().unwrap_or(Path::new("")).to_owned();
    let folder = if folder.as_os_str().is_empty() {
        ".".into()
    } else {
        folder
    };
    let wanted = block_on(Deployed::local_functions("dev", (global, printer)))?;
    if wanted.is_none() {
        let detail = "`sdev dev` deploys at each change, and only to the local cloud";
        return Err(Diagnostic::error(code::USAGE, detail)
            .hint("sdev dev -a local")
            .into());
    }
    let busy = Arc::new(AtomicBool::new(false));
    end_by_signal(&busy);
    let mut followed = BTreeSet::new();
    let mut seen = None;
    let own = own_files();
    loop {
        let (now, newest) = fingerprint(&folder, &own);
        if seen == Some(now) {
            std::thread::sleep(ROUND);
            continue;
        }
        // A time that is to come is no reason to wait for it.
        let age = newest.and_then(|newest| newest.elapsed().ok());
        if seen.is_some() && age.is_some_and(|age| age < SETTLED) {
            std::thread::sleep(SETTLED);
            continue;
        }
        busy.store(true, Ordering::SeqCst);
        // What is wrong is said, and mended by the next change.
        match deploy::deploy(&again(args), global, printer, seen.is_none()) {
            Ok(Exit::Interrupted) => return Ok(Exit::Done),
            Ok(_) => {}
            Err(wrong) => view::diagnostic::show(printer, &wrong),
        }
        busy.store(false, Ordering::SeqCst);
        seen = Some(now);
        match block_on(Deployed::local_functions("dev", (global, printer))) {
            Ok(functions) => follow(functions.unwrap_or_default(), &mut followed, printer),
            Err(wrong) => view::diagnostic::show(printer, &wrong),
        }
        printer.say("watching for changes; Ctrl-C ends it");
    }
}

/// The deploy that each change asks for.
fn again(args: &Dev) -> Deploy {
    Deploy {
        resources: args.resources.clone(),
        yes: true,
        full: false,
        adopt: false,
        skip_actions: false,
        action_timeout: Duration::from_hours(1),
    }
}

/// A number that differs when a file of the folder was changed, came or went; and when one was changed last.
fn fingerprint(folder: &Path, own: &BTreeSet<File>) -> (u64, Option<SystemTime>) {
    let mut hasher = DefaultHasher::new();
    let mut newest = None;
    let wanted = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        !PASSED_OVER.contains(&name.as_ref())
    };
    let files = WalkDir::new(folder).sort_by_file_name();
    for entry in files.into_iter().filter_entry(wanted).flatten() {
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        // A folder's time changes with what is made and removed in it beside the sources, such as caches.
        if metadata.is_file() && !own.contains(&file(&metadata)) {
            entry.path().hash(&mut hasher);
            metadata.len().hash(&mut hasher);
            let modified = metadata.modified().ok();
            modified.hash(&mut hasher);
            newest = newest.max(modified);
        }
    }
    (hasher.finish(), newest)
}

/// A file by its device and number.
type File = (u64, u64);

fn file(metadata: &Metadata) -> File {
    (metadata.dev(), metadata.ino())
}

/// Where this program writes to. If that is in the folder, what is said of a deploy is no reason for the next.
fn own_files() -> BTreeSet<File> {
    let ours = ["/dev/stdout", "/dev/stderr"].map(std::fs::metadata);
    ours.iter().flatten().map(file).collect()
}

/// Ends at once when asked to, or after the deploy that is under way, which hears the signal itself.
fn end_by_signal(busy: &Arc<AtomicBool>) {
    let busy = Arc::clone(busy);
    std::thread::spawn(move || {
        block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
            ) else {
                return Ok(());
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            while busy.load(Ordering::SeqCst) {
                tokio::time::sleep(ROUND).await;
            }
            process::exit_now(Exit::Done as u8);
        })
    });
}

/// Shows what functions write from now on, those that are not followed already.
fn follow(functions: Vec<(String, String)>, followed: &mut BTreeSet<String>, printer: Printer) {
    for (resource, name) in functions {
        if !followed.insert(name.clone()) {
            continue;
        }
        std::thread::spawn(move || {
            // A cloud that ends takes its lines along; the next deploy starts another, whose lines `sdev logs` shows.
            let _: Result<(), Diagnostics> = block_on(async {
                let Some((endpoint, keys)) = local::running()? else {
                    return Ok(());
                };
                let query = [
                    ("function", name),
                    ("tail", "0".to_owned()),
                    ("follow", "1".to_owned()),
                ];
                let mut lines = Admin::new(&endpoint, &keys)?.logs(&query).await?;
                while let Some(line) = lines.next().await? {
                    view::log::show(printer, Some(&resource), &line);
                }
                Ok(())
            });
        });
    }
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
        let own = BTreeSet::from([file(&std::fs::metadata(&log).unwrap())]);
        let before = fingerprint(folder.path(), &own).0;
        std::fs::write(&log, "No changes.").unwrap();
        assert_eq!(fingerprint(folder.path(), &own).0, before);
        std::fs::write(&code, "22").unwrap();
        assert_ne!(fingerprint(folder.path(), &own).0, before);
    }
}
