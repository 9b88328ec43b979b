//! The builds that a change makes necessary.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::super::super::printer::Printer;
use super::super::super::view;
use super::super::build::{is_interrupted, make};
use super::author::Ran;
use super::watch::real;
use crate::build::{Interpreters, Memory, memory_file};
use crate::diagnostic::Diagnostics;
use crate::engine::{Build, Project};

/// How long a tool may take.
const LIMIT: Duration = Duration::from_hours(1);

/// Builds of one project, over its changes.
#[derive(Default)]
pub(super) struct Builds {
    interpreters: Interpreters,
    known: BTreeMap<(String, &'static str), Known>,
}

/// What is known of one.
struct Known {
    /// The digest of what it depends on, when it was first seen or last made.
    digest: Option<String>,
    has_failed: bool,
}

impl Builds {
    /// Finds out which interpreters make what.
    pub(super) fn fit(&mut self, builds: &mut [Build]) {
        for build in builds {
            self.interpreters.fit(&mut build.recipe);
        }
    }

    /// Makes what these changes made necessary; the resources whose build fails. What fails is told, and tried again when what it
    /// depends on changes.
    ///
    /// # Errors
    /// The user ended it.
    pub(super) fn run(
        &mut self,
        (project, builds): (&Project, &[Build]),
        changed: &BTreeSet<PathBuf>,
        (ran, printer): (&mut Ran, Printer),
    ) -> Result<BTreeSet<String>, Diagnostics> {
        let mut all_failed = BTreeSet::new();
        // Another process may have built meanwhile.
        let mut memory = Memory::open(&project.manifest.folder);
        for build in builds {
            let key = (build.resource.clone(), build.recipe.tool);
            let known = self.known.get(&key);
            let digest = build.recipe.digest();
            let (is_due, was_failed) = (
                is_due(build, &memory, (known, digest.as_ref()), changed),
                known.is_some_and(|known| known.has_failed),
            );
            let mut has_failed = was_failed && !memory.is_fresh(&build.resource, &build.recipe);
            if is_due {
                ran.made.extend(build.recipe.made.as_deref().map(real));
                ran.made.push(real(&memory_file(&project.manifest.folder)));
                ran.begin();
                let made = make((project, build), &mut memory, LIMIT, printer);
                ran.end();
                has_failed = made.is_err();
                match made {
                    Err(failed) if is_interrupted(&failed) => return Err(failed),
                    Err(failed) => view::diagnostic::show(printer, &failed),
                    Ok(()) => {}
                }
            }
            if has_failed {
                all_failed.insert(build.resource.clone());
            }
            self.known.insert(key, Known { digest, has_failed });
        }
        Ok(all_failed)
    }
}

/// Whether to make it now.
fn is_due(
    build: &Build,
    memory: &Memory,
    (known, digest): (Option<&Known>, Option<&String>),
    changed: &BTreeSet<PathBuf>,
) -> bool {
    let recipe = &build.recipe;
    let folder = real(&recipe.folder);
    let mut below = changed
        .iter()
        .filter_map(|path| path.strip_prefix(&folder).ok());
    // The digest is of what was there when it had ended: what was changed while it ran is in it.
    let is_touched = below.any(|path| recipe.reads_below(path));
    let Some(digest) = digest else {
        return known.is_none() || is_touched;
    };
    let is_stale = is_touched || !memory.is_fresh(&build.resource, recipe);
    let has_changed =
        is_touched || known.is_some_and(|known| known.digest.as_ref() != Some(digest));
    if known.is_some_and(|known| known.has_failed) {
        has_changed && is_stale
    } else if memory.knows(&build.resource, recipe) {
        is_stale
    } else {
        build.is_alone && !recipe.is_made_elsewhere() && (recipe.is_missing() || has_changed)
    }
}
