//! `fc.trigger`: what calls a function. It lies inside its function and carries no mark of its own.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::attrs::{remote, touches};
use super::driver::Driver;
use super::fc_part::{Part, as_text, text};
use super::fc_shown;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{Exclusive, KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "fc.trigger";
const FIXED: [&str; 4] = ["functionName", "triggerName", "triggerType", "sourceArn"];
const CHANGEABLE: [&str; 4] = [
    "triggerConfig",
    "qualifier",
    "description",
    "invocationRole",
];

/// Triggers of functions.
pub(in crate::provider::alibaba) struct FcTrigger {
    fc: Fc,
}

impl FcTrigger {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self { fc }
    }

    async fn get(&self, part: Part<'_>) -> Result<Option<Object>, ProviderError> {
        let path = ["functions", part.function, "triggers", part.name];
        self.fc.find(&Call::get("GetTrigger", &path)).await
    }

    async fn put(&self, part: Part<'_>, body: Object) -> Result<Object, ProviderError> {
        let path = ["functions", part.function, "triggers", part.name];
        let call = Call::put("UpdateTrigger", &path, Json::Object(body));
        self.fc.send(&call).await
    }

    /// Changes what an earlier try made, or what another made under this name in a function of ours.
    async fn take(
        &self,
        part: Part<'_>,
        there: &Object,
        task: &Task<'_>,
    ) -> Result<Object, ProviderError> {
        let differs = |name: &&str| {
            let value = |of: &Object| text(of, name).unwrap_or_default().to_owned();
            value(there) != value(task.attrs)
        };
        if let Some(name) = ["triggerType", "sourceArn"]
            .iter()
            .find(|name| differs(name))
        {
            let message = format!(
                "function `{}` has a trigger `{}` with another {name}",
                part.function, part.name
            );
            let hint = "choose another name, or delete that trigger first";
            let error = ProviderError::new(ErrorKind::Conflict, "CreateTrigger", message);
            return Err(error.with_hint(hint));
        }
        self.put(part, body(task.attrs, CHANGEABLE)).await
    }
}

#[async_trait]
impl Driver for FcTrigger {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let outputs = [
            "triggerName",
            "triggerId",
            "triggerType",
            "urlInternet",
            "urlIntranet",
        ];
        let mut spec = KindSpec::new(&FIXED, &outputs);
        spec.identity
            .extend(["functionName".into(), "triggerName".into()]);
        // The service takes one HTTP trigger of a version, and refuses two that meet in a bucket.
        spec.exclusive = vec![
            Exclusive::same(("triggerType", "http"), &["functionName", "qualifier"]),
            Exclusive::same(("triggerType", "oss"), &["sourceArn"]),
        ];
        spec.contained = true;
        spec.renew(&["urlInternet", "urlIntranet"], &["qualifier"]);
        spec.defaults.insert("qualifier".into(), "LATEST".into());
        for name in ["description", "sourceArn", "invocationRole"] {
            spec.defaults.insert(name.into(), "".into());
        }
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        Part::id(attrs, "triggerName")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let part = Part::of(KIND, id)?;
        let Some(mut shown) = self.get(part).await? else {
            return Ok(None);
        };
        if let Some(Json::String(config)) = shown.get("triggerConfig")
            && let Ok(config @ Json::Object(_)) = serde_json::from_str(config)
        {
            shown.insert("triggerConfig".into(), config);
        }
        let names = FIXED.into_iter().chain(CHANGEABLE);
        let mut attrs = fc_shown::attributes(shown, names, &self.spec(), known);
        attrs.insert("functionName".into(), part.function.into());
        attrs.insert("triggerName".into(), part.name.into());
        Ok(Some(Seen { attrs, owner: None }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let part = Part::of(KIND, &id)?;
        let made = if let Some(there) = self.get(part).await? {
            self.take(part, &there, task).await?
        } else {
            let mut body = body(task.attrs, FIXED.into_iter().chain(CHANGEABLE));
            body.remove("functionName");
            let path = ["functions", part.function, "triggers"];
            let call = Call::post("CreateTrigger", &path, Json::Object(body));
            self.fc.send(&call).await?
        };
        Ok(result(&id, &made))
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let part = Part::of(KIND, &id)?;
        let changed = CHANGEABLE.into_iter().filter(|name| touches(task, name));
        let mut body = body(task.attrs, changed.clone());
        for name in changed.filter(|name| !task.attrs.contains_key(*name)) {
            let default = self.spec().defaults.remove(name);
            body.insert(name.to_owned(), default.unwrap_or_default());
        }
        let made = if body.is_empty() {
            self.get(part).await?.unwrap_or_default()
        } else {
            self.put(part, body).await?
        };
        Ok(result(&id, &made))
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let part = Part::of(KIND, &id)?;
        let path = ["functions", part.function, "triggers", part.name];
        self.fc.remove(&Call::delete("DeleteTrigger", &path)).await
    }
}

/// These attributes as the service takes them: a trigger's settings are a text of JSON.
fn body<'n>(attrs: &Object, names: impl IntoIterator<Item = &'n str>) -> Object {
    let mut body = Object::new();
    for name in names {
        let value = match attrs.get(name) {
            None | Some(Json::Null) => continue,
            Some(config) if name == "triggerConfig" => {
                as_text(config.clone(), "authConfig").to_string().into()
            }
            Some(value) => value.clone(),
        };
        body.insert(name.to_owned(), value);
    }
    body
}

fn result(id: &RemoteId, shown: &Object) -> Made {
    let mut outputs = Object::new();
    let mut tell = |name: &str, value: Option<&Json>| {
        let value = value.filter(|value| !value.is_null());
        outputs.extend(value.map(|value| (name.to_owned(), value.clone())));
    };
    for name in ["triggerName", "triggerId", "triggerType"] {
        tell(name, shown.get(name));
    }
    let http = shown.get("httpTrigger");
    for name in ["urlInternet", "urlIntranet"] {
        tell(name, http.and_then(|http| http.get(name)));
    }
    Made {
        id: id.clone(),
        outputs,
    }
}
