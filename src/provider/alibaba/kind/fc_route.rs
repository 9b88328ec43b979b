//! `fc.route`: one path of a domain that leads to a function; other paths of the domain may be somebody else's.
//!
//! The domain is made with its first route and goes with its last. A route carries no mark: it counts as made by whoever made
//! the function that it leads to.

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use super::attrs::{remote, touches};
use super::driver::Driver;
use super::fc_domain::{self, SETTINGS, routes_of, settings};
use super::fc_part::{LATEST, text};
use super::{fc_shown, fc_tags};
use crate::provider::alibaba::fc::Fc;
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{Exclusive, KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "fc.route";
const FIELDS: [&str; 4] = ["functionName", "qualifier", "methods", "rewriteConfig"];

/// Routes of domains of one account in one region.
pub(in crate::provider::alibaba) struct FcRoute {
    fc: Fc,
    /// The service knows a domain's routes as one list only: who changes it must have read it since the last change.
    turn: Mutex<()>,
}

/// A domain and a path, which begins with a slash.
#[derive(Clone, Copy)]
struct Place<'a> {
    domain: &'a str,
    path: &'a str,
}

impl<'a> Place<'a> {
    fn of(id: &'a RemoteId) -> Result<Self, ProviderError> {
        let text = id.as_str();
        let at = text.find('/').ok_or_else(|| {
            let message = format!("`{id}` is not a domain and a path");
            ProviderError::new(ErrorKind::Invalid, KIND, message)
        })?;
        Ok(Self {
            domain: &text[..at],
            path: &text[at..],
        })
    }

    fn is_of(self, route: &Json) -> bool {
        route.get("path").and_then(Json::as_str) == Some(self.path)
    }
}

impl FcRoute {
    pub(in crate::provider::alibaba) fn new(fc: Fc) -> Self {
        Self {
            fc,
            turn: Mutex::new(()),
        }
    }

    /// Puts the route among those of the domain, which is made if it is not there.
    async fn put(&self, task: &Task<'_>, changed: Object) -> Result<Made, ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let place = Place::of(&id)?;
        let _turn = self.turn.lock().await;
        let there = fc_domain::get(&self.fc, place.domain).await?;
        let mut routes = there.as_ref().map(routes_of).unwrap_or_default();
        let route = route(task.attrs, place.path);
        match routes.iter_mut().find(|route| place.is_of(route)) {
            Some(old) => {
                self.check_ours(old, &route, task).await?;
                *old = route;
            }
            None => routes.push(route),
        }
        let mut body = changed;
        body.insert("routeConfig".into(), json!({ "routes": routes }));
        match there {
            Some(_) => fc_domain::put(&self.fc, place.domain, body).await?,
            None => fc_domain::add(&self.fc, place.domain, body).await?,
        }
        Ok(self.made(&id, place))
    }

    /// A route may be changed when it leads to the function wanted, or to another of this application, or to one that it led to
    /// before.
    async fn check_ours(
        &self,
        old: &Json,
        new: &Json,
        task: &Task<'_>,
    ) -> Result<(), ProviderError> {
        let function = |route: &Json| {
            route
                .get("functionName")
                .and_then(Json::as_str)
                .map(str::to_owned)
        };
        let (old, new) = (function(old), function(new));
        let before = task
            .record
            .and_then(|record| text(&record.attrs, "functionName"));
        let Some(old) = old.filter(|old| Some(old) != new.as_ref() && Some(old.as_str()) != before)
        else {
            return Ok(());
        };
        if fc_tags::owner(&self.fc, &old).await?.as_deref() == Some(task.owner) {
            return Ok(());
        }
        let message = format!("that path leads to function `{old}`, which is not this project's");
        let error = ProviderError::new(ErrorKind::Conflict, "UpdateCustomDomain", message);
        Err(error.with_hint("choose another path, or take it over: sdev deploy --adopt"))
    }

    fn made(&self, id: &RemoteId, place: Place<'_>) -> Made {
        let mut outputs = Object::new();
        let base = self.fc.target().domain_url(place.domain);
        let path = place.path.trim_start_matches('/').trim_end_matches('*');
        outputs.insert("domainName".into(), place.domain.into());
        outputs.insert("url".into(), format!("{base}{path}").into());
        Made {
            id: id.clone(),
            outputs,
        }
    }
}

#[async_trait]
impl Driver for FcRoute {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let mut spec = KindSpec::new(&["domainName", "region", "path"], &["domainName", "url"]);
        let identity = ["domainName", "region", "path"];
        spec.identity.extend(identity.map(str::to_owned));
        // Both are one domain in the cloud.
        spec.exclusive = vec![Exclusive::other(
            "fc.custom_domain",
            false,
            &["domainName", "region"],
        )];
        spec.defaults = fc_domain::defaults();
        spec.defaults.insert("qualifier".into(), LATEST.into());
        spec.defaults.insert("methods".into(), json!([]));
        spec.defaults.insert("rewriteConfig".into(), json!({}));
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        let (domain, path) = (text(attrs, "domainName")?, text(attrs, "path")?);
        Some(RemoteId::new(format!("{domain}{path}")))
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let place = Place::of(id)?;
        let Some(mut shown) = fc_domain::get(&self.fc, place.domain).await? else {
            return Ok(None);
        };
        let route = routes_of(&shown)
            .into_iter()
            .find(|route| place.is_of(route));
        let Some(Json::Object(route)) = route else {
            return Ok(None);
        };
        let function = text(&route, "functionName").unwrap_or_default().to_owned();
        let remembered = known.and_then(|record| text(&record.attrs, "functionName"));
        let owner = match remembered {
            Some(remembered) if remembered == function => None,
            _ => fc_tags::owner(&self.fc, &function).await?,
        };
        shown.extend(route);
        let names = SETTINGS.into_iter().chain(FIELDS);
        let mut attrs = fc_shown::attributes(shown, names, &self.spec(), known);
        attrs.insert("domainName".into(), place.domain.into());
        attrs.insert("path".into(), place.path.into());
        Ok(Some(Seen { attrs, owner }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        self.put(task, settings(task.attrs, &|_| true)).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let mut changed = settings(task.attrs, &|name| touches(task, name));
        for name in SETTINGS.into_iter().filter(|name| touches(task, name)) {
            let default = fc_domain::defaults().remove(name);
            changed.entry(name).or_insert(default.unwrap_or_default());
        }
        self.put(task, changed).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let place = Place::of(&id)?;
        let _turn = self.turn.lock().await;
        let Some(there) = fc_domain::get(&self.fc, place.domain).await? else {
            return Ok(());
        };
        let mut routes = routes_of(&there);
        let before = routes.len();
        routes.retain(|route| !place.is_of(route));
        match routes.len() {
            0 => fc_domain::drop_domain(&self.fc, place.domain).await,
            left if left == before => Ok(()),
            _ => {
                let body = json!({ "routeConfig": { "routes": routes } });
                let body = body.as_object().cloned().unwrap_or_default();
                fc_domain::put(&self.fc, place.domain, body).await
            }
        }
    }
}

fn route(attrs: &Object, path: &str) -> Json {
    let mut route = Object::new();
    route.insert("path".into(), path.into());
    for name in FIELDS {
        let value = attrs.get(name).filter(|value| !fc_shown::is_empty(value));
        route.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    route.entry("qualifier").or_insert_with(|| LATEST.into());
    Json::Object(route)
}
