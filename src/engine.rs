//! Strings the verbs together: load → lower → pack → observe → plan → apply. The only place that does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::apply::{self, Event, Owner, Report, Stop};
use crate::component::{self, Context, Lowered};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::{self, Environment, Manifest, Occasion};
use crate::observe::observe;
use crate::own::{self, Own, Storage};
use crate::plan::{self, Adoption, Goal, Plan};
use crate::provider::{Means, Providers};
use crate::residence::{OpenShelf, Residence};
use crate::resource::{Graph, Object, Value};
use crate::secret::Secrets;
use crate::state::{LockedState, Place, State};
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

/// A manifest and what it becomes: everything known without asking the cloud.
#[derive(Debug)]
pub struct Project {
    /// The manifest.
    pub manifest: Manifest,
    /// What it says to sdev alone.
    pub own: Own,
    /// What it becomes, as far as it was read.
    pub lowered: Lowered,
    /// Where its state resides.
    pub residence: Residence,
    /// What the state remembered when the project was read, as far as it could be read then.
    pub remembered: Option<State>,
    /// Blocks that got another name since they were first deployed → the name that they had then.
    origins: BTreeMap<String, String>,
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
    /// Opens the places of shared states. `None`: they cannot be asked.
    pub shelves: Option<Arc<OpenShelf>>,
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

/// How a project is read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// What for.
    pub occasion: Occasion<'a>,
    /// What expressions may ask of the machine.
    pub environment: &'a dyn Environment,
    /// How far.
    pub until: Until,
    /// What a shared state remembers, once it was asked for.
    pub remembered: Option<&'a State>,
}

/// Reads a project. Nothing is asked of any service.
pub fn open(path: &Path, reading: Reading<'_>, to: &Destination) -> Result<Project, Diagnostics> {
    let until = reading.until;
    let (manifest, mut diagnostics) =
        manifest::load_all(path, reading.occasion, reading.environment);
    let Some(manifest) = manifest else {
        return Err(diagnostics);
    };
    let own = own::read(&manifest, &component::names(), &mut diagnostics);
    if until >= Until::Pack {
        own.check(&manifest, &to.environment, &mut diagnostics);
    }
    let residence = residence(&manifest, &own, to);
    // A state that cannot be read is reported by whoever needs it.
    let remembered = match reading.remembered {
        Some(state) => Some(state.clone()),
        None => residence.read_here().and_then(Result::ok),
    };
    let origins = remembered.as_ref().map(|state| terms::origins(state, &own));
    let context = Context {
        app: manifest.name.clone(),
        environment: to.environment.clone(),
        account: to.account.clone(),
        region: to.region.clone(),
        folder: manifest.folder.clone(),
        origins: origins.unwrap_or_default(),
    };
    if diagnostics.has_errors() {
        return Err(with_more(diagnostics, manifest, &context, until));
    }
    let mut lowered = Lowered::default();
    if until >= Until::Lower {
        match component::lower(&manifest, &context) {
            Ok(all) => lowered = all,
            Err(errors) => {
                diagnostics.extend(errors);
                return Err(diagnostics);
            }
        }
    }
    if until >= Until::Pack {
        lowered.graph = component::pack(lowered.graph, &lowered.packs)?;
    }
    Ok(Project {
        manifest,
        own,
        lowered,
        residence,
        remembered,
        origins: context.origins,
        environment: to.environment.clone(),
        warnings: diagnostics,
    })
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
    /// The state as it was when the project was read, or as it is now if it could not be read then.
    pub async fn state(&self, open: Option<&OpenShelf>) -> Result<State, Diagnostics> {
        match &self.remembered {
            Some(state) => Ok(state.clone()),
            None => Ok(self.residence.read(open).await?),
        }
    }

    /// Takes the state for writing.
    pub async fn lock(
        &self,
        operation: &str,
        to: &Destination,
    ) -> Result<LockedState, Diagnostics> {
        Ok(self
            .residence
            .lock(operation, to.shelves.as_deref())
            .await?)
    }

    /// Whether it was read with the names that this state leads to.
    pub fn suits(&self, state: &State) -> bool {
        self.origins == terms::origins(state, &self.own)
    }

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
            .filter_map(|r| wanted("region", r))
            .collect();
        if regions.is_empty() {
            let records = self
                .remembered
                .iter()
                .flat_map(|state| state.records.values());
            let remembered = records.filter_map(|r| r.attrs.get("region")?.as_str());
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
        check_account(state, to)?;
        let (carried, moved) = plan::carry(state, &terms::moves(&self.own))?;
        let nothing = Graph::default();
        let (graph, adoption) = match aim {
            Aim::Deploy(adoption) => (&self.lowered.graph, adoption),
            Aim::Remove => (&nothing, Adoption::Refuse),
        };
        if !graph.is_empty() && carried.origins != self.origins {
            // Names were derived from what another run has changed meanwhile.
            return Err(Diagnostic::from(apply::ApplyError::Stale).into());
        }
        let seen = observe(&carried, graph, to.means()).await?;
        let owner = self.owner(state, to);
        let goal = Goal {
            graph,
            owner: &owner.mark,
            adoption,
        };
        let mut plan = plan::plan(&goal, &carried, &seen, &to.providers.specs())?;
        plan.conceal_plain(&|source, text| to.secrets.fingerprint(source, text))?;
        plan.edits.moved = moved;
        let mut diagnostics = Diagnostics::new();
        let protection = terms::protection(&self.manifest, &self.own);
        if let Err(errors) = plan::protect(&mut plan, &protection, &goal, &carried) {
            diagnostics.extend(errors);
        }
        terms::check_limits(&self.own, &self.environment, &plan, &mut diagnostics);
        let ((), warnings) = diagnostics.into_result(())?;
        plan.warnings = warnings;
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

/// Frees the state after work on it. What went wrong with the work counts more than what goes wrong now.
pub async fn release<T>(
    state: LockedState,
    done: Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    let released = state.release().await.map_err(Diagnostic::from);
    let done = done?;
    released?;
    Ok(done)
}
