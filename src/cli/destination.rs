//! Access alias → where to apply: the local cloud, or the vendor's with its keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Global;
use super::local;
use super::machine::Machine;
use super::printer::Printer;
use crate::credential::{self, Credential, LOCAL};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::Destination;
use crate::manifest;
use crate::provider::Providers;
use crate::provider::alibaba::{Alibaba, BucketShelf, Target};
use crate::residence::{Address, OpenShelf};
use crate::sys::env;

/// The region where neither resource nor access names one.
const REGION: &str = "cn-hangzhou";

/// The alias asked for: the flag, or what the environment or the manifest names.
pub(super) fn alias(global: &Global, manifest: &Path) -> Option<String> {
    let environment = global.environment.as_deref();
    let named = || manifest::access(manifest, environment);
    global.access.clone().or_else(named)
}

/// A destination for work that asks no cloud: only names are needed.
pub(super) fn offline(global: &Global, alias: Option<&str>, machine: &Arc<Machine>) -> Destination {
    let (account, region) = if alias == Some(LOCAL) {
        let keys = local::running().ok().flatten().map(|(_, keys)| keys);
        (
            keys.as_ref().map(|k| k.account_id.clone()),
            keys.map(|k| k.region),
        )
    } else {
        let found = credential::find(alias).ok();
        (
            found.as_ref().and_then(|c| c.account_id.clone()),
            found.and_then(|c| c.region),
        )
    };
    Destination {
        providers: Providers::default(),
        secrets: Arc::clone(machine) as Arc<dyn crate::secret::Secrets>,
        account,
        region: region
            .or_else(|| env::var(env::REGION))
            .unwrap_or_else(|| REGION.to_owned()),
        environment: environment(global, alias),
        states: states(alias),
        shelves: None,
        account_matters: alias != Some(LOCAL),
    }
}

/// Whom an access leads to, before it is known where the resources are.
pub(super) struct Link {
    target: Target,
    environment: String,
    states: Option<PathBuf>,
    account_matters: bool,
}

/// Whom an access leads to. The local cloud is started when none runs.
pub(super) async fn link(
    global: &Global,
    alias: Option<&str>,
    printer: Printer,
) -> Result<Link, Diagnostics> {
    let target = if alias == Some(LOCAL) {
        let (endpoint, keys, started) = local::ensure().await?;
        if started {
            printer.say(&format!("local cloud started at {}", endpoint.url));
        }
        Target {
            account_id: Some(keys.account_id.clone()),
            region: keys.region.clone(),
            key_id: keys.key_id.clone(),
            key_secret: keys.secret.reveal().to_owned(),
            security_token: None,
            endpoint: Some(endpoint.url),
        }
    } else {
        target(credential::find(alias).map_err(Diagnostic::from)?)
    };
    Ok(Link {
        target,
        environment: environment(global, alias),
        states: states(alias),
        account_matters: alias != Some(LOCAL),
    })
}

impl Link {
    /// Opens shared states with the keys of this access.
    pub(super) fn shelves(&self) -> Arc<OpenShelf> {
        let target = self.target.clone();
        Arc::new(move |address: &Address| {
            let mut target = target.clone();
            if let Some(region) = &address.region {
                target.region.clone_from(region);
            }
            let opened = BucketShelf::new(target, &address.bucket, &address.prefix);
            Ok(Arc::new(opened.map_err(Diagnostic::from)?))
        })
    }

    /// The destination. `region` is the one that the resources name; without one the access has its own.
    pub(super) fn destination(
        self,
        region: Option<String>,
        machine: &Arc<Machine>,
    ) -> Result<Destination, Diagnostics> {
        let shelves = self.shelves();
        let mut target = self.target;
        target.region = region.unwrap_or(target.region);
        let (account, region) = (target.account_id.clone(), target.region.clone());
        let alibaba = Alibaba::new(target).map_err(Diagnostic::from)?;
        Ok(Destination {
            providers: Providers::new([Arc::new(alibaba) as Arc<dyn crate::provider::Provider>]),
            secrets: Arc::clone(machine) as Arc<dyn crate::secret::Secrets>,
            account,
            region,
            environment: self.environment,
            states: self.states,
            shelves: Some(shelves),
            account_matters: self.account_matters,
        })
    }
}

fn target(credential: Credential) -> Target {
    Target {
        account_id: credential.account_id,
        region: credential.region.unwrap_or_else(|| REGION.to_owned()),
        key_id: credential.key_id,
        key_secret: credential.key_secret.reveal().to_owned(),
        security_token: credential.security_token.map(|t| t.reveal().to_owned()),
        endpoint: None,
    }
}

/// The environment asked for, or the usual one of the alias.
pub(super) fn environment(global: &Global, alias: Option<&str>) -> String {
    let default = if alias == Some(LOCAL) {
        LOCAL
    } else {
        "default"
    };
    global
        .environment
        .clone()
        .unwrap_or_else(|| default.to_owned())
}

/// The folder for states of a local cloud that lives for one command. What is applied elsewhere lasts longer than that.
fn states(alias: Option<&str>) -> Option<PathBuf> {
    env::var(env::STATES)
        .filter(|_| alias == Some(LOCAL))
        .map(PathBuf::from)
}
