//! Settings of a function that the service keeps apart from it, each as one document that is put, read and deleted:
//! `fc.async_config`, `fc.concurrency`, `fc.provision`, `fc.scaling`.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::remote;
use super::driver::Driver;
use super::fc_part::{LATEST, Part};
use super::fc_rules::{as_written, wanted_by_rules};
use super::fc_shown;
use super::patience::Patience;
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

/// How one of the settings is spoken of.
pub(in crate::provider::alibaba) struct Document {
    pub(super) kind: &'static str,
    /// Actions that read, put and delete it.
    pub(super) actions: [&'static str; 3],
    path: &'static str,
    /// The action that lists those of a function, its path, and the list in its reply.
    pub(super) list: [&'static str; 3],
    /// Whether each version and alias has its own.
    by_qualifier: bool,
    fields: &'static [&'static str],
    /// Fields that are all absent or zero when nothing is set: the service may show that instead of saying that it is not there.
    telling: &'static [&'static str],
    /// The instances wanted and those that are there, for settings that are in force only later.
    counts: Option<(&'static [&'static str], &'static str)>,
}

const ASYNC: Document = Document {
    kind: "fc.async_config",
    actions: [
        "GetAsyncInvokeConfig",
        "PutAsyncInvokeConfig",
        "DeleteAsyncInvokeConfig",
    ],
    path: "async-invoke-config",
    list: ["ListAsyncInvokeConfigs", "async-invoke-configs", "configs"],
    by_qualifier: true,
    fields: &[
        "asyncTask",
        "maxAsyncEventAgeInSeconds",
        "maxAsyncRetryAttempts",
        "destinationConfig",
    ],
    telling: &[],
    counts: None,
};

const CONCURRENCY: Document = Document {
    kind: "fc.concurrency",
    actions: [
        "GetConcurrencyConfig",
        "PutConcurrencyConfig",
        "DeleteConcurrencyConfig",
    ],
    path: "concurrency",
    list: ["ListConcurrencyConfigs", "concurrency-configs", "configs"],
    by_qualifier: false,
    fields: &["reservedConcurrency"],
    telling: &[],
    counts: None,
};

const PROVISION: Document = Document {
    kind: "fc.provision",
    actions: [
        "GetProvisionConfig",
        "PutProvisionConfig",
        "DeleteProvisionConfig",
    ],
    path: "provision-config",
    list: [
        "ListProvisionConfigs",
        "provision-configs",
        "provisionConfigs",
    ],
    by_qualifier: true,
    fields: &[
        "target",
        "defaultTarget",
        "alwaysAllocateCPU",
        "alwaysAllocateGPU",
        "scheduledActions",
        "targetTrackingPolicies",
    ],
    telling: &[
        "target",
        "defaultTarget",
        "scheduledActions",
        "targetTrackingPolicies",
    ],
    counts: Some((&["target", "defaultTarget"], "current")),
};

const SCALING: Document = Document {
    kind: "fc.scaling",
    actions: [
        "GetScalingConfig",
        "PutScalingConfig",
        "DeleteScalingConfig",
    ],
    path: "scaling-config",
    list: ["ListScalingConfigs", "scaling-configs", "scalingConfigs"],
    by_qualifier: true,
    fields: &[
        "minInstances",
        "residentPoolId",
        "horizontalScalingPolicies",
        "scheduledPolicies",
        "enableMixMode",
        "enableOnDemandScaling",
        "requestDispatchPolicy",
    ],
    telling: &[
        "minInstances",
        "horizontalScalingPolicies",
        "scheduledPolicies",
    ],
    counts: Some((&["minInstances"], "currentInstances")),
};

/// One of the settings of functions.
pub(in crate::provider::alibaba) struct FcSetting {
    pub(super) fc: Fc,
    pub(super) document: Document,
}

impl FcSetting {
    /// All of them.
    pub(in crate::provider::alibaba) fn all(fc: &Fc) -> [Self; 4] {
        [ASYNC, CONCURRENCY, PROVISION, SCALING].map(|document| Self {
            fc: fc.clone(),
            document,
        })
    }

    pub(super) fn call(&self, of: impl Fn(&[&str]) -> Call, part: Part<'_>) -> Call {
        let call = of(&["functions", part.function, self.document.path]);
        if self.document.by_qualifier && part.name != LATEST {
            call.param("qualifier", part.name)
        } else {
            call
        }
    }

    pub(super) async fn get(&self, part: Part<'_>) -> Result<Option<Object>, ProviderError> {
        let [read, _, _] = self.document.actions;
        let found = self
            .fc
            .find(&self.call(|path| Call::get(read, path), part))
            .await?;
        Ok(found.filter(|shown| self.is_set(shown)))
    }

    pub(super) fn is_set(&self, shown: &Object) -> bool {
        let says = |name: &&str| match shown.get(*name) {
            Some(Json::Number(number)) => number.as_f64() != Some(0.0),
            Some(value) => !fc_shown::is_empty(value),
            None => false,
        };
        let fields = self.document.fields;
        let telling = self.document.telling;
        telling.iter().any(says)
            || telling.is_empty() && fields.iter().any(|f| shown.contains_key(*f))
    }

    /// Waits for the instances, unless `mode` says that nobody does.
    async fn wait(&self, part: Part<'_>, task: &Task<'_>) -> Result<(), ProviderError> {
        let Some((wanted, there)) = self.document.counts else {
            return Ok(());
        };
        let mode = task
            .attrs
            .get("mode")
            .and_then(Json::as_str)
            .unwrap_or("sync");
        if mode != "sync" {
            return Ok(());
        }
        let wanted = wanted
            .iter()
            .find_map(|name| task.attrs.get(*name)?.as_i64());
        let mut patience = Patience::begin();
        loop {
            let shown = self.get(part).await?.unwrap_or_default();
            if let Some(why) = shown
                .get("currentError")
                .and_then(Json::as_str)
                .filter(|w| !w.is_empty())
            {
                let message = format!("instances of `{}` do not start: {why}", part.function);
                return Err(ProviderError::new(
                    ErrorKind::Unstarted,
                    self.document.kind,
                    message,
                ));
            }
            let now = shown.get(there).and_then(Json::as_i64);
            // Rules may want more than the number that is written, or fewer.
            let (Some(wanted), Some(now)) = (wanted_by_rules(&shown).or(wanted), now) else {
                return Ok(());
            };
            if now >= wanted {
                return Ok(());
            }
            let what = format!("{now} of {wanted} instances of {} are there", part.function);
            patience.pause(self.document.kind, &what, task.tell).await?;
        }
    }

    async fn put(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let part = Part::of(self.document.kind, &id)?;
        let fields = self.document.fields.iter();
        let body: Object = fields
            .filter_map(|name| Some(((*name).to_owned(), task.attrs.get(*name)?.clone())))
            .collect();
        let [_, action, _] = self.document.actions;
        let body = Json::Object(body);
        let call = self.call(|path| Call::put(action, path, body.clone()), part);
        self.fc.send(&call).await?;
        self.wait(part, task).await?;
        Ok(Made {
            id,
            outputs: Object::new(),
        })
    }
}

#[async_trait]
impl Driver for FcSetting {
    fn name(&self) -> &'static str {
        self.document.kind
    }

    fn spec(&self) -> KindSpec {
        let mut spec = KindSpec::new(&["functionName", "qualifier"], &[]);
        spec.identity.insert("functionName".into());
        if self.document.by_qualifier {
            spec.identity.insert("qualifier".into());
        }
        spec.contained = true;
        spec.local.insert("mode".into());
        spec.defaults.insert("qualifier".into(), LATEST.into());
        for list in [
            "scheduledActions",
            "targetTrackingPolicies",
            "horizontalScalingPolicies",
            "scheduledPolicies",
        ] {
            if self.document.fields.contains(&list) {
                spec.defaults.insert(list.into(), json!([]));
            }
        }
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        Part::id(attrs, "qualifier")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let part = Part::of(self.document.kind, id)?;
        let Some(shown) = self.get(part).await? else {
            return Ok(None);
        };
        let fields = self.document.fields.iter().copied();
        let mut attrs = fc_shown::attributes(as_written(shown), fields, &self.spec(), known);
        attrs.insert("functionName".into(), part.function.into());
        attrs.insert("qualifier".into(), part.name.into());
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
        let part = Part::of(self.document.kind, &id)?;
        let [_, _, action] = self.document.actions;
        self.fc
            .remove(&self.call(|path| Call::delete(action, path), part))
            .await
    }
}
