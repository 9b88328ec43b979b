//! `flow.schedule`: when a flow begins by itself. It lies inside its flow and carries no mark of its own.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::remote;
use super::driver::Driver;
use super::fc_part::text;
use super::{flow_part, fnf_definition};
use crate::provider::alibaba::fnf::{self, Fnf};
use crate::provider::alibaba::rpc::Call;
use crate::provider::{Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "flow.schedule";

/// Schedules of flows.
pub(in crate::provider::alibaba) struct FlowSchedule {
    fnf: Fnf,
}

impl FlowSchedule {
    pub(in crate::provider::alibaba) fn new(fnf: Fnf) -> Self {
        Self { fnf }
    }

    async fn get(&self, id: &RemoteId) -> Result<Option<Object>, ProviderError> {
        let (flow, name) = flow_part::split(KIND, id)?;
        let call = fnf::read("DescribeSchedule")
            .param("FlowName", flow)
            .param("ScheduleName", name);
        self.fnf.find(&call).await
    }

    async fn put(
        &self,
        action: &'static str,
        id: &RemoteId,
        task: &Task<'_>,
    ) -> Result<Made, ProviderError> {
        let shown = self.fnf.send(&filled(action, id, task)?).await?;
        let (_, name) = flow_part::split(KIND, id)?;
        let mut outputs = Object::new();
        outputs.insert("name".into(), name.into());
        let number = text(&shown, "ScheduleId").unwrap_or_default();
        outputs.insert("id".into(), number.into());
        Ok(Made {
            id: id.clone(),
            outputs,
        })
    }
}

#[async_trait]
impl Driver for FlowSchedule {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let named = ["scheduleName"];
        let mut spec = flow_part::spec(&named, &named, &["name", "id"]);
        let defaults = json!({ "description": "", "enable": true, "payload": "{}" });
        spec.defaults = defaults.as_object().cloned().unwrap_or_default();
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        flow_part::id(attrs, "scheduleName")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let (flow, name) = flow_part::split(KIND, id)?;
        let Some(shown) = self.get(id).await? else {
            return Ok(None);
        };
        let told = |name: &str| text(&shown, name).unwrap_or_default();
        let asked = known.and_then(|record| record.attrs.get("payload"));
        let attrs = json!({
            "flowName": flow,
            "scheduleName": name,
            "cronExpression": told("CronExpression"),
            "payload": fnf_definition::as_asked(told("Payload"), asked),
            "enable": shown.get("Enable").and_then(Json::as_bool).unwrap_or(true),
            "description": told("Description"),
        });
        let attrs = attrs.as_object().cloned().unwrap_or_default();
        Ok(Some(Seen { attrs, owner: None }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        // An earlier try made it, or another under this name in a flow of ours.
        let action = match self.get(&id).await? {
            Some(_) => "UpdateSchedule",
            None => "CreateSchedule",
        };
        self.put(action, &id, task).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        self.put("UpdateSchedule", &id, task).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let (flow, name) = flow_part::split(KIND, &id)?;
        let call = fnf::write("DeleteSchedule")
            .field("FlowName", flow)
            .field("ScheduleName", name);
        self.fnf.find(&call).await.map(drop)
    }
}

/// The call with everything that a schedule has.
fn filled(action: &'static str, id: &RemoteId, task: &Task<'_>) -> Result<Call, ProviderError> {
    let (flow, name) = flow_part::split(KIND, id)?;
    let attr = |name: &str| text(task.attrs, name).unwrap_or_default();
    let enabled = task.attrs.get("enable").and_then(Json::as_bool);
    let payload = task.attrs.get("payload").unwrap_or(&Json::Null);
    Ok(fnf::write(action)
        .field("FlowName", flow)
        .field("ScheduleName", name)
        .field("CronExpression", attr("cronExpression"))
        .field("Description", attr("description"))
        .field("Enable", enabled.unwrap_or(true).to_string())
        .field("Payload", fnf_definition::as_line(payload)))
}
