//! `fc.custom_domain`: a domain whose paths lead to functions, with all of its routes.
//!
//! The service has no tags for domains. One that is found without being remembered counts as made by whoever made the
//! function that its first route leads to.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, remote, touches};
use super::driver::Driver;
use super::fc_part::{as_text, text};
use super::{fc_shown, fc_tags};
use crate::provider::alibaba::fc::{Call, Fc};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{Exclusive, KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "fc.custom_domain";

/// Settings of the whole domain.
pub(super) const SETTINGS: [&str; 5] = [
    "protocol",
    "certConfig",
    "tlsConfig",
    "authConfig",
    "wafConfig",
];

/// Domains of one account in one region.
pub(in crate::provider::alibaba) struct FcDomain {
    fc: Fc,
}

impl FcDomain {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self { fc }
    }

    async fn check_ours(&self, there: &Object, task: &Task<'_>) -> Result<(), ProviderError> {
        let owner = owner(&self.fc, there).await?;
        // An earlier try made it with the routes that are wanted now.
        let same = Some(&*routes_of(there))
            == task
                .attrs
                .get("routes")
                .and_then(Json::as_array)
                .map(Vec::as_slice);
        if owner.as_deref() == Some(task.owner) || same || routes_of(there).is_empty() {
            return Ok(());
        }
        let name = text(task.attrs, "domainName").unwrap_or_default();
        let whose = owner.map_or_else(
            || "exists and was not made by sdev".to_owned(),
            |mark| format!("leads to a function of `{mark}`"),
        );
        let message = format!("domain `{name}` {whose}");
        let error = ProviderError::new(ErrorKind::Conflict, "CreateCustomDomain", message);
        Err(error.with_hint("choose another domain, or take it over: sdev deploy --adopt"))
    }
}

#[async_trait]
impl Driver for FcDomain {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let mut spec = KindSpec::new(&["domainName", "region"], &["domainName", "url"]);
        spec.identity.extend(["domainName".into(), "region".into()]);
        // Both are one domain in the cloud.
        spec.exclusive = vec![Exclusive::other(
            "fc.route",
            true,
            &["domainName", "region"],
        )];
        spec.defaults = defaults();
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "domainName")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let Some(mut shown) = get(&self.fc, id.as_str()).await? else {
            return Ok(None);
        };
        let owner = match known {
            Some(_) => None,
            None => owner(&self.fc, &shown).await?,
        };
        shown.insert("routes".into(), routes_of(&shown).into());
        let names = SETTINGS.into_iter().chain(["routes"]);
        let mut attrs = fc_shown::attributes(shown, names, &self.spec(), known);
        attrs.insert("domainName".into(), id.as_str().into());
        Ok(Some(Seen { attrs, owner }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let body = body(task.attrs, &|_| true);
        match get(&self.fc, id.as_str()).await? {
            Some(there) => {
                self.check_ours(&there, task).await?;
                put(&self.fc, id.as_str(), body).await?;
            }
            None => add(&self.fc, id.as_str(), body).await?,
        }
        Ok(made(&self.fc, &id))
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let mut body = body(task.attrs, &|name| touches(task, name));
        for name in SETTINGS.into_iter().filter(|name| touches(task, name)) {
            let default = defaults().remove(name);
            body.entry(name).or_insert(default.unwrap_or_default());
        }
        if !body.is_empty() {
            put(&self.fc, id.as_str(), body).await?;
        }
        Ok(made(&self.fc, &id))
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        drop_domain(&self.fc, id.as_str()).await
    }
}

/// What absent settings are.
pub(super) fn defaults() -> Object {
    let defaults = json!({
        "protocol": "HTTP", "certConfig": {}, "tlsConfig": {}, "authConfig": {}, "wafConfig": {},
    });
    defaults.as_object().cloned().unwrap_or_default()
}

fn body(attrs: &Object, chosen: &dyn Fn(&str) -> bool) -> Object {
    let mut body = settings(attrs, chosen);
    if let Some(routes) = attrs.get("routes").filter(|_| chosen("routes")) {
        body.insert("routeConfig".into(), json!({ "routes": routes }));
    }
    body
}

/// The settings of the domain among these attributes.
pub(super) fn settings(attrs: &Object, chosen: &dyn Fn(&str) -> bool) -> Object {
    let chosen = SETTINGS.into_iter().filter(|name| chosen(name));
    let present = chosen.filter_map(|name| Some((name, attrs.get(name)?)));
    present
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), as_text(value.clone(), "authInfo")))
        .collect()
}

/// The domain as the service shows it.
pub(super) async fn get(fc: &Fc, domain: &str) -> Result<Option<Object>, ProviderError> {
    fc.find(&Call::get("GetCustomDomain", &["custom-domains", domain]))
        .await
}

pub(super) async fn put(fc: &Fc, domain: &str, body: Object) -> Result<(), ProviderError> {
    let path = ["custom-domains", domain];
    let call = Call::put("UpdateCustomDomain", &path, Json::Object(body));
    fc.send(&call).await.map(drop)
}

pub(super) async fn add(fc: &Fc, domain: &str, mut body: Object) -> Result<(), ProviderError> {
    body.insert("domainName".into(), domain.into());
    body.entry("protocol").or_insert_with(|| "HTTP".into());
    let call = Call::post(
        "CreateCustomDomain",
        &["custom-domains"],
        Json::Object(body),
    );
    fc.send(&call).await.map(drop)
}

pub(super) async fn drop_domain(fc: &Fc, domain: &str) -> Result<(), ProviderError> {
    let call = Call::delete("DeleteCustomDomain", &["custom-domains", domain]);
    fc.remove(&call).await
}

/// The routes of a domain that is shown, without what the service leaves empty in them.
pub(super) fn routes_of(shown: &Object) -> Vec<Json> {
    let routes = shown
        .get("routeConfig")
        .and_then(|config| config.get("routes"));
    let routes = routes.and_then(Json::as_array).cloned().unwrap_or_default();
    routes
        .into_iter()
        .map(|mut route| {
            if let Some(fields) = route.as_object_mut() {
                fields.retain(|_, value| !fc_shown::is_empty(value));
                fields
                    .entry("qualifier")
                    .or_insert_with(|| super::fc_part::LATEST.into());
            }
            route
        })
        .collect()
}

/// Whose the function is that the first route leads to.
async fn owner(fc: &Fc, shown: &Object) -> Result<Option<String>, ProviderError> {
    let routes = routes_of(shown);
    let first = routes
        .first()
        .and_then(|route| route.get("functionName")?.as_str());
    match first {
        Some(function) => fc_tags::owner(fc, function).await,
        None => Ok(None),
    }
}

fn made(fc: &Fc, id: &RemoteId) -> Made {
    let mut outputs = Object::new();
    outputs.insert("domainName".into(), id.as_str().into());
    outputs.insert("url".into(), fc.target().domain_url(id.as_str()).into());
    Made {
        id: id.clone(),
        outputs,
    }
}
