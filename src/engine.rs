//! Strings the verbs together: load → lower → pack → observe → plan → apply. The only place that does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::apply::{self, Event, Owner, Report, Stop};
use crate::component::{self, Context, Lowered};
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::{self, Environment, Manifest, Occasion};
use crate::observe::observe;
use crate::plan::{self, Adoption, Goal, Plan};
use crate::provider::{Means, Providers};
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

/// A manifest and what it becomes: everything known without asking the cloud.
#[derive(Debug)]
pub struct Project {
    /// The manifest.
    pub manifest: Manifest,
    /// What it becomes, as far as it was read.
    pub lowered: Lowered,
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
    until: Until,
) -> Result<Project, Diagnostics> {
    let (manifest, warnings) = manifest::load_all(path, occasion, environment);
    let Some(manifest) = manifest else {
        return Err(warnings);
    };
    let context = Context {
        app: manifest.name.clone(),
        environment: to.environment.clone(),
        account: to.account.clone(),
        region: to.region.clone(),
        folder: manifest.folder.clone(),
    };
    if warnings.has_errors() {
        return Err(with_more(warnings, manifest, &context, until));
    }
    let mut lowered = Lowered::default();
    if until >= Until::Lower {
        lowered = component::lower(&manifest, &context)?;
    }
    if until >= Until::Pack {
        lowered.graph = component::pack(lowered.graph, &lowered.packs)?;
    }
    let (folder, app) = (&manifest.folder, &manifest.name);
    let place = match &to.states {
        Some(states) => Place::apart(states, folder, app, &to.environment),
        None => Place::new(folder, app, &to.environment),
    };
    Ok(Project {
        manifest,
        lowered,
        place,
        environment: to.environment.clone(),
        warnings,
    })
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
        let nothing = Graph::default();
        let (graph, adoption) = match aim {
            Aim::Deploy(adoption) => (&self.lowered.graph, adoption),
            Aim::Remove => (&nothing, Adoption::Refuse),
        };
        let seen = observe(state, graph, to.means()).await?;
        let owner = self.owner(state, to);
        let goal = Goal {
            graph,
            owner: &owner.mark,
            adoption,
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
