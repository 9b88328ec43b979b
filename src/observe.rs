//! Asks the providers what exists. An error is an error: only a provider's certain "not there" counts as absence.

use futures_util::StreamExt;
use futures_util::stream;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Observed, Scope, output};
use crate::provider::{Means, ProviderError, Providers, Seen};
use crate::resource::{Graph, Kind, RemoteId, Resource, ResourceId, conceal};
use crate::secret::{Mask, Secrets};
use crate::state::{Record, State};

/// How many questions are open at once.
const AT_ONCE: usize = 16;

/// One question.
struct Question<'a> {
    id: &'a ResourceId,
    kind: &'a Kind,
    remote: RemoteId,
    known: Option<&'a Record>,
    ahead: bool,
}

/// What is there of everything remembered or wanted in the scope. Wanted things whose name is not known yet are left out.
/// What the cloud shows of secrets is seen by its fingerprint.
pub async fn observe(
    state: &State,
    (goal, scope): (&Graph, &Scope),
    means: Means<'_>,
) -> Result<Observed, Diagnostics> {
    let providers = means.providers;
    let mut diagnostics = Diagnostics::new();
    let mut seen = Observed::new();
    let mut answers = stream::iter(questions(state, (goal, scope), providers))
        .map(|question| async move {
            let answer = question.ask(providers).await;
            (question, answer)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((question, answer)) = answers.next().await {
        let (id, wanted) = (question.id, goal.get(question.id));
        let answer = answer
            .map_err(|error| about(id, masked(error, wanted, means.secrets)))
            .and_then(|answer| {
                let known = Known {
                    record: question.known,
                    wanted,
                    state,
                };
                answer
                    .map(|seen| known.conceal(seen, means.secrets))
                    .transpose()
            });
        match answer {
            Ok(answer) if question.ahead => {
                seen.ahead.extend(answer.map(|found| (id.clone(), found)));
            }
            Ok(answer) => seen.insert(id.clone(), answer),
            Err(error) => diagnostics.push(error),
        }
    }
    diagnostics.into_result(seen).map(|(seen, _)| seen)
}

/// What is known of a thing that was asked about.
struct Known<'a> {
    record: Option<&'a Record>,
    wanted: Option<&'a Resource>,
    state: &'a State,
}

impl Known<'_> {
    /// What was seen, without the texts of secrets.
    fn conceal(&self, mut seen: Seen, secrets: &dyn Secrets) -> Result<Seen, Diagnostic> {
        let of_state =
            |id: &ResourceId, path: &str| output(&self.state.records.get(id)?.outputs, path);
        for (name, shown) in &mut seen.attrs {
            let wanted = self
                .wanted
                .and_then(|resource| resource.attrs.get(name))
                .filter(|value| !value.secrets().is_empty())
                .map(|value| value.outline(&of_state));
            let remembered = self.record.and_then(|record| record.attrs.get(name));
            let candidates: Vec<&Json> = remembered.into_iter().chain(&wanted).collect();
            conceal(shown, &candidates, &|source, text| {
                secrets.fingerprint(source, text)
            })?;
        }
        Ok(seen)
    }
}

/// A failure without the texts of the secrets that its thing has: a cloud may say what it holds.
fn masked(error: ProviderError, wanted: Option<&Resource>, secrets: &dyn Secrets) -> ProviderError {
    let sources = wanted.into_iter().flat_map(Resource::secrets);
    let sources = sources.map(|secret| secret.source.as_str());
    error.masked(&Mask::of(sources, secrets))
}

fn questions<'a>(
    state: &'a State,
    (goal, scope): (&'a Graph, &Scope),
    providers: &Providers,
) -> Vec<Question<'a>> {
    // What nobody wants any more may go on under a name in the scope.
    let is_asked = |id: &ResourceId| scope.covers(id) || goal.get(id).is_none();
    let remembered = state.records.iter().filter(|(id, _)| is_asked(id));
    let remembered = remembered.filter_map(|(id, record)| {
        let remote = record.remote.clone().or_else(|| {
            providers
                .of(&record.kind)
                .ok()?
                .identity(&record.kind, &record.attrs)
        })?;
        Some(Question {
            id,
            kind: &record.kind,
            remote,
            known: Some(record),
            ahead: false,
        })
    });
    let wanted = goal
        .ordered()
        .filter(|r| scope.covers(&r.id) && !state.records.contains_key(&r.id))
        .filter_map(|resource| {
            let attrs = resource.resolve(&|_, _| None).ok()?;
            let remote = providers
                .of(&resource.kind)
                .ok()?
                .identity(&resource.kind, &attrs)?;
            Some(Question {
                id: &resource.id,
                kind: &resource.kind,
                remote,
                known: None,
                ahead: false,
            })
        });
    remembered
        .chain(wanted)
        .chain(successors(state, (goal, scope), providers))
        .collect()
}

/// Names that remembered resources will have instead of their present ones: something may be there already.
fn successors<'a>(
    state: &'a State,
    (goal, scope): (&'a Graph, &Scope),
    providers: &Providers,
) -> Vec<Question<'a>> {
    let meant = goal.ordered().filter(|r| scope.covers(&r.id));
    let renamed = meant.filter_map(|resource| {
        let record = state.records.get(&resource.id)?;
        let attrs = resource.resolve(&|_, _| None).ok()?;
        let remote = providers
            .of(&resource.kind)
            .ok()?
            .identity(&resource.kind, &attrs)?;
        let differs = record.remote.as_ref() != Some(&remote) && record.remote.is_some();
        differs.then_some(Question {
            id: &resource.id,
            kind: &resource.kind,
            remote,
            known: None,
            ahead: true,
        })
    });
    renamed.collect()
}

impl Question<'_> {
    async fn ask(&self, providers: &Providers) -> Result<Option<Seen>, ProviderError> {
        providers
            .of(self.kind)?
            .read(self.kind, &self.remote, self.known)
            .await
    }
}

fn about(id: &ResourceId, error: ProviderError) -> Diagnostic {
    let mut diagnostic = Diagnostic::from(error);
    diagnostic.detail = format!("`{id}`: {}", diagnostic.detail);
    diagnostic
}
