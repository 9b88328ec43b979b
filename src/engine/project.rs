//! A manifest with what it becomes, its plan, and the apply of that plan.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::apply::{self, Event, Owner, Report, Stop};
use crate::component::{self, LeftOut, Lowered};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::Manifest;
use crate::observe::observe;
use crate::own::Own;
use crate::plan::{self, Adoption, Attribution, Goal, Part, Plan, Scope};
use crate::provider::{Means, Planned, Providers};
use crate::residence::{OpenShelf, Residence};
use crate::resource::{Graph, Object, Value};
use crate::secret::Secrets;
use crate::state::{LockedState, State};
use crate::terms;

use super::rival::Rivals;
use super::running;

/// A manifest and what it becomes: everything known without asking the cloud.
#[derive(Debug)]
pub struct Project {
    /// The manifest.
    pub manifest: Manifest,
    /// What it says to sdev alone.
    pub own: Own,
    /// What it becomes, as far as it was read.
    pub lowered: Lowered,
    /// The blocks that the command is for.
    pub scope: Scope,
    /// The same, group by group.
    pub order: Vec<Vec<String>>,
    /// Where its state resides.
    pub residence: Residence,
    /// What the state remembered when the project was read, as far as it could be read then.
    pub remembered: Option<Arc<State>>,
    /// The manifests that described what the state remembered.
    pub(super) rivals: Rivals,
    /// Blocks that got another name since they were first deployed → the name that they had then.
    pub(super) origins: BTreeMap<String, String>,
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
    /// Whether it is a cloud on this machine.
    pub fn is_local(&self) -> bool {
        !self.account_matters
    }

    /// What it is asked and changed with.
    pub(super) fn means(&self) -> Means<'_> {
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

impl Project {
    /// The state as it was when the project was read, or as it is now if it could not be read then.
    pub async fn state(&self, open: Option<&OpenShelf>) -> Result<Arc<State>, Diagnostics> {
        match &self.remembered {
            Some(state) => Ok(Arc::clone(state)),
            None => Ok(Arc::new(self.residence.read(open).await?)),
        }
    }

    /// Takes the state for writing.
    pub async fn lock(
        &self,
        operation: &str,
        to: &Destination,
    ) -> Result<LockedState, Diagnostics> {
        let open = to.shelves.as_deref();
        Ok(self.residence.lock(operation, open).await?)
    }

    /// Whether it was read with the names that this state leads to, and beside the manifests that this state names.
    pub fn suits(&self, state: &State) -> bool {
        self.origins == terms::origins(state, &self.own) && self.rivals.knows(state)
    }

    /// The one region that the resources are in: as the manifest wants it, or, when it was read no further than its
    /// text, as the state remembers it. `None`: nothing names one.
    ///
    /// # Errors
    /// There are several, or what is deployed is in another: a run asks one region, and would neither see nor take away what is
    /// in the other.
    pub fn region(&self) -> Result<Option<String>, Diagnostics> {
        let mut wanted = self.wanted_regions();
        wanted.dedup_by(|a, b| a.0 == b.0);
        let Some((first, at)) = wanted.first() else {
            return Ok(self.remembered_regions().next().map(str::to_owned));
        };
        if let Some((other, at)) = wanted.iter().find(|(region, _)| region != first) {
            let detail = format!(
                "resources are in `{first}` and in `{other}`; one manifest deploys to one region so far"
            );
            return Err(not_yet(detail, at.as_ref()).into());
        }
        if let Some(old) = self.remembered_regions().find(|region| region != first) {
            let detail = format!(
                "what is deployed is in `{old}` and shall be in `{first}`; nothing moves from region to region so far"
            );
            let error = not_yet(detail, at.as_ref())
                .hint("take it away first: sdev remove")
                .hint("or let both be, each with a state of its own: sdev deploy --env NAME");
            return Err(error.into());
        }
        Ok(Some(first.clone()))
    }

    fn wanted_regions(&self) -> Vec<(String, Option<Span>)> {
        let planned = &self.lowered.planned;
        let deployed = self.lowered.graph.ordered();
        let deployed = deployed.filter(|r| planned.iter().all(|planned| planned.id != r.id));
        let regions = deployed.filter_map(|r| match r.attrs.get("region") {
            Some(Value::Plain(Json::String(region))) => Some((region.clone(), r.at.clone())),
            _ => None,
        });
        regions.collect()
    }

    fn remembered_regions(&self) -> impl Iterator<Item = &str> {
        let records = self
            .remembered
            .iter()
            .flat_map(|state| state.records.values());
        records.filter_map(|record| record.attrs.get("region")?.as_str())
    }

    /// The blocks of this run that can be planned and not deployed yet, each with its place.
    pub fn not_yet(&self) -> Diagnostics {
        let mut found = Diagnostics::new();
        let planned = self.lowered.planned.iter();
        for planned in planned.filter(|planned| self.scope.covers(&planned.id)) {
            let (id, kind) = (&planned.id, &planned.kind);
            let what = if component::is_deployed(kind.as_str()) {
                "this part of"
            } else {
                "a"
            };
            let detail = format!(
                "`{id}` can be checked and planned; {what} `{kind}` cannot be deployed yet"
            );
            found.push(not_yet(detail, Some(&planned.at)));
        }
        found
    }

    /// What of the blocks of this run has no effect where they are deployed to, and is left out.
    pub fn left_out(&self) -> impl Iterator<Item = &LeftOut> {
        let all = self.lowered.left_out.iter();
        all.filter(|left_out| self.scope.has(&left_out.block))
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
        let (carried, moved) = plan::carry(state, &terms::moves(&self.own))?;
        let nothing = Graph::default();
        let (graph, adoption) = match aim {
            Aim::Deploy(adoption) => (&self.lowered.graph, adoption),
            Aim::Remove => (&nothing, Adoption::Refuse),
        };
        let is_derived = !graph.is_empty() && carried.origins != self.origins;
        if is_derived || !self.rivals.knows(&carried) {
            // It was read beside what another run has changed meanwhile.
            return Err(Diagnostic::from(apply::ApplyError::Stale).into());
        }
        let seen = observe(&carried, (graph, scope), to.means()).await?;
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
        let specs = to.providers.specs();
        let mut plan = plan::plan(&goal, &carried, &seen, &specs)?;
        plan.conceal_plain(&|source, text| to.secrets.fingerprint(source, text))?;
        plan.edits.moved = moved;
        let ids = graph.ordered().map(|resource| resource.id.clone());
        plan.edits.attribution = Attribution {
            manifest: self.rivals.file().to_owned(),
            ids: ids.filter(|id| scope.covers(id)).collect(),
        };
        let mut diagnostics = self
            .rivals
            .check(&plan, (&carried, &specs), (&self.manifest, aim));
        let protection = terms::protection(&self.manifest, &self.own);
        if let Err(errors) = plan::protect(&mut plan, &protection, &goal, &carried) {
            diagnostics.extend(errors);
        }
        terms::check_limits(&self.own, &self.environment, &plan, &mut diagnostics);
        let ((), warnings) = diagnostics.into_result(())?;
        plan.warnings = warnings;
        plan.running = running::count(&plan, &carried, &to.providers).await;
        Ok(plan)
    }

    /// Notes whose the resources of a plan are that was carried out, where the plan had nothing to write.
    pub async fn note(&self, plan: &Plan, state: &mut LockedState) -> Result<(), Diagnostics> {
        let attribution = &plan.edits.attribution;
        if attribution.is_noted(state.state()) {
            return Ok(());
        }
        let noted = state.edit(|state| attribution.note(state)).await;
        noted.map_err(|error| Diagnostic::from(error).into())
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
            let values = outputs.iter().filter_map(|(key, value)| {
                Some((key.clone(), value.resolve(&known).ok()?.into_owned()))
            });
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

fn not_yet(detail: String, at: Option<&Span>) -> Diagnostic {
    let error = Diagnostic::error(code::NOT_SUPPORTED_YET, detail);
    match at {
        Some(at) => error.at(at.clone()),
        None => error,
    }
}
