//! Walks the steps: each as soon as those it waits for have ended well, several at once.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::outcome;
use super::run::{Call, Line, Outcome, remote};
use super::texts::Texts;
use super::{Event, Report, Stop};
use crate::diagnostic::{Diagnostic, code};
use crate::plan::{Change, Plan, Step, Which};
use crate::provider::{ErrorKind, Means, Progress, ProviderError, Providers};
use crate::resource::{Object, ResourceId, Specs, Unresolved};
use crate::state::{Item, LockedState, Record, StateError};

/// Why an apply could not go on. What was done until then is in the state.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan was made from another state.
    #[error("the state changed since the plan was made")]
    Stale,
    /// The state cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// A secret cannot be had, or is another one by now. Nothing was begun.
    #[error("{0}")]
    Secret(Box<Diagnostic>),
}

impl From<ApplyError> for Diagnostic {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Stale => {
                Self::error(code::PLAN_STALE, error.to_string()).hint("plan again")
            }
            ApplyError::State(error) => error.into(),
            ApplyError::Secret(why) => *why,
        }
    }
}

/// Whose the things are that an apply makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The mark left on them.
    pub mark: String,
    /// The account they are made in, if known.
    pub account: Option<String>,
}

/// Carries out `plan`. Independent steps go on after a failure; what waits for the failed one is skipped.
pub async fn apply(
    plan: &Plan,
    means: Means<'_>,
    owner: &Owner,
    state: &mut LockedState,
    (stop, tell): (&Stop, &(dyn Fn(Event) + Sync)),
) -> Result<Report, ApplyError> {
    if plan.base.lineage != state.state().lineage || plan.base.serial != state.state().serial {
        return Err(ApplyError::Stale);
    }
    let texts =
        Texts::look_up(plan, means.secrets).map_err(|why| ApplyError::Secret(Box::new(why)))?;
    let mut walk = Walk {
        plan,
        specs: means.providers.specs(),
        texts,
        owner: &owner.mark,
        state,
        tell,
        waiting: (0..plan.steps.len()).collect(),
        done: BTreeSet::new(),
        report: Report::default(),
    };
    // Written before anything is made: a crash must not lose the lineage that marks what was made.
    walk.state
        .edit(|state| {
            plan.edits.apply(state);
            state.account = owner.account.clone().or(state.account.take());
            outcome::owe(&plan.steps, state);
        })
        .await?;
    walk.run(means.providers, stop).await?;
    walk.state.close().await?;
    Ok(walk.report)
}

struct Walk<'a> {
    plan: &'a Plan,
    specs: Specs,
    texts: Texts,
    owner: &'a str,
    state: &'a mut LockedState,
    tell: &'a (dyn Fn(Event) + Sync),
    waiting: BTreeSet<usize>,
    done: BTreeSet<usize>,
    report: Report,
}

impl<'a> Walk<'a> {
    async fn run(&mut self, providers: &Providers, stop: &Stop) -> Result<(), ApplyError> {
        let (sender, mut progress) = mpsc::unbounded_channel();
        let mut running = FuturesUnordered::new();
        loop {
            for number in self.ready(stop) {
                let Some(call) = self.begin(number, providers).await? else {
                    continue;
                };
                let line = Line {
                    number,
                    sender: sender.clone(),
                    stop: stop.clone(),
                };
                running.push(async move {
                    let result = call.run(providers, &line).await;
                    (call, result)
                });
            }
            if running.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                Some((number, word)) = progress.recv() => self.progress(number, word).await?,
                Some((call, result)) = running.next() => {
                    // What the call told before its end belongs before its end.
                    while let Ok((number, word)) = progress.try_recv() {
                        self.progress(number, word).await?;
                    }
                    self.end(&call, result).await?;
                }
            }
        }
        self.report.interrupted =
            stop.is_asked() && !self.waiting.is_empty() || self.report.interrupted;
        for number in std::mem::take(&mut self.waiting) {
            self.report.skipped += 1;
            let skipped = &self.plan.steps[number];
            (self.tell)(Event::skipped(skipped));
        }
        Ok(())
    }

    /// Takes the steps out of waiting that can begin now.
    fn ready(&mut self, stop: &Stop) -> Vec<usize> {
        if stop.is_asked() {
            return Vec::new();
        }
        let free = |n: &&usize| self.plan.steps[**n].waits.is_subset(&self.done);
        let ready: Vec<usize> = self.waiting.iter().filter(free).copied().collect();
        self.waiting.retain(|n| !ready.contains(n));
        ready
    }

    /// Fills in what is known by now, journals the intent. `None`: the step failed before it began.
    async fn begin(
        &mut self,
        number: usize,
        providers: &Providers,
    ) -> Result<Option<Call<'a>>, ApplyError> {
        let step = &self.plan.steps[number];
        let record = self.record_of(step, providers);
        let (attrs, revealed) = match self.attrs_of(step, record.as_ref()) {
            Ok(found) => found,
            Err(error) => {
                self.fail(
                    step,
                    Diagnostic::error(code::EXPRESSION_UNKNOWN, error.to_string()),
                );
                return Ok(None);
            }
        };
        let token = self.token(&step.id);
        let call = Call {
            number,
            step,
            attrs,
            revealed,
            record,
            owner: self.owner,
            token,
        };
        if !matches!(step.change, Change::Act { .. }) && step.change.which() == &Which::Current {
            let (mut meanwhile, mut aside) =
                outcome::meanwhile(&call, self.state.state(), &self.specs);
            if step.resource.is_some() {
                let edits = &self.plan.edits;
                meanwhile.protected = edits.protected.contains(&step.id);
                meanwhile.manifest = edits.attribution.of(&step.id);
            }
            if let Some(old) = &mut aside {
                old.remote = remote(providers, old);
            }
            self.state.begin(&step.id, meanwhile, aside).await?;
        }
        (self.tell)(Event::Began {
            id: step.id.clone(),
            kind: step.kind.clone(),
            action: action(step),
            items: items(step).count(),
            bytes: items(step)
                .filter_map(|d| d.after.as_ref()?.get("size")?.as_u64())
                .sum(),
        });
        Ok(Some(call))
    }

    /// What is there of a step's thing: as the state has it, its attributes as last seen.
    fn record_of(&self, step: &Step, providers: &Providers) -> Option<Record> {
        let state = self.state.state();
        let found = match (step.change.which(), &step.change) {
            (Which::Deposed(remote), _) => state.deposed_record(&step.id, remote.as_ref()),
            (Which::Current, Change::Adopt { was: Some(was), .. }) => state
                .records
                .get(&step.id)
                .or_else(|| state.records.get(was)),
            (Which::Current, _) => state.records.get(&step.id),
        };
        let mut record = found.cloned()?;
        record.remote = remote(providers, &record);
        if let (Change::Delete { .. }, Some(spec)) = (&step.change, self.specs.get(&step.kind)) {
            record.attrs = record.attrs_with_pending(spec).into_owned();
        }
        if let Some(before) = &step.before {
            record.attrs.clone_from(before);
        }
        Some(record)
    }

    /// What a step's thing shall be like, and the same with the texts of its secrets, when it has any.
    fn attrs_of(
        &self,
        step: &Step,
        record: Option<&Record>,
    ) -> Result<(Object, Option<Object>), Unresolved> {
        let Some(resource) = &step.resource else {
            return Ok((record.map(|r| r.attrs.clone()).unwrap_or_default(), None));
        };
        let output = |id: &ResourceId, path: &str| {
            crate::plan::output(&self.state.state().records.get(id)?.outputs, path)
        };
        let attrs = resource.resolve(&output)?;
        let mut revealed = None;
        if resource.secrets().next().is_some() {
            revealed = Some(resource.reveal(&output, &|secret| self.texts.shaped(secret))?);
        }
        Ok((attrs, revealed))
    }

    /// The same step of the same state always has the same token.
    fn token(&self, id: &ResourceId) -> String {
        let digest = Sha256::digest(format!(
            "{}\n{}\n{id}",
            self.plan.base.lineage, self.plan.base.serial
        ));
        wire::digest::hex_lower(&digest[..16])
    }

    async fn progress(&mut self, number: usize, word: Progress) -> Result<(), ApplyError> {
        let id = &self.plan.steps[number].id;
        match self.texts.hide_in_progress(word) {
            Progress::Note(text) => (self.tell)(Event::Note {
                id: id.clone(),
                text,
            }),
            Progress::Bytes(bytes) => (self.tell)(Event::Bytes {
                id: id.clone(),
                bytes,
            }),
            Progress::Item { attr, key, entry } => {
                let gone = entry.is_none();
                let of = match self.plan.steps[number].change.which() {
                    Which::Current => None,
                    Which::Deposed(remote) => {
                        let record = self.state.state().deposed_record(id, remote.as_ref());
                        record.and_then(|record| record.remote.clone())
                    }
                };
                let item = Item {
                    attr,
                    key: key.clone(),
                    value: entry,
                };
                self.state.item(id, of.as_ref(), item).await?;
                (self.tell)(Event::Item {
                    id: id.clone(),
                    key,
                    gone,
                });
            }
        }
        Ok(())
    }

    async fn end(
        &mut self,
        call: &Call<'_>,
        result: Result<Outcome, ProviderError>,
    ) -> Result<(), ApplyError> {
        let step = call.step;
        match result {
            Ok(outcome) => {
                let outputs = if let Outcome::Made(made) = &outcome {
                    made.outputs.clone()
                } else {
                    Object::new()
                };
                self.state
                    .end(&step.id, |state| {
                        outcome::settle(call, outcome, state, &self.specs);
                    })
                    .await?;
                self.done.insert(call.number);
                self.report.done += 1;
                (self.tell)(Event::Done {
                    id: step.id.clone(),
                    action: action(step),
                    outputs,
                });
            }
            Err(error) => {
                let error = self.texts.hide_in_error(error);
                let kind = error.kind;
                self.state
                    .end(&step.id, |state| {
                        outcome::give_up(call, kind, state, &self.specs);
                    })
                    .await?;
                if kind == ErrorKind::Stopped {
                    self.report.interrupted = true;
                }
                let mut why = Diagnostic::from(error);
                why.at = step.resource.as_ref().and_then(|r| r.at.clone());
                self.fail(step, why);
            }
        }
        Ok(())
    }

    fn fail(&mut self, step: &Step, why: Diagnostic) {
        self.report.failed += 1;
        (self.tell)(Event::Failed {
            id: step.id.clone(),
            action: action(step),
            why,
        });
    }
}

/// Differences of single items.
fn items(step: &Step) -> impl Iterator<Item = &crate::plan::FieldDiff> {
    step.change
        .diff()
        .iter()
        .filter(|d| matches!(d.path.as_slice(), [attr, _] if attr == "files"))
}

impl Event {
    /// A step that is not begun.
    pub fn skipped(step: &Step) -> Self {
        Self::Skipped {
            id: step.id.clone(),
            action: action(step),
        }
    }
}

/// The action's name, as in the plan's JSON.
fn action(step: &Step) -> &'static str {
    match step.change {
        Change::Create { .. } => "create",
        Change::Update { .. } => "update",
        Change::Adopt { .. } => "adopt",
        Change::Delete { .. } => "delete",
        Change::Forget { .. } => "forget",
        Change::Act { .. } => "act",
    }
}
