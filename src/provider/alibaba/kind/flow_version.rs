//! `flow.version`: the newest version of a flow that was published from it, one for each definition that deploys brought.
//!
//! As for functions (`fc.version`), a change publishes the next one, and those before stay until the resource goes. A version
//! carries a mark and the flow's revision in its description, by which an earlier try is found.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::driver::Driver;
use super::fc_part::text;
use super::{flow_part, mark};
use crate::provider::alibaba::fnf::{self, Fnf};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "flow.version";
/// The output that names the newest version.
const NEWEST: &str = "versionId";
/// The output that names the version for executions that are no trial: the newest, or the last before the trials began.
const SETTLED: &str = "settledId";

/// Versions of flows that deploys publish.
pub(in crate::provider::alibaba) struct FlowVersion {
    fnf: Fnf,
}

impl FlowVersion {
    pub(in crate::provider::alibaba) fn new(fnf: Fnf) -> Self {
        Self { fnf }
    }

    /// All published versions; none of a flow that is not there.
    async fn list(&self, flow: &str) -> Result<Vec<Json>, ProviderError> {
        let mut all = Vec::new();
        let mut token = String::new();
        loop {
            let mut call = fnf::read("ListFlowVersions").param("FlowName", flow);
            if !token.is_empty() {
                call = call.param("NextToken", token.as_str());
            }
            let Some(page) = self.fnf.find(&call).await? else {
                return Ok(all);
            };
            let versions = page.get("FlowVersions").and_then(Json::as_array);
            all.extend(versions.into_iter().flatten().cloned());
            let next = text(&page, "NextToken").unwrap_or_default();
            next.clone_into(&mut token);
            if token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The version of the flow as it is now: one that an earlier try published, or a new one.
    async fn publish(&self, flow: &str, task: &Task<'_>) -> Result<String, ProviderError> {
        let description = description(task);
        let all = self.list(flow).await?;
        let earlier = all.iter().find(|one| one["Description"] == *description);
        if let Some(id) = earlier.and_then(|one| one["Version"].as_str()) {
            return Ok(id.to_owned());
        }
        let call = fnf::write("PublishFlowVersion")
            .field("FlowName", flow)
            .field("Description", description);
        let published = self.fnf.send(&call).await?;
        let id = text(&published, "Version").map(str::to_owned);
        id.ok_or_else(|| failure(ErrorKind::Unexpected, "the reply names no version"))
    }
}

#[async_trait]
impl Driver for FlowVersion {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let mut spec = flow_part::spec(&[], &[], &[NEWEST, SETTLED]);
        spec.defaults.insert("trial".into(), false.into());
        spec.renew(&[NEWEST], &["revision"]);
        spec.renew(&[SETTLED], &["revision", "trial"]);
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
        let (flow, version) = flow_part::split(KIND, id)?;
        let all = self.list(flow).await?;
        if !all.iter().any(|one| one["Version"] == version) {
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
        let flow = flow(task)?;
        let id = self.publish(flow, task).await?;
        Ok(made(flow, &id, &id))
    }

    /// Publishes when the flow has another revision. A trial leaves what is settled as it is; the end of trials settles the newest.
    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let flow = flow(task)?;
        let record = task.record;
        let output = |name: &str| record.and_then(|record| text(&record.outputs, name));
        let published = record.and_then(|record| record.attrs.get("revision"));
        let id = match output(NEWEST) {
            Some(id) if published == task.attrs.get("revision") => id.to_owned(),
            _ => self.publish(flow, task).await?,
        };
        let is_trial = task.attrs.get("trial") == Some(&Json::Bool(true));
        let settled = output(SETTLED).filter(|_| is_trial).unwrap_or(&id);
        Ok(made(flow, &id, settled))
    }

    /// Every version that carries the mark.
    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let flow = flow(task)?;
        let all = self.list(flow).await?;
        let is_ours = |one: &&Json| {
            let written = one["Description"].as_str().unwrap_or_default();
            mark::split(written).1 == Some(task.owner)
        };
        for version in all.iter().filter(is_ours) {
            let call = fnf::write("DeleteFlowVersion")
                .field("FlowName", flow)
                .field(
                    "FlowVersion",
                    version["Version"].as_str().unwrap_or_default(),
                );
            self.fnf.find(&call).await?;
        }
        Ok(())
    }
}

/// Which revision of the flow it is, with the mark behind it.
fn description(task: &Task<'_>) -> String {
    let revision = text(task.attrs, "revision").unwrap_or_default();
    mark::marked(&format!("revision {revision}"), task.owner)
}

fn flow<'a>(task: &'a Task<'_>) -> Result<&'a str, ProviderError> {
    let name = text(task.attrs, "flowName");
    name.ok_or_else(|| failure(ErrorKind::Invalid, "it has no flowName"))
}

fn made(flow: &str, newest: &str, settled: &str) -> Made {
    let mut outputs = Object::new();
    outputs.insert(NEWEST.into(), newest.into());
    outputs.insert(SETTLED.into(), settled.into());
    Made {
        id: RemoteId::new(format!("{flow}/{newest}")),
        outputs,
    }
}

fn failure(kind: ErrorKind, message: &str) -> ProviderError {
    ProviderError::new(kind, KIND, message)
}
