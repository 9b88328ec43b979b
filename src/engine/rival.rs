//! Other manifests of the same name beside this one, which described what the state remembers.

use std::collections::BTreeMap;
use std::path::Path;

use super::Aim;
use crate::component::{self, Context};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::Manifest;
use crate::plan::{self, Described, Plan};
use crate::resource::{RemoteId, ResourceId, Specs};
use crate::state::{Record, State};

/// So many resources are named; of the rest only how many there are is said.
const NAMED: usize = 3;

/// This manifest, and the others that described what the state remembers.
#[derive(Debug)]
pub(super) struct Rivals {
    file: String,
    /// Not looked at when there are no others.
    own: Described,
    /// By file name; nothing: it is gone, or it is another application's by now.
    others: BTreeMap<String, Option<Described>>,
}

impl Rivals {
    /// Looks for the files that the records name, beside the manifest.
    pub(super) fn find(
        state: Option<&State>,
        (manifest, context): (&Manifest, &Context),
        load: &dyn Fn(&Path) -> Option<Manifest>,
    ) -> Self {
        let file = file(manifest);
        let mut others = BTreeMap::new();
        for other in state.iter().flat_map(|state| authors(state)) {
            if other == file || others.contains_key(other) {
                continue;
            }
            let path = manifest.folder.join(other);
            let described = path.is_file().then(|| match load(&path) {
                Some(other) => (other.name == manifest.name).then(|| describe(&other, context)),
                None => Some(Described::Anything),
            });
            others.insert(other.to_owned(), described.flatten());
        }
        let is_alone = others.values().all(Option::is_none);
        Self {
            file,
            own: if is_alone {
                Described::default()
            } else {
                describe(manifest, context)
            },
            others,
        }
    }

    /// This manifest's file name.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Whether all files that the state names were looked for.
    pub(super) fn knows(&self, state: &State) -> bool {
        authors(state).all(|file| file == self.file || self.others.contains_key(file))
    }

    /// An error for each other manifest whose resources the plan takes away.
    pub(super) fn check(
        &self,
        plan: &Plan,
        (state, specs): (&State, &Specs),
        (manifest, aim): (&Manifest, Aim),
    ) -> Diagnostics {
        let lost = plan::lost(plan, state, (&self.own, &self.others), specs);
        let mut diagnostics = Diagnostics::new();
        for (other, things) in lost {
            let named: Vec<String> = things.iter().take(NAMED).map(words).collect();
            let more = match things.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let is_replaced = |id: &ResourceId| plan.replacements().any(|step| step.id == *id);
            let fate = if things.iter().any(|(id, _)| is_replaced(id)) {
                "delete or replace"
            } else {
                "delete"
            };
            let own = &self.file;
            let detail = format!(
                "`{own}` would {fate} what `{other}` deployed: {}{more}; both are named `{}`",
                named.join(", "),
                manifest.name
            );
            let mut error = Diagnostic::error(code::OTHER_MANIFEST, detail).hint(match aim {
                Aim::Deploy(_) => format!(
                    "give `{own}` another `name`, or deploy it to a state of its own: `--env NAME`"
                ),
                Aim::Remove => format!("if it may go: sdev remove -t {other}"),
            });
            error.at = manifest.document.get("name").map(|name| name.at.clone());
            diagnostics.push(error);
        }
        diagnostics
    }
}

/// A manifest's file name.
fn file(manifest: &Manifest) -> String {
    let name = manifest.path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The files that the records name.
fn authors(state: &State) -> impl Iterator<Item = &str> {
    let records = state.records.values();
    records.filter_map(|record| record.manifest.as_deref())
}

fn describe(manifest: &Manifest, context: &Context) -> Described {
    match component::lower_as_far(manifest, context) {
        Ok(lowered) => Described::Resources(lowered.graph),
        Err(_) => Described::Blocks(manifest.blocks.iter().map(|b| b.name.clone()).collect()),
    }
}

/// A resource and what the cloud calls it.
fn words((id, record): &(&ResourceId, &Record)) -> String {
    let remote = record.remote.as_ref().map(RemoteId::as_str);
    match remote {
        Some(remote) => format!("`{id}` ({remote})"),
        None => format!("`{id}`"),
    }
}
