//! A manifest with what it becomes, its plan, and the apply of that plan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use super::narrow;
use crate::apply::{self, Event, Owner, Report, Stop};
use crate::component::{self, Context, Lowered};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, code};
use crate::manifest::{self, Environment, Hook, Manifest, Node, Occasion};
use crate::observe::observe;
use crate::plan::{self, Adoption, Goal, Part, Plan, Scope};
use crate::provider::{Means, Planned, Providers};
use crate::resource::{Graph, Object, Value};
use crate::secret::Secrets;
use crate::state::{LockedState, Place, State};

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

/// A manifest and what it becomes: everything known without asking the cloud.
#[derive(Debug)]
pub struct Project {
    /// The manifest.
    pub manifest: Manifest,
    /// What it becomes, as far as it was read.
    pub lowered: Lowered,
    /// The blocks that the command is for.
    pub scope: Scope,
    /// The same, group by group.
    pub order: Vec<Vec<String>>,
    /// Where its state lies.
    pub place: Place,
    /// The environment's name.
    pub environment: String,
    /// What was noticed and is no error.
    pub warnings: Diagnostics,
}

/// Where a project is applied to.
#[derive(Clone)]
pub struct Destination {
    /// Who serves its kinds.
    pub providers: Providers,
    /// Who knows the texts of secrets.
    pub secrets: Arc<dyn Secrets>,
    /// The account, if known.
    pub account: Option<String>,
    /// The region where a block names none.
    pub region: String,
    /// The environment's name.
    pub environment: String,
    /// Where states lie, when not beside the manifest.
    pub states: Option<PathBuf>,
    /// Whether another account than the state's is an error. A local cloud may be a fresh one each time.
    pub account_matters: bool,
}

impl Destination {
    /// What it is asked and changed with.
    fn means(&self) -> Means<'_> {
        Means {
            providers: &self.providers,
            secrets: &*self.secrets,
        }
    }

    /// Whether a project read for this destination is the same as one read for the other.
    pub fn names_alike(&self, other: &Self) -> bool {
        (&self.account, &self.region, &self.environment)
            == (&other.account, &other.region, &other.environment)
    }
}

/// What a plan leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The manifest comes true.
    Deploy(Adoption),
    /// Everything goes.
    Remove,
}

/// Reads a project.
pub fn open(
    path: &Path,
    (occasion, environment): (Occasion<'_>, &dyn Environment),
    to: &Destination,
    reading: &Reading<'_>,
) -> Result<Project, Diagnostics> {
    let (manifest, mut warnings) = manifest::load_all(path, occasion, environment);
    let Some(mut manifest) = manifest else {
        return Err(warnings);
    };
    change(&mut manifest, reading);
    if warnings.has_errors() {
        let context = context(&manifest, to);
        return Err(with_more(warnings, manifest, &context, reading.until));
    }
    let (folder, app) = (&manifest.folder, &manifest.name);
    let place = match &to.states {
        Some(states) => Place::apart(states, folder, app, &to.environment),
        None => Place::new(folder, app, &to.environment),
    };
    let (scope, order) = narrow::narrow(&manifest, reading.targets, &|| {
        let gone = occasion.command == "remove";
        gone.then(|| place.read().map_err(Diagnostic::from))
            .transpose()
    })?;
    let mut lowered = Lowered::default();
    if reading.until >= Until::Lower {
        lowered = component::lower(&manifest, &context(&manifest, to))?;
        warnings.extend(std::mem::take(&mut lowered.warnings));
    }
    if reading.until >= Until::Pack {
        let packs = lowered.packs.iter();
        let packs = packs.filter(|pack| scope.covers(pack.target()));
        let unmade = |pack: &component::Pack| {
            !reading.is_made && is_prepared(&manifest, plan::block_of(pack.target()))
        };
        lowered.graph = component::pack(lowered.graph, packs, &unmade)?;
    }
    Ok(Project {
        manifest,
        lowered,
        scope,
        order,
        place,
        environment: to.environment.clone(),
        warnings,
    })
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
        let context = context(manifest, to);
        found = with_more(found, manifest.clone(), &context, Until::Lower);
    }
    (manifest, found)
}

/// What lowering knows.
fn context(manifest: &Manifest, to: &Destination) -> Context {
    Context {
        app: manifest.name.clone(),
        environment: to.environment.clone(),
        account: to.account.clone(),
        region: to.region.clone(),
        folder: manifest.folder.clone(),
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
fn is_prepared(manifest: &Manifest, block: &str) -> bool {
    let own = manifest.blocks.iter().filter(|b| b.name == block);
    let mut actions = manifest.actions.iter().chain(own.flat_map(|b| &b.actions));
    actions.any(|action| action.hook == Hook::Pre)
}

/// What is wrong with a manifest, and what else is wrong with the blocks of it that can be understood.
fn with_more(
    mut found: Diagnostics,
    mut manifest: Manifest,
    context: &Context,
    until: Until,
) -> Diagnostics {
    manifest.blocks.retain(|block| !block.is_broken);
    if until >= Until::Lower
        && let Err(more) = component::lower(&manifest, context)
    {
        found.extend(more);
    }
    found
}

impl Project {
    /// The one region that the resources are in: as the manifest wants it, or, when it was read no further than its
    /// text, as the state remembers it. `None`: nothing names one.
    pub fn region(&self) -> Result<Option<String>, Diagnostics> {
        let wanted = |name: &str, r: &crate::resource::Resource| match r.attrs.get(name) {
            Some(Value::Plain(Json::String(region))) => Some((region.clone(), r.at.clone())),
            _ => None,
        };
        let mut regions: Vec<_> = self
            .lowered
            .graph
            .ordered()
            .filter(|r| {
                !self
                    .lowered
                    .planned
                    .iter()
                    .any(|planned| planned.id == r.id)
            })
            .filter_map(|r| wanted("region", r))
            .collect();
        if regions.is_empty() {
            let state = self.place.read().map_err(Diagnostic::from)?;
            let remembered = state
                .records
                .values()
                .filter_map(|r| r.attrs.get("region")?.as_str());
            regions.extend(remembered.map(|region| (region.to_owned(), None)));
        }
        regions.dedup_by(|a, b| a.0 == b.0);
        let Some((first, _)) = regions.first().cloned() else {
            return Ok(None);
        };
        match regions.into_iter().find(|(region, _)| *region != first) {
            None => Ok(Some(first)),
            Some((other, at)) => {
                let detail = format!(
                    "resources are in `{first}` and in `{other}`; one manifest deploys to one region so far"
                );
                let mut error = Diagnostic::error(code::NOT_SUPPORTED_YET, detail);
                error.at = at;
                Err(error.into())
            }
        }
    }

    /// The blocks of this run that can be planned and not deployed yet, each with its place.
    pub fn not_yet(&self) -> Diagnostics {
        let mut found = Diagnostics::new();
        let planned = self.lowered.planned.iter();
        for planned in planned.filter(|planned| self.scope.covers(&planned.id)) {
            let detail = format!(
                "`{}` can be checked and planned; a `{}` cannot be deployed yet",
                planned.id, planned.kind
            );
            found.push(Diagnostic::error(code::NOT_SUPPORTED_YET, detail).at(planned.at.clone()));
        }
        found
    }

    /// The providers of `to`, and one for what can only be planned.
    pub fn providers(&self, to: &Destination) -> Providers {
        let kinds = self
            .lowered
            .planned
            .iter()
            .map(|planned| planned.kind.clone());
        to.providers.clone().and(Arc::new(Planned::new(kinds)))
    }

    /// The mark on everything that this project makes in this environment.
    fn owner(&self, state: &State, to: &Destination) -> Owner {
        let mark = format!(
            "{}/{}/{}",
            self.manifest.name, self.environment, state.lineage
        );
        // The vendor's tags take letters, digits and a few signs (OSS, PutBucketTagging).
        let legal = |c: char| {
            if c.is_ascii_alphanumeric() || "+-=._:/".contains(c) {
                c
            } else {
                '-'
            }
        };
        Owner {
            mark: mark.chars().map(legal).collect(),
            account: to.account.clone(),
        }
    }

    /// The plan from `state` as it stands, after asking the cloud.
    pub async fn plan(
        &self,
        state: &State,
        to: &Destination,
        aim: Aim,
    ) -> Result<Plan, Diagnostics> {
        let part = match aim {
            Aim::Deploy(_) if self.scope != Scope::All => Part::Changes,
            _ => Part::Whole,
        };
        self.plan_part(state, to, (aim, &self.scope, part)).await
    }

    /// The plan for some blocks.
    pub(super) async fn plan_part(
        &self,
        state: &State,
        to: &Destination,
        (aim, scope, part): (Aim, &Scope, Part),
    ) -> Result<Plan, Diagnostics> {
        check_account(state, to)?;
        let nothing = Graph::default();
        let (graph, adoption) = match aim {
            Aim::Deploy(adoption) => (&self.lowered.graph, adoption),
            Aim::Remove => (&nothing, Adoption::Refuse),
        };
        let seen = observe(state, (graph, scope), to.means()).await?;
        let owner = self.owner(state, to);
        // Without a `flow` the blocks' needs are order enough, and what needs nothing goes side by side.
        let is_ordered = self.manifest.document.get("flow").is_some();
        let goal = Goal {
            graph,
            owner: &owner.mark,
            adoption,
            scope,
            part,
            order: if is_ordered { &self.order } else { &[] },
        };
        let mut plan = plan::plan(&goal, state, &seen, &to.providers.specs())?;
        plan.conceal_plain(&|source, text| to.secrets.fingerprint(source, text))?;
        Ok(plan)
    }

    /// Carries out a plan made from `state`.
    pub async fn apply(
        &self,
        plan: &Plan,
        state: &mut LockedState,
        to: &Destination,
        ears: (&Stop, &(dyn Fn(Event) + Sync)),
    ) -> Result<Report, Diagnostics> {
        let owner = self.owner(state.state(), to);
        apply::apply(plan, to.means(), &owner, state, ears)
            .await
            .map_err(|e| Diagnostic::from(e).into())
    }

    /// Each block's outputs as far as the state knows them.
    pub fn outputs(&self, state: &State) -> Vec<(String, Object)> {
        let known = |id: &crate::resource::ResourceId, path: &str| {
            plan::output(&state.records.get(id)?.outputs, path)
        };
        let of_block = |(name, outputs): &(String, std::collections::BTreeMap<String, Value>)| {
            let values = outputs
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), value.resolve(&known).ok()?)));
            (name.clone(), values.collect::<Object>())
        };
        self.lowered
            .outputs
            .iter()
            .map(of_block)
            .filter(|(_, values)| !values.is_empty())
            .collect()
    }
}

fn check_account(state: &State, to: &Destination) -> Result<(), Diagnostics> {
    let Some(was) = state
        .account
        .as_ref()
        .filter(|was| to.account_matters && to.account.as_ref() != Some(was))
    else {
        return Ok(());
    };
    let is = match &to.account {
        Some(is) => format!("this access is account {is}"),
        None => "the account of this access is not known".to_owned(),
    };
    let detail = format!(
        "environment `{}` was applied to account {was}, {is}",
        to.environment
    );
    let hint = match &to.account {
        Some(_) => {
            "choose the access it was applied with, or another environment with `--env NAME`"
        }
        None => "say it: export ALIBABA_CLOUD_ACCOUNT_ID=…",
    };
    Err(Diagnostic::error(code::STATE_ACCOUNT, detail)
        .hint(hint)
        .into())
}
