//! How many executions run in the workflows that a plan touches.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value as Json, json};

use crate::plan::{Change, MOST_RUNNING, Plan, Step, Which};
use crate::provider::Providers;
use crate::resource::ResourceId;
use crate::state::{Record, State};

/// Workflows that are asked at once.
const AT_ONCE: usize = 8;

/// The workflows that change or go, and how many executions run in each; those without any are left out. Of a workflow that
/// cannot be asked nothing is said: the number is for the reader, and no plan fails for want of it.
pub(super) async fn count(
    plan: &Plan,
    state: &State,
    providers: &Providers,
) -> BTreeMap<ResourceId, usize> {
    let touched = plan.steps.iter().filter(|step| is_touched(step));
    let known = touched.filter_map(|step| Some((step, state.records.get(&step.id)?)));
    let asked = known.map(|(step, record)| async move {
        let running = ask(step, record, providers).await?;
        (running > 0).then(|| (step.id.clone(), running))
    });
    let found = stream::iter(asked).buffer_unordered(AT_ONCE);
    found.filter_map(std::future::ready).collect().await
}

/// Whether executions may run in it: it is a workflow, and it is there.
fn is_touched(step: &Step) -> bool {
    let is_there = match &step.change {
        Change::Update { .. } => true,
        Change::Delete { which, .. } => *which == Which::Current,
        Change::Create { replaces, .. } => !replaces.is_empty(),
        _ => false,
    };
    is_there && step.kind.as_str() == "flow.flow"
}

async fn ask(step: &Step, record: &Record, providers: &Providers) -> Option<usize> {
    let provider = providers.of(&step.kind).ok()?;
    let args = json!({ "status": "Running", "limit": MOST_RUNNING });
    let listed = provider.act("execution.list", record, &args).await.ok()?;
    listed.as_array().map(Vec::<Json>::len)
}
