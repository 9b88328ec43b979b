//! `fc.alias`: a name that leads to a version of a function, and for a part of the calls to another one that is on trial.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::remote;
use super::driver::Driver;
use super::fc_part::{Part, text};
use super::{fc_alias_act, fc_shown};
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "fc.alias";
/// The parts of the calls of other versions, as the service has them.
const WEIGHTS: &str = "additionalVersionWeight";

/// Aliases of functions.
pub(in crate::provider::alibaba) struct FcAlias {
    fc: Fc,
}

impl FcAlias {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self { fc }
    }

    /// Makes it, or leads one that there is elsewhere.
    async fn put(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let part = Part::of(KIND, &id)?;
        let args = json!({
            "name": part.name,
            "version": task.attrs.get("versionId"),
            "weights": weights(task.attrs),
            "description": text(task.attrs, "description").unwrap_or_default(),
        });
        let done = fc_alias_act::publish(&self.fc, part.function, &args).await?;
        let mut outputs = Object::new();
        for name in ["aliasName", "versionId"] {
            outputs.insert(name.into(), done["alias"][name].clone());
        }
        Ok(Made { id, outputs })
    }
}

#[async_trait]
impl Driver for FcAlias {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let fixed = ["functionName", "aliasName"];
        let mut spec = KindSpec::new(&fixed, &["aliasName", "versionId"]);
        spec.identity.extend(fixed.map(String::from));
        spec.contained = true;
        spec.defaults.insert("description".into(), "".into());
        spec.renew(&["versionId"], &["versionId"]);
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        Part::id(attrs, "aliasName")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let part = Part::of(KIND, id)?;
        let path = ["functions", part.function, "aliases", part.name];
        let Some(mut shown) = self.fc.find(&Call::get("GetAlias", &path)).await? else {
            return Ok(None);
        };
        let weights = shown.remove(WEIGHTS).unwrap_or_default();
        let trial = trial(&shown, &weights, known);
        let names = ["versionId", "description"];
        let mut attrs = fc_shown::attributes(shown, names, &self.spec(), None);
        // Also that there is none.
        attrs.insert("trial".into(), trial);
        attrs.insert("functionName".into(), part.function.into());
        attrs.insert("aliasName".into(), part.name.into());
        Ok(Some(Seen { attrs, owner: None }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        self.put(task).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        self.put(task).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let part = Part::of(KIND, &id)?;
        let path = ["functions", part.function, "aliases", part.name];
        self.fc.remove(&Call::delete("DeleteAlias", &path)).await
    }
}

/// The part of the calls that the version on trial gets. The alias's own version needs none.
fn weights(attrs: &Object) -> Json {
    let mut weights = Object::new();
    if let Some(trial) = attrs.get("trial").filter(|trial| is_seen(trial, attrs))
        && let Some(version) = trial["versionId"].as_str()
    {
        weights.insert(version.to_owned(), trial["weight"].clone());
    }
    Json::Object(weights)
}

/// Whether a trial shows: of another version than the alias's own, with calls.
fn is_seen(trial: &Json, alias: &Object) -> bool {
    alias.get("versionId") != trial.get("versionId") && trial["weight"].as_f64() != Some(0.0)
}

/// What is on trial, in the form of what was asked for.
fn trial(shown: &Object, weights: &Json, known: Option<&Record>) -> Json {
    let asked = known.and_then(|record| record.attrs.get("trial"));
    let asked = asked.filter(|asked| asked.is_object());
    let weights = weights.as_object().filter(|weights| !weights.is_empty());
    let Some(weights) = weights else {
        let unseen = asked.filter(|asked| !is_seen(asked, shown));
        return unseen.cloned().unwrap_or_default();
    };
    let mut trials = weights
        .iter()
        .map(|(id, weight)| json!({ "versionId": id, "weight": weight }));
    match (trials.next(), trials.next()) {
        (Some(only), None) => fc_shown::like(only, asked.unwrap_or(&Json::Null)),
        // Nobody asks for several.
        _ => json!({ "weights": weights }),
    }
}
