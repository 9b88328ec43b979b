//! `fc.version`: the newest version of a function that was published from it, one for each state of the function.
//!
//! Versions never change, so a function that changed gets another one; those before stay for whoever wants to go back, until the
//! resource goes. A version carries a mark and the function's revision in its description, by which an earlier try is found.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::driver::Driver;
use super::fc_part::{Part, text};
use super::{fc_version_act, mark};
use crate::provider::alibaba::fault::is_absent;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "fc.version";
/// The output that names the newest version.
const NEWEST: &str = "versionId";
/// The output that names the version for calls that are no trial: the newest, or the last before the trials began.
const SETTLED: &str = "settledId";

/// Versions of functions that deploys publish.
pub(in crate::provider::alibaba) struct FcVersion {
    fc: Fc,
}

impl FcVersion {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self { fc }
    }

    /// The version of the function as it is now: one that an earlier try published, or a new one.
    async fn publish(&self, function: &str, task: &Task<'_>) -> Result<String, ProviderError> {
        let description = description(task);
        let all = fc_version_act::list(&self.fc, function).await?;
        let earlier = all.iter().find(|one| one["description"] == *description);
        let version = if let Some(earlier) = earlier {
            earlier.clone()
        } else {
            let args = json!({ "description": description });
            fc_version_act::publish(&self.fc, function, &args).await?
        };
        let id = version[NEWEST].as_str().map(str::to_owned);
        id.ok_or_else(|| failure(ErrorKind::Unexpected, "the reply names no version"))
    }
}

#[async_trait]
impl Driver for FcVersion {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let mut spec = KindSpec::new(&["functionName"], &[NEWEST, SETTLED]);
        spec.identity.insert("functionName".into());
        spec.contained = true;
        spec.defaults.insert("trial".into(), false.into());
        spec.renew(&[NEWEST], &["revision"]);
        spec
    }

    /// Numbers are the service's to give.
    fn identity(&self, _: &Object) -> Option<RemoteId> {
        None
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let part = Part::of(KIND, id)?;
        let all = match fc_version_act::list(&self.fc, part.function).await {
            Ok(all) => all,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if !all.iter().any(|one| one[NEWEST] == part.name) {
            return Ok(None);
        }
        // It never changes: it is what was published.
        let attrs = known.map(|record| record.attrs.clone());
        Ok(Some(Seen {
            attrs: attrs.unwrap_or_default(),
            owner: None,
        }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let function = function(task)?;
        let id = self.publish(function, task).await?;
        Ok(made(function, &id, &id))
    }

    /// Publishes when the function has another revision. A trial leaves what is settled as it is; the end of trials settles the
    /// newest.
    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let function = function(task)?;
        let record = task.record;
        let output = |name: &str| record.and_then(|record| text(&record.outputs, name));
        let published = record.and_then(|record| record.attrs.get("revision"));
        let id = match output(NEWEST) {
            Some(id) if published == task.attrs.get("revision") => id.to_owned(),
            _ => self.publish(function, task).await?,
        };
        let is_trial = task.attrs.get("trial") == Some(&Json::Bool(true));
        let settled = output(SETTLED).filter(|_| is_trial).unwrap_or(&id);
        Ok(made(function, &id, settled))
    }

    /// Every version that carries the mark.
    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let function = function(task)?;
        let all = match fc_version_act::list(&self.fc, function).await {
            Ok(all) => all,
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        let is_ours = |one: &&Json| {
            let written = one["description"].as_str().unwrap_or_default();
            mark::split(written).1 == Some(task.owner)
        };
        for version in all.iter().filter(is_ours) {
            let id = version[NEWEST].as_str().unwrap_or_default();
            let path = ["functions", function, "versions", id];
            let call = Call::delete("DeleteFunctionVersion", &path);
            self.fc.remove(&call).await?;
        }
        Ok(())
    }
}

/// Which revision of the function it is, with the mark behind it.
fn description(task: &Task<'_>) -> String {
    let revision = text(task.attrs, "revision").unwrap_or_default();
    mark::marked(&format!("revision {revision}"), task.owner)
}

fn function<'a>(task: &'a Task<'_>) -> Result<&'a str, ProviderError> {
    let name = text(task.attrs, "functionName");
    name.ok_or_else(|| failure(ErrorKind::Invalid, "it has no functionName"))
}

fn made(function: &str, newest: &str, settled: &str) -> Made {
    let mut outputs = Object::new();
    outputs.insert(NEWEST.into(), newest.into());
    outputs.insert(SETTLED.into(), settled.into());
    Made {
        id: RemoteId::new(format!("{function}/{newest}")),
        outputs,
    }
}

fn failure(kind: ErrorKind, message: &str) -> ProviderError {
    ProviderError::new(kind, KIND, message)
}
