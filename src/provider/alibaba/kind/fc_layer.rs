//! `fc.layer`: files that functions share, as a layer of the account whose newest version is what is wanted.
//!
//! Versions never change, so another content is another version; those before stay until the layer goes, for published
//! versions of functions stand on them. Layers have no tags: the mark of ownership stands behind each version's description
//! ([`mark`]).

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, remote};
use super::driver::Driver;
use super::fc_part::text;
use super::{fc_code, fc_layer_act, fc_layer_version as version, fc_shown, mark};
use crate::provider::alibaba::fc::Fc;
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

pub(super) const KIND: &str = "fc.layer";
/// What makes another version when it changes.
const CONTENT: [&str; 3] = ["code", "compatibleRuntime", "description"];

/// Layers of one account in one region.
pub(in crate::provider::alibaba) struct FcLayer {
    fc: Fc,
}

impl FcLayer {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self { fc }
    }

    /// The version that is remembered; of a layer that is not, the newest.
    async fn current(
        &self,
        layer: &str,
        known: Option<&Record>,
    ) -> Result<Option<Object>, ProviderError> {
        let remembered = known.and_then(|record| record.outputs.get("version")?.as_u64());
        match remembered {
            Some(number) => version::get(&self.fc, layer, &number.to_string()).await,
            None => Ok(version::all(&self.fc, layer).await?.pop()),
        }
    }

    /// Publishes what is wanted, unless the newest version is that: an earlier try made it.
    async fn put(
        &self,
        layer: &str,
        versions: &[Object],
        task: &Task<'_>,
    ) -> Result<Made, ProviderError> {
        let newest = versions.last().filter(|newest| is_wanted(newest, task));
        let version = match newest {
            Some(newest) => newest.clone(),
            None => version::publish(&self.fc, layer, body(&self.fc, task).await?).await?,
        };
        Ok(made(layer, &version))
    }
}

#[async_trait]
impl Driver for FcLayer {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let outputs = ["layerName", "layerVersionArn", "version"];
        let mut spec = KindSpec::new(&["layerName", "region"], &outputs);
        spec.identity.extend(["layerName".into(), "region".into()]);
        spec.items.insert("files".into());
        spec.local
            .extend(fc_code::LOCAL.iter().map(|&name| name.to_owned()));
        spec.defaults.insert("compatibleRuntime".into(), json!([]));
        spec.defaults.insert("description".into(), "".into());
        spec.renew(&["layerVersionArn", "version"], &CONTENT);
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "layerName")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let Some(mut shown) = self.current(id.as_str(), known).await? else {
            return Ok(None);
        };
        let written = text(&shown, "description").unwrap_or_default().to_owned();
        let (description, owner) = mark::split(&written);
        shown.insert("description".into(), description.into());
        let code = fc_code::shown(&shown, known);
        let names = ["compatibleRuntime", "description"];
        let mut attrs = fc_shown::attributes(shown, names, &self.spec(), known);
        attrs.insert("layerName".into(), id.as_str().into());
        attrs.extend(code);
        let owner = owner.map(str::to_owned);
        Ok(Some(Seen { attrs, owner }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let versions = version::all(&self.fc, id.as_str()).await?;
        if !versions.is_empty() && !versions.iter().any(|version| is_of(version, task.owner)) {
            let message = format!("layer `{id}` exists and was not made by this application");
            let error = ProviderError::new(ErrorKind::Conflict, "CreateLayerVersion", message);
            return Err(error.with_hint("give the folder or the resource another name"));
        }
        self.put(id.as_str(), &versions, task).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let versions = version::all(&self.fc, id.as_str()).await?;
        self.put(id.as_str(), &versions, task).await
    }

    /// Every version that carries the mark. Functions keep what they have of them.
    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let versions = version::all(&self.fc, id.as_str()).await?;
        for version in versions.iter().filter(|version| is_of(version, task.owner)) {
            let number = version::number(version).to_string();
            version::delete(&self.fc, id.as_str(), &number).await?;
        }
        Ok(())
    }

    async fn act(&self, action: &str, on: &Record, args: &Json) -> Result<Json, ProviderError> {
        let layer = on.remote.as_ref().map_or("", RemoteId::as_str);
        let mut args = args.clone();
        if args.get("version").is_none() {
            // Without a word it is the version that is remembered.
            let remembered = on.outputs.get("version").map(Json::to_string);
            args["version"] = remembered.unwrap_or_else(|| "latest".to_owned()).into();
        }
        let args = &args;
        fc_layer_act::act(&self.fc, layer, (action, args)).await
    }
}

/// Whether a version carries this mark.
fn is_of(version: &Object, owner: &str) -> bool {
    let written = text(version, "description").unwrap_or_default();
    mark::split(written).1 == Some(owner)
}

fn is_wanted(version: &Object, task: &Task<'_>) -> bool {
    let checksum = task.attrs.get("code").and_then(|code| code.get("checksum"));
    version.get("codeChecksum") == checksum
        && text(version, "description") == Some(&description(task))
        && version.get("compatibleRuntime").unwrap_or(&json!([])) == &runtimes(task)
}

/// The description with the mark behind it.
fn description(task: &Task<'_>) -> String {
    mark::marked(
        text(task.attrs, "description").unwrap_or_default(),
        task.owner,
    )
}

fn runtimes(task: &Task<'_>) -> Json {
    let runtimes = task.attrs.get("compatibleRuntime");
    runtimes.cloned().unwrap_or_else(|| json!([]))
}

async fn body(fc: &Fc, task: &Task<'_>) -> Result<Json, ProviderError> {
    let code = task.attrs.get("code").unwrap_or(&Json::Null);
    let package = (
        text(task.attrs, "source"),
        code["checksum"].as_str().unwrap_or_default(),
    );
    let code = fc_code::sent(fc, KIND, package, code["size"].as_u64().unwrap_or_default()).await?;
    Ok(json!({
        "code": code,
        "compatibleRuntime": runtimes(task),
        "description": description(task),
    }))
}

fn made(layer: &str, version: &Object) -> Made {
    let mut outputs = Object::new();
    outputs.insert("layerName".into(), layer.into());
    for key in ["layerVersionArn", "version"] {
        let value = version.get(key).filter(|value| !value.is_null());
        outputs.extend(value.map(|value| (key.to_owned(), value.clone())));
    }
    Made {
        id: RemoteId::from(layer),
        outputs,
    }
}
