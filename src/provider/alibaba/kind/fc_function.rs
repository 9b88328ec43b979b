//! `fc.function`: a function with its code and its configuration.

use async_trait::async_trait;
use http::Method;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, remote, touches};
use super::driver::{Driver, OWNER_TAG};
use super::fc_part::text;
use super::patience::Patience;
use super::{fc_act, fc_code, fc_shown, fc_tags};
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task, Tell};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

pub(super) const KIND: &str = "fc.function";

/// Attributes that go into requests as they are.
const CONFIG: &[&str] = &[
    "cpu",
    "customContainerConfig",
    "customDNS",
    "customRuntimeConfig",
    "description",
    "disableOndemand",
    "diskSize",
    "enableLongLiving",
    "environmentVariables",
    "gpuConfig",
    "handler",
    "idleTimeout",
    "instanceConcurrency",
    "instanceIsolationMode",
    "instanceLifecycleConfig",
    "internetAccess",
    "layers",
    "logConfig",
    "memorySize",
    "nasConfig",
    "ossMountConfig",
    "role",
    "runtime",
    "sessionAffinity",
    "sessionAffinityConfig",
    "timeout",
    "tracingConfig",
    "vpcConfig",
];

/// The output that is another one after each change of code or configuration, so that versions can follow.
const REVISION: &str = "revision";
/// The attribute that says that versions are published. The service does not hear of it.
const PUBLISHED: &str = "published";

/// What an absent attribute is, for comparison, and what is sent to make it so. Blocks are emptied with the fields that the
/// original component sends.
fn unset() -> Object {
    let unset = json!({
        "customDNS": {},
        "description": "",
        "environmentVariables": {},
        "instanceLifecycleConfig": {},
        "internetAccess": true,
        "layers": [],
        "logConfig": {},
        "nasConfig": {},
        "ossMountConfig": {},
        "role": "",
        "tags": {},
        "timeout": 3,
        "tracingConfig": {},
        "vpcConfig": {},
    });
    unset.as_object().cloned().unwrap_or_default()
}

fn emptied(name: &str) -> Json {
    match name {
        "logConfig" => json!({ "project": "", "logstore": "" }),
        "nasConfig" | "ossMountConfig" => json!({ "mountPoints": [] }),
        "vpcConfig" => json!({ "vpcId": "", "vSwitchIds": [], "securityGroupId": "" }),
        _ => unset().remove(name).unwrap_or_default(),
    }
}

/// Functions of one account in one region.
pub(in crate::provider::alibaba) struct FcFunction {
    fc: Fc,
}

impl FcFunction {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self { fc }
    }

    async fn get(&self, name: &str) -> Result<Option<Object>, ProviderError> {
        let call = Call::get("GetFunction", &["functions", name]);
        self.fc.find(&call).await
    }

    /// What an earlier try of this creation made, or an error when it is somebody else's.
    async fn check_ours(&self, name: &str, owner: &str) -> Result<Option<Object>, ProviderError> {
        let Some(shown) = self.get(name).await? else {
            return Ok(None);
        };
        let conflict = |message| ProviderError::new(ErrorKind::Conflict, "CreateFunction", message);
        match fc_tags::of(&self.fc, &shown)
            .await?
            .get(OWNER_TAG)
            .and_then(Json::as_str)
        {
            Some(mark) if mark == owner => Ok(Some(shown)),
            Some(mark) => Err(conflict(format!("function `{name}` belongs to `{mark}`"))
                .with_hint("choose another name, or remove that application first")),
            None => Err(
                conflict(format!("function `{name}` exists and was not made by sdev"))
                    .with_hint("choose another name, or take it over: sdev deploy --adopt"),
            ),
        }
    }

    /// Waits until the last change is in force; fails when it cannot be.
    async fn settled(&self, name: &str, tell: &dyn Tell) -> Result<Object, ProviderError> {
        let shown = self.idle(name, tell).await?;
        let failed = |key| text(&shown, key) == Some("Failed");
        if failed("state") || failed("lastUpdateStatus") {
            let reasons = ["lastUpdateStatusReason", "stateReason"];
            let mut reasons = reasons.iter().filter_map(|key| text(&shown, key));
            let why = reasons.find(|why| !why.is_empty()).unwrap_or_default();
            let message = format!("function `{name}` could not be brought up: {why}");
            return Err(failure(ErrorKind::Invalid, message));
        }
        Ok(shown)
    }

    /// Waits until no change is under way. The last may have failed: the next is what mends it.
    async fn idle(&self, name: &str, tell: &dyn Tell) -> Result<Object, ProviderError> {
        let mut patience = Patience::begin();
        loop {
            let shown = self.get(name).await?.ok_or_else(|| {
                failure(
                    ErrorKind::NotFound,
                    format!("function `{name}` has vanished"),
                )
            })?;
            let is_idle = text(&shown, "lastUpdateStatus") != Some("InProgress");
            if is_idle && text(&shown, "state") != Some("Pending") {
                return Ok(shown);
            }
            let what = format!("function {name} is being changed");
            patience.pause(KIND, &what, tell).await?;
        }
    }

    async fn put(&self, name: &str, body: Object) -> Result<(), ProviderError> {
        if body.is_empty() {
            return Ok(());
        }
        let call = Call::new("UpdateFunction", Method::PUT, &["functions", name]);
        self.fc.send(&call.with(Json::Object(body))).await.map(drop)
    }
}

#[async_trait]
impl Driver for FcFunction {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let immutable = ["functionName", "region", "resourceGroupId"];
        let outputs = [
            "functionArn",
            "functionId",
            "functionName",
            "codeChecksum",
            REVISION,
        ];
        let mut spec = KindSpec::new(&immutable, &outputs);
        spec.renew(&["codeChecksum"], &["code"]);
        spec.renew(&[REVISION], &[CONFIG, &["code", PUBLISHED]].concat());
        spec.identity
            .extend(["functionName".into(), "region".into()]);
        spec.items.insert("files".into());
        spec.local
            .extend(fc_code::LOCAL.iter().map(|&name| name.to_owned()));
        spec.defaults = unset();
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "functionName")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let Some(shown) = self.get(id.as_str()).await? else {
            return Ok(None);
        };
        let mut tags = fc_tags::of(&self.fc, &shown).await?;
        let owner = tags.remove(OWNER_TAG);
        let code = fc_code::shown(&shown, known);
        let config = plain(shown);
        let mut attrs = fc_shown::attributes(config, CONFIG.iter().copied(), &self.spec(), known);
        attrs.insert("functionName".into(), id.as_str().into());
        attrs.insert("tags".into(), Json::Object(tags));
        attrs.extend(code);
        let owner = owner.and_then(|mark| mark.as_str().map(str::to_owned));
        Ok(Some(Seen { attrs, owner }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let name = name(task)?;
        let tags = tags(task);
        let mut body = body(task.attrs, &|name| task.attrs.contains_key(name));
        if let Some(there) = self.check_ours(name, task.owner).await? {
            body.extend(fc_code::body(&self.fc, task, &there).await?);
            self.idle(name, task.tell).await?;
            self.put(name, body).await?;
            fc_tags::sync(&self.fc, &there, &tags).await?;
        } else {
            body.extend(fc_code::body(&self.fc, task, &Object::new()).await?);
            body.insert("functionName".into(), name.into());
            if let Some(group) = task.attrs.get("resourceGroupId") {
                body.insert("resourceGroupId".into(), group.clone());
            }
            let tags = tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v }));
            body.insert("tags".into(), tags.collect());
            let call = Call::post("CreateFunction", &["functions"], Json::Object(body));
            self.fc.send(&call).await?;
        }
        Ok(made(
            name,
            &self.settled(name, task.tell).await?,
            task.token,
        ))
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let name = name(task)?;
        let there = self.idle(name, task.tell).await?;
        let mut body = body(task.attrs, &|name| touches(task, name));
        if touches(task, "code") {
            body.extend(fc_code::body(&self.fc, task, &there).await?);
        }
        self.put(name, body).await?;
        fc_tags::sync(&self.fc, &there, &tags(task)).await?;
        let shown = self.settled(name, task.tell).await?;
        Ok(made(name, &shown, revision(task)))
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let call = Call::delete("DeleteFunction", &["functions", id.as_str()]);
        self.fc.remove(&call).await
    }

    async fn act(&self, action: &str, on: &Record, args: &Json) -> Result<Json, ProviderError> {
        let id = on.remote.clone().or_else(|| self.identity(&on.attrs));
        let id = id.ok_or_else(|| {
            let message = "the function has no name yet";
            ProviderError::new(ErrorKind::Unsupported, action, message)
        })?;
        fc_act::act(&self.fc, id.as_str(), on, (action, args)).await
    }
}

/// The configuration to send: the attributes chosen, an absent one as its empty value.
fn body(attrs: &Object, chosen: &dyn Fn(&str) -> bool) -> Object {
    let mut body = Object::new();
    for name in CONFIG.iter().copied().filter(|name| chosen(name)) {
        let value = match attrs.get(name).filter(|value| !value.is_null()) {
            Some(value) => value.clone(),
            None => emptied(name),
        };
        let value = match value {
            Json::Null => continue,
            map @ Json::Object(_) if name == "sessionAffinityConfig" => map.to_string().into(),
            value => value,
        };
        body.insert(name.to_owned(), value);
    }
    body
}

/// What is shown, with layers as they are asked for: replies hold objects.
fn plain(mut shown: Object) -> Object {
    if let Some(Json::Array(layers)) = shown.get_mut("layers") {
        for layer in layers {
            if let Some(arn) = layer.get("arn").cloned() {
                *layer = arn;
            }
        }
    }
    shown
}

/// The tags wanted, our mark among them.
fn tags(task: &Task<'_>) -> Object {
    let mut tags = task
        .attrs
        .get("tags")
        .and_then(Json::as_object)
        .cloned()
        .unwrap_or_default();
    tags.insert(OWNER_TAG.into(), task.owner.into());
    tags
}

fn name<'a>(task: &'a Task<'_>) -> Result<&'a str, ProviderError> {
    let name = task.attrs.get("functionName").and_then(Json::as_str);
    name.ok_or_else(|| failure(ErrorKind::Invalid, "it has no functionName".into()))
}

/// The revision after a change: the same only when nothing but tags changed.
fn revision<'a>(task: &Task<'a>) -> &'a str {
    let is_tag = |path: &[String]| path.first().is_some_and(|name| name == "tags");
    let is_beside = !task.diff.is_empty() && task.diff.iter().all(|diff| is_tag(&diff.path));
    let before = task
        .record
        .and_then(|record| text(&record.outputs, REVISION));
    before.filter(|_| is_beside).unwrap_or(task.token)
}

fn made(name: &str, shown: &Object, revision: &str) -> Made {
    let mut outputs = Object::new();
    outputs.insert(REVISION.into(), revision.into());
    for key in ["functionArn", "functionId", "codeChecksum"] {
        let value = shown.get(key).filter(|value| !value.is_null());
        outputs.extend(value.map(|value| (key.to_owned(), value.clone())));
    }
    outputs.insert("functionName".into(), name.into());
    Made {
        id: RemoteId::from(name),
        outputs,
    }
}

fn failure(kind: ErrorKind, message: String) -> ProviderError {
    ProviderError::new(kind, KIND, message)
}
