//! The CDN's door: opens it, answers API calls and visitors, and keeps sites in step with the database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use http::StatusCode;
use hyper::Request;
use hyper::body::Incoming;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::body::Reply;
use crate::clock::Clock;
use crate::function::{CdnEvent, Functions};
use crate::oss::Oss;
use crate::rpc::{RpcCall, Verifier, error_reply, json_reply};
use crate::settings::Settings;
use crate::store::{Store, StoreError};

use super::domain::Domain;
use super::error::ApiError;
use super::origin::Origins;
use super::plane::Plane;
use super::site::Site;
use super::store::Config;
use super::{api, header_pass, preload, reply, store};

/// The CDN of a cloud.
pub(crate) struct Cdn(Arc<Room>);

/// What the API calls and the visitors share.
pub(super) struct Room {
    verifier: Verifier,
    pub(super) store: Store,
    pub(super) plane: Arc<Plane>,
    /// Those that hear of what happens at domains.
    pub(super) functions: Functions,
    /// Held by changes from the database to the sites, so that both change in one order.
    changing: tokio::sync::Mutex<()>,
    sites: RwLock<HashMap<String, Arc<Site>>>,
}

impl Cdn {
    /// Opens what the data folder holds. Blocks; to be called on a runtime's blocking thread.
    pub(crate) fn open(
        settings: &Settings,
        clock: Clock,
        store: Store,
        (oss, functions): (Oss, Functions),
    ) -> Result<Self, StoreError> {
        let (hearers, now_ms) = (functions.clone(), clock.now().as_millisecond());
        let job = move |db: &Connection| {
            let is_told = preload::end_interrupted(db, &hearers, now_ms)?;
            Ok::<_, StoreError>((compile_all(db)?, is_told))
        };
        let (sites, is_told) = Handle::current().block_on(store.write(job))?;
        if is_told {
            functions.heard();
        }
        Ok(Self(Arc::new(Room {
            verifier: Verifier::new(settings.account.clone(), clock.clone()),
            store,
            plane: Arc::new(Plane::new(clock, Origins::new(oss, functions.clone()))),
            functions,
            changing: tokio::sync::Mutex::default(),
            sites: RwLock::new(sites),
        })))
    }

    /// Answers an API call.
    pub(crate) async fn rpc(&self, call: RpcCall) -> Reply {
        let room = Arc::clone(&self.0);
        // A task of its own: a client who leaves must not stop a change between the database and the site.
        match tokio::spawn(async move { room.rpc(&call).await }).await {
            Ok(reply) => reply,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        }
    }

    /// Answers a visitor of an accelerated domain.
    pub(crate) async fn serve(&self, domain: &str, mut request: Request<Incoming>) -> Reply {
        header_pass::forwarded(&mut request);
        match self.0.site(domain) {
            Some(site) => self.0.plane.serve(&site, request).await,
            None => reply::refusal(StatusCode::NOT_FOUND, "no such domain\n"),
        }
    }

    /// Whether `host` is an accelerated domain of this cloud.
    pub(crate) fn knows(&self, host: &str) -> bool {
        self.0.read_sites().contains_key(host)
    }

    /// What the status says about this room.
    pub(crate) fn counts(&self) -> Value {
        let domains = self.0.read_sites().len();
        let (objects, bytes) = self.0.plane.memory.size();
        json!({"domains": domains, "cached_objects": objects, "cached_bytes": bytes})
    }

    /// Deletes every domain, setting, task and cached object.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        let room = &self.0;
        let _order = room.changing.lock().await;
        room.store.write(store::clear).await?;
        room.write_sites().clear();
        room.plane.clear();
        Ok(())
    }
}

impl Room {
    /// Changes domains in the database and then their sites. `job` names the domains that it changed.
    pub(super) async fn change<T, F>(&self, job: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<(T, Vec<String>), ApiError> + Send + 'static,
    {
        let _order = self.changing.lock().await;
        let changed = self.store.write(move |db| {
            let (answer, names) = job(db)?;
            let mut changed = Vec::new();
            for name in names {
                let domain = store::domain(db, &name)?;
                changed.push((domain, store::configs(db, &name)?, name));
            }
            Ok::<_, ApiError>((answer, changed))
        });
        let (answer, changed) = changed.await?;
        for (domain, configs, name) in changed {
            match domain {
                Some(domain) => self.put_site(&domain, &configs),
                None => self.drop_site(&name),
            }
        }
        Ok(answer)
    }

    /// Changes one domain; `job` names it, and what happened at it, which functions hear of in the same transaction.
    pub(super) async fn change_and_tell<F>(&self, job: F) -> Result<(), ApiError>
    where
        F: FnOnce(&Connection) -> Result<(String, Option<CdnEvent>), ApiError> + Send + 'static,
    {
        let functions = self.functions.clone();
        let job = move |db: &Connection| {
            let (name, event) = job(db)?;
            let is_told = functions.hear(db, event.as_slice())?;
            Ok((is_told, vec![name]))
        };
        if self.change(job).await? {
            self.functions.heard();
        }
        Ok(())
    }

    async fn rpc(self: &Arc<Self>, call: &RpcCall) -> Reply {
        if let Some(reply) = self.verifier.refuse(call) {
            return reply;
        }
        match api::answer(self, call).await {
            Ok(mut answer) => {
                answer["RequestId"] = json!(call.request_id);
                json_reply(StatusCode::OK, &answer)
            }
            Err(error) => {
                let (status, code) = error.answer();
                error_reply(status, code, &error.to_string(), &call.request_id)
            }
        }
    }

    /// The site of a domain.
    pub(super) fn site(&self, domain: &str) -> Option<Arc<Site>> {
        self.read_sites().get(domain).cloned()
    }

    fn put_site(&self, domain: &Domain, configs: &[Config]) {
        let site = Arc::new(Site::new(domain, configs));
        self.write_sites().insert(domain.name.clone(), site);
    }

    /// Stops serving a domain and forgets what is cached of it.
    fn drop_site(&self, name: &str) {
        self.write_sites().remove(name);
        self.plane.forget(name);
    }

    fn read_sites(&self) -> std::sync::RwLockReadGuard<'_, HashMap<String, Arc<Site>>> {
        self.sites.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_sites(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<String, Arc<Site>>> {
        self.sites.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compile_all(db: &Connection) -> Result<HashMap<String, Arc<Site>>, StoreError> {
    let mut sites = HashMap::new();
    for domain in store::domains(db)? {
        let configs = store::configs(db, &domain.name)?;
        let site = Site::new(&domain, &configs);
        sites.insert(domain.name, Arc::new(site));
    }
    Ok(sites)
}
