//! Reads a project: its manifest, where its state resides, what its blocks become.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::rival::Rivals;
use super::{Destination, Project};
use super::{build, narrow, plugins};
use crate::component::{self, Context, LeftOut, Lowered, Pack};
use crate::diagnostic::{Diagnostics, Source};
use crate::manifest::{self, Environment, Hook, Manifest, Node, Occasion};
use crate::own::{self, Own, Storage};
use crate::plan::Scope;
use crate::residence::Residence;
use crate::resource::Graph;
use crate::state::{Place, State};
use crate::terms;

/// How far a project is read. What is removed or remembered needs less than what is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// The manifest is loaded.
    Load,
    /// Its blocks are turned into resources.
    Lower,
    /// The folders that they name are read.
    Pack,
}

/// What of a project is read, and how.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// How far.
    pub until: Until,
    /// The blocks asked for; none: all that the command is for.
    pub targets: &'a [String],
    /// Whether the actions are left out.
    pub skip_actions: bool,
    /// Whether the actions before the command have run: then nothing may be missing any more.
    pub is_made: bool,
    /// Properties that plugins changed, by block.
    pub changed: &'a BTreeMap<String, Node>,
}

/// Reads a project. Nothing is asked of any service: `remembered` is what a shared state remembers, once it was asked for.
pub fn open(
    path: &Path,
    (occasion, environment): (Occasion<'_>, &dyn Environment),
    to: &Destination,
    (reading, remembered): (&Reading<'_>, Option<&Arc<State>>),
) -> Result<Project, Diagnostics> {
    let (manifest, mut warnings) = manifest::load_all(path, occasion, environment);
    let Some(mut manifest) = manifest else {
        return Err(warnings);
    };
    change(&mut manifest, reading);
    let known: Vec<&str> = component::names().collect();
    let own = own::read(&manifest, &known, &mut warnings);
    if reading.until >= Until::Pack {
        own.check(&manifest, &to.environment, &mut warnings);
    }
    let residence = residence(&manifest, &own, to);
    // A state that cannot be read is reported by whoever needs it.
    let remembered = match remembered {
        Some(state) => Some(Arc::clone(state)),
        None => residence.read_here().and_then(Result::ok).map(Arc::new),
    };
    let origins = remembered.as_ref().map(|state| terms::origins(state, &own));
    let context = context(&manifest, to, origins.unwrap_or_default());
    let unmade = |pack: &Pack| !reading.is_made && is_prepared(&manifest, pack.target().block());
    if warnings.has_errors() {
        let until = reading.until;
        return Err(with_more(warnings, &manifest, (&context, until), &unmade));
    }
    let (scope, order) = narrow::narrow(&manifest, reading.targets, &|| {
        let asks = occasion.command == "remove";
        asks.then_some(remembered.as_deref())
    })?;
    let mut lowered = Lowered::default();
    if reading.until >= Until::Lower {
        lowered = component::lower_as_far(&manifest, &context)
            .map_err(|broken| with_files(broken, reading.until, &unmade))?;
        warnings.extend(std::mem::take(&mut lowered.warnings));
    }
    if reading.until >= Until::Pack {
        warnings.extend(pack(&mut lowered, (&scope, &own), &unmade)?);
    }
    warnings.extend(plugins::check(&manifest, &order, occasion.command));
    let ((), warnings) = warnings.into_result(())?;
    let load = |other: &Path| manifest::load_all(other, occasion, environment).0;
    let rivals = Rivals::find(remembered.as_deref(), (&manifest, &context), &load);
    Ok(Project {
        manifest,
        own,
        lowered,
        scope,
        order,
        residence,
        remembered,
        rivals,
        origins: context.origins,
        environment: to.environment.clone(),
        warnings,
    })
}

/// Reads the folders that the resources of the run name; what was noticed.
fn pack(
    lowered: &mut Lowered,
    (scope, own): (&Scope, &Own),
    unmade: &dyn Fn(&Pack) -> bool,
) -> Result<Diagnostics, Diagnostics> {
    let packs = lowered.packs.iter();
    let packs = packs.filter(|pack| scope.covers(pack.target()));
    let ready = packs.clone().filter(|pack| !unmade(pack));
    let needed = build::needed(ready, own, &lowered.graph);
    let graph = std::mem::take(&mut lowered.graph);
    match component::pack(graph, packs, unmade) {
        Ok((graph, mut noticed)) => {
            lowered.graph = graph;
            noticed.extend(needed);
            Ok(noticed)
        }
        Err(mut errors) => {
            errors.extend(needed);
            Err(errors)
        }
    }
}

/// All that can be said of a manifest's text without reading the folders that its resources name, and the manifest as far as
/// there is one.
pub fn examine(
    source: &Arc<Source>,
    (occasion, environment): (Occasion<'_>, &dyn Environment),
    to: &Destination,
) -> (Option<Manifest>, Diagnostics) {
    let (manifest, mut found) = manifest::load_text(source, occasion, environment);
    if let Some(manifest) = &manifest {
        let known: Vec<&str> = component::names().collect();
        let own = own::read(manifest, &known, &mut found);
        own.check(manifest, &to.environment, &mut found);
        let context = context(manifest, to, BTreeMap::new());
        found = with_more(found, manifest, (&context, Until::Lower), &|_| false);
    }
    (manifest, found)
}

/// Where the state of a manifest resides.
fn residence(manifest: &Manifest, own: &Own, to: &Destination) -> Residence {
    let whose = (manifest.name.as_str(), to.environment.as_str());
    match (&to.states, &own.storage) {
        (Some(states), Storage::Beside | Storage::Folder { .. }) => {
            let place = Place::apart(states, &manifest.folder, whose.0, whose.1);
            Residence::apart(place)
        }
        // It is in a local cloud that lives for one command.
        (Some(_), storage) => Residence::new(storage, &manifest.folder, whose).alone(),
        (None, storage) => Residence::new(storage, &manifest.folder, whose),
    }
}

/// What lowering knows beside the manifest.
fn context(manifest: &Manifest, to: &Destination, origins: BTreeMap<String, String>) -> Context {
    Context {
        app: manifest.name.clone(),
        environment: to.environment.clone(),
        account: to.account.clone(),
        region: to.region.clone(),
        local: !to.account_matters,
        folder: manifest.folder.clone(),
        origins,
    }
}

/// What plugins changed and what was asked to be left out.
fn change(manifest: &mut Manifest, reading: &Reading<'_>) {
    if reading.skip_actions {
        manifest.actions.clear();
    }
    for block in &mut manifest.blocks {
        if reading.skip_actions {
            block.actions.clear();
        }
        if let Some(props) = reading.changed.get(&block.name) {
            block.props = props.clone();
        }
    }
}

/// Whether actions run before the command that may make what the block needs.
pub(super) fn is_prepared(manifest: &Manifest, block: &str) -> bool {
    let own = manifest.blocks.iter().filter(|b| b.name == block);
    let mut actions = manifest.actions.iter().chain(own.flat_map(|b| &b.actions));
    actions.any(|action| action.hook == Hook::Pre)
}

/// What is wrong with a manifest, and what else is wrong with its blocks as far as they can be understood.
fn with_more(
    mut found: Diagnostics,
    manifest: &Manifest,
    (context, until): (&Context, Until),
    unmade: &dyn Fn(&Pack) -> bool,
) -> Diagnostics {
    if until >= Until::Lower {
        found.extend(match component::lower_as_far(manifest, context) {
            Ok(mut lowered) => {
                let left_out = lowered.left_out.iter().map(LeftOut::warning);
                lowered.warnings.extend(left_out);
                with_files((lowered.warnings, lowered.packs), until, unmade)
            }
            Err(broken) => with_files(broken, until, unmade),
        });
    }
    found
}

/// What is wrong with blocks, and with definitions that they keep in files, which one would look for beside those in the manifest.
fn with_files(
    (mut found, packs): (Diagnostics, Vec<Pack>),
    until: Until,
    unmade: &dyn Fn(&Pack) -> bool,
) -> Diagnostics {
    if until >= Until::Pack {
        let definitions = packs.iter();
        let definitions = definitions.filter(|pack| matches!(pack, Pack::Definition(_)));
        match component::pack(Graph::default(), definitions, unmade) {
            Ok((_, noticed)) => found.extend(noticed),
            Err(errors) => found.extend(errors),
        }
    }
    found
}
