//! What was deployed, as the cloud shows it now.

use serde_json::{Value as Json, json};

use super::{Destination, Project};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::observe::observe;
use crate::resource::{Kind, Object, RemoteId, ResourceId};
use crate::state::{Record, State, Status};

/// The kind that has more to tell than its attributes.
const TELLING: &str = "fc.function";

/// One thing that was deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The resource.
    pub id: ResourceId,
    /// What it is.
    pub kind: Kind,
    /// What the cloud calls it.
    pub remote: Option<RemoteId>,
    /// Whether its creation was begun and not seen to end.
    pub is_begun: bool,
    /// Its attributes in the cloud, secrets by their fingerprints; `None`: it is gone, or was never made.
    pub attrs: Option<Object>,
    /// What its provider tells beside that; null: nothing.
    pub more: Json,
}

impl Project {
    /// Everything in this run's scope that the state remembers, by name.
    pub async fn shown(&self, state: &State, to: &Destination) -> Result<Vec<Shown>, Diagnostics> {
        let wanted = (&self.lowered.graph, &self.scope);
        let seen = observe(state, wanted, to.means()).await?;
        let mut all = Vec::new();
        for (id, record) in &state.records {
            if !self.scope.covers(id) {
                continue;
            }
            let attrs = seen.get(id).cloned().flatten().map(|seen| seen.attrs);
            let more = match attrs {
                Some(_) => more(record, to).await?,
                None => Json::Null,
            };
            all.push(Shown {
                id: id.clone(),
                kind: record.kind.clone(),
                remote: record.remote.clone(),
                is_begun: matches!(record.status, Status::Creating { .. }),
                attrs,
                more,
            });
        }
        Ok(all)
    }
}

async fn more(record: &Record, to: &Destination) -> Result<Json, Diagnostics> {
    if record.kind.as_str() != TELLING {
        return Ok(Json::Null);
    }
    let provider = to.providers.of(&record.kind).map_err(Diagnostic::from)?;
    let told = provider.act("info", record, &json!({})).await;
    Ok(told.map_err(Diagnostic::from)?)
}
