//! `flow.alias`: a name that leads executions to a version of a flow, and a part of them to another one that is on trial.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::remote;
use super::driver::Driver;
use super::{fc_shown, flow_part};
use crate::provider::alibaba::fnf::{self, Fnf};
use crate::provider::{Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "flow.alias";

/// Aliases of flows.
pub(in crate::provider::alibaba) struct FlowAlias {
    fnf: Fnf,
}

impl FlowAlias {
    pub(in crate::provider::alibaba) fn new(fnf: Fnf) -> Self {
        Self { fnf }
    }

    async fn get(&self, id: &RemoteId) -> Result<Option<Object>, ProviderError> {
        let (flow, name) = flow_part::split(KIND, id)?;
        let call = fnf::read("DescribeFlowAlias")
            .param("FlowName", flow)
            .param("Name", name);
        self.fnf.find(&call).await
    }

    async fn put(
        &self,
        action: &'static str,
        id: RemoteId,
        task: &Task<'_>,
    ) -> Result<Made, ProviderError> {
        let (flow, name) = flow_part::split(KIND, &id)?;
        let call = fnf::write(action)
            .field("FlowName", flow)
            .field("Name", name)
            .field("RoutingConfigurations", routes(task.attrs).to_string());
        self.fnf.send(&call).await?;
        let mut outputs = Object::new();
        outputs.insert("aliasName".into(), name.into());
        let version = task.attrs.get("versionId").cloned();
        outputs.insert("versionId".into(), version.unwrap_or_default());
        Ok(Made { id, outputs })
    }
}

#[async_trait]
impl Driver for FlowAlias {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let named = ["aliasName"];
        let mut spec = flow_part::spec(&named, &named, &["aliasName", "versionId"]);
        spec.renew(&["versionId"], &["versionId"]);
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        flow_part::id(attrs, "aliasName")
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
        let asked = known.and_then(|record| record.attrs.get("trial"));
        let (version, trial) = led(&shown["Alias"]["RoutingConfigurations"], asked);
        let attrs = json!({
            "flowName": flow,
            "aliasName": name,
            "versionId": version,
            "trial": trial,
        });
        Ok(Some(Seen {
            attrs: attrs.as_object().cloned().unwrap_or_default(),
            owner: None,
        }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        // An earlier try made it, or another under this name in a flow of ours.
        let action = match self.get(&id).await? {
            Some(_) => "UpdateFlowAlias",
            None => "CreateFlowAlias",
        };
        self.put(action, id, task).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        self.put("UpdateFlowAlias", id, task).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let (flow, name) = flow_part::split(KIND, &id)?;
        let call = fnf::write("DeleteFlowAlias")
            .field("FlowName", flow)
            .field("Name", name);
        self.fnf.find(&call).await.map(drop)
    }
}

/// Where executions are led: all to one version, or a part to the one on trial. Weights are whole and 100 together.
fn routes(attrs: &Object) -> Json {
    let version = attrs.get("versionId").cloned().unwrap_or_default();
    let trial = attrs
        .get("trial")
        .filter(|trial| trial["versionId"] != version);
    let weight = trial.and_then(|trial| hundredths(trial["weight"].as_f64()?));
    match (trial, weight) {
        (Some(trial), Some(weight)) => json!([
            { "Version": version, "Weight": 100 - weight },
            { "Version": trial["versionId"], "Weight": weight },
        ]),
        _ => json!([{ "Version": version, "Weight": 100 }]),
    }
}

/// A part as a whole number of hundredths, if that is more than none.
fn hundredths(part: f64) -> Option<u8> {
    (1..=100).rfind(|&weight| f64::from(weight) <= part * 100.0 + 0.5)
}

/// The version and the trial that routes show, in the form of what was asked for.
fn led(routes: &Json, asked: Option<&Json>) -> (Json, Json) {
    let asked = asked.filter(|asked| asked.is_object());
    let routes = routes.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_trial =
        |route: &&Json| asked.is_some_and(|asked| asked["versionId"] == route["Version"]);
    match routes {
        [only] => {
            let version = &only["Version"];
            // A trial of the version itself, or of none of the executions, does not show.
            let is_unseen = |asked: &&Json| {
                asked["versionId"] == *version || asked["weight"].as_f64() == Some(0.0)
            };
            let trial = asked.filter(is_unseen).cloned();
            (version.clone(), trial.unwrap_or_default())
        }
        [first, second] => {
            let (settled, trial) = if is_trial(&first) {
                (second, first)
            } else {
                (first, second)
            };
            let part = weight(&trial["Weight"]) / 100.0;
            let shown = json!({ "versionId": trial["Version"], "weight": part });
            let shown = fc_shown::like(shown, asked.unwrap_or(&Json::Null));
            (settled["Version"].clone(), shown)
        }
        _ => (Json::Null, Json::Null),
    }
}

/// A weight; lists of the service have it as a text.
fn weight(shown: &Json) -> f64 {
    let text = || shown.as_str().and_then(|text| text.parse().ok());
    shown.as_f64().or_else(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attrs(value: &Json) -> Object {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn routes_are_seen_as_they_were_asked_for() {
        for (asked, wanted) in [
            (
                json!({ "versionId": "1" }),
                json!([{ "Version": "1", "Weight": 100 }]),
            ),
            (
                json!({ "versionId": "1", "trial": { "versionId": "2", "weight": 0.29 } }),
                json!([{ "Version": "1", "Weight": 71 }, { "Version": "2", "Weight": 29 }]),
            ),
            (
                json!({ "versionId": "2", "trial": { "versionId": "2", "weight": 0.5 } }),
                json!([{ "Version": "2", "Weight": 100 }]),
            ),
            (
                json!({ "versionId": "1", "trial": { "versionId": "2", "weight": 0 } }),
                json!([{ "Version": "1", "Weight": 100 }]),
            ),
        ] {
            let made = routes(&attrs(&asked));
            assert_eq!(made, wanted);
            let (version, trial) = led(&made, asked.get("trial"));
            assert_eq!(version, asked["versionId"]);
            assert_eq!(trial, asked["trial"]);
        }
    }

    #[test]
    fn what_others_lead_elsewhere_shows() {
        let routes =
            json!([{ "Version": "3", "Weight": "60" }, { "Version": "1", "Weight": "40" }]);
        let asked = json!({ "versionId": "3", "weight": 0.1 });
        let (version, trial) = led(&routes, Some(&asked));
        assert_eq!((version, trial["weight"].clone()), (json!("1"), json!(0.6)));
        assert_eq!(
            led(&json!([{ "Version": "1" }]), Some(&asked)),
            (json!("1"), Json::Null)
        );
    }
}
