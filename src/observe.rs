//! Asks the providers what exists. An error is an error: only a provider's certain "not there" counts as absence.

use futures_util::StreamExt;
use futures_util::stream;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Observed, Scope};
use crate::provider::{ProviderError, Providers, Seen};
use crate::resource::{Graph, Kind, RemoteId, ResourceId};
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
pub async fn observe(
    state: &State,
    goal: &Graph,
    scope: &Scope,
    providers: &Providers,
) -> Result<Observed, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let mut seen = Observed::new();
    let mut answers = stream::iter(questions(state, (goal, scope), providers))
        .map(|question| async move { (question.id, question.ahead, question.ask(providers).await) })
        .buffer_unordered(AT_ONCE);
    while let Some((id, ahead, answer)) = answers.next().await {
        match answer {
            Ok(answer) if ahead => seen.ahead.extend(answer.map(|found| (id.clone(), found))),
            Ok(answer) => seen.insert(id.clone(), answer),
            Err(error) => diagnostics.push(about(id, error)),
        }
    }
    diagnostics.into_result(seen).map(|(seen, _)| seen)
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
