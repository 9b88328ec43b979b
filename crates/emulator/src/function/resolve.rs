//! From a name and a qualifier to what runs: rows become a [`Spec`], which is made once and kept until something changes.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use runtime::{Command, Container, Custom, Health, Hook, Identity, Mount, Spec};

use super::attach::content;
use super::choose::{Turns, choices};
use super::code::Packages;
use super::error::{FcError, Outcome};
use super::model::{Config, Domain, Function, LATEST, Trigger, language};
use super::table;
use crate::settings::{Account, Settings};
use crate::store::Store;

/// How long an instance without calls is kept when the configuration does not say.
const IDLE: Duration = Duration::from_mins(3);

/// What a call goes to.
#[derive(Clone)]
pub(crate) struct Target {
    /// What runs.
    pub(crate) spec: Arc<Spec>,
    /// The function, or the version of it.
    pub(crate) function: Arc<Function>,
    /// The http trigger of this version or alias, if it has one.
    pub(crate) web: Option<Arc<Trigger>>,
}

/// What calls by one qualifier go to.
struct Targets {
    main: Target,
    /// To which the part of the calls goes that stands beside it.
    others: Vec<(f64, Target)>,
    turns: Turns,
}

impl Targets {
    /// What the next call goes to.
    fn next(&self) -> &Target {
        if self.others.is_empty() {
            return &self.main;
        }
        let weights = self.others.iter().map(|(weight, _)| *weight);
        let other = self.turns.next(weights).and_then(|at| self.others.get(at));
        other.map_or(&self.main, |(_, target)| target)
    }
}

/// Targets that were found, and how often something was forgotten: what was read before that is not kept.
#[derive(Default)]
struct Known {
    targets: HashMap<(String, String), Arc<Targets>>,
    forgotten: u64,
}

/// Finds targets.
pub(super) struct Resolver {
    account: Account,
    region: String,
    endpoints: BTreeMap<String, String>,
    store: Store,
    packages: Packages,
    /// Where file systems of the network are.
    file_systems: PathBuf,
    /// By function and qualifier.
    known: RwLock<Known>,
    domains: RwLock<HashMap<String, Arc<Domain>>>,
}

impl Resolver {
    pub(super) fn new(
        settings: &Settings,
        address: SocketAddr,
        store: Store,
        packages: Packages,
    ) -> Self {
        Self {
            account: settings.account.clone(),
            region: settings.region.clone(),
            endpoints: endpoints(address, &settings.region),
            store,
            packages,
            file_systems: settings.data.join("nas"),
            known: RwLock::default(),
            domains: RwLock::default(),
        }
    }

    /// The function as a qualifier means it; by an alias, as its main version has it.
    pub(super) async fn function(&self, name: &str, qualifier: &str) -> Outcome<Function> {
        let (name, qualifier) = (name.to_owned(), named(qualifier).to_owned());
        let found = self
            .store
            .read(move |db| choices(db, &name, &qualifier))
            .await?;
        let main = found.into_iter().next().map(|choice| choice.function);
        main.ok_or_else(|| FcError::invalid("the qualifier leads nowhere"))
    }

    /// The names of a function and an alias of it as they are spelled, from ones in lower case.
    pub(super) async fn spelled(&self, name: &str, alias: &str) -> Outcome<(String, String)> {
        let (name, alias) = (name.to_owned(), alias.to_owned());
        let found = self.store.read(move |db| {
            let name = table::function::spelled(db, &name)?.unwrap_or(name);
            let alias = table::version::spelled_alias(db, &name, &alias)?.unwrap_or(alias);
            Ok::<_, FcError>((name, alias))
        });
        found.await
    }

    /// What a call of the function goes to.
    pub(super) async fn target(&self, name: &str, qualifier: &str) -> Outcome<Target> {
        Ok(self.targets(name, qualifier).await?.next().clone())
    }

    /// What a qualifier mainly leads to.
    pub(super) async fn main(&self, name: &str, qualifier: &str) -> Outcome<Target> {
        Ok(self.targets(name, qualifier).await?.main.clone())
    }

    async fn targets(&self, name: &str, qualifier: &str) -> Outcome<Arc<Targets>> {
        let qualifier = named(qualifier);
        let key = (name.to_owned(), qualifier.to_owned());
        let (known, forgotten) = self.known(&key);
        if let Some(targets) = known {
            return Ok(targets);
        }
        let targets = Arc::new(self.found(&key).await?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten == forgotten {
            known.targets.insert(key, Arc::clone(&targets));
        }
        Ok(targets)
    }

    async fn found(&self, key: &(String, String)) -> Outcome<Targets> {
        let (name, qualifier) = key.clone();
        let choices = self.store.read(move |db| choices(db, &name, &qualifier));
        let choices = choices.await?;
        let (name, qualifier) = key;
        let web = self.web(name, qualifier).await?;
        let mut targets = Vec::new();
        for choice in choices {
            if choice.function.disabled {
                return Err(FcError::new(
                    http::StatusCode::FORBIDDEN,
                    "FunctionInvocationDisabled",
                    format!("calls of function '{name}' are disabled"),
                ));
            }
            let spec = self.spec(&choice.function, (&choice.version, qualifier))?;
            let target = Target {
                web: web.clone(),
                spec: Arc::new(spec),
                function: Arc::new(choice.function),
            };
            targets.push((choice.weight, target));
        }
        let mut targets = targets.into_iter();
        let (_, main) = targets
            .next()
            .ok_or_else(|| FcError::invalid("the qualifier leads nowhere"))?;
        Ok(Targets {
            main,
            others: targets.collect(),
            turns: Turns::default(),
        })
    }

    async fn web(&self, name: &str, qualifier: &str) -> Outcome<Option<Arc<Trigger>>> {
        let (name, qualifier) = (name.to_owned(), qualifier.to_owned());
        let all = self
            .store
            .read(move |db| Ok::<_, FcError>(table::trigger::of(db, &name)?));
        let is_web = |trigger: &Trigger| trigger.kind == "http" && trigger.qualifier == qualifier;
        Ok(all.await?.into_iter().find(is_web).map(Arc::new))
    }

    /// A domain that leads to functions: by its name, or one that stands for all names below another.
    pub(super) fn domain(&self, host: &str) -> Option<Arc<Domain>> {
        let domains = self.domains.read().unwrap_or_else(PoisonError::into_inner);
        let below = || {
            let (_, parent) = host.split_once('.')?;
            domains.get(&format!("*.{parent}"))
        };
        domains.get(host).or_else(below).cloned()
    }

    /// To be called when a domain was made or changed.
    pub(super) fn know_domain(&self, domain: Domain) {
        let mut domains = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        domains.insert(domain.name.clone(), Arc::new(domain));
    }

    /// To be called when a domain was deleted.
    pub(super) fn forget_domain(&self, name: &str) {
        let mut domains = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        domains.remove(name);
    }

    /// Deletes the content of all file systems.
    pub(super) fn clear_file_systems(&self) -> std::io::Result<()> {
        match std::fs::remove_dir_all(&self.file_systems) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// To be called when all were.
    pub(super) fn forget_domains(&self) {
        let mut domains = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        domains.clear();
    }

    fn known(&self, key: &(String, String)) -> (Option<Arc<Targets>>, u64) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.targets.get(key).cloned(), known.forgotten)
    }

    /// To be called after every change of a function: what was made of its rows is made anew.
    pub(super) fn forget(&self, function: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.targets.retain(|(name, _), _| name != function);
        known.forgotten += 1;
        drop(known);
        self.packages.change();
    }

    /// What runs of a version by a qualifier.
    pub(super) fn spec(
        &self,
        function: &Function,
        (version, qualifier): (&str, &str),
    ) -> Outcome<Spec> {
        let config = &function.config;
        let code = function.code.as_ref();
        Ok(Spec {
            function: function.name.clone(),
            version: version.to_owned(),
            revision: match version {
                LATEST => format!("{}.{}", function.id, function.revision),
                published => format!("{}.v{published}", function.id),
            },
            language: language(config.runtime.as_deref().unwrap_or_default())?,
            handler: config.handler.clone().unwrap_or_default(),
            code: code.map_or_else(Default::default, |code| self.packages.folder(&code.sha256)),
            layers: function
                .layers
                .iter()
                .map(|layer| content(layer, &self.packages))
                .collect::<Outcome<_>>()?,
            mounts: self.mounts(config),
            environment: config.environment_variables.clone().unwrap_or_default(),
            memory_mb: config.memory_size.unwrap_or(512),
            cpu: config.chosen_cpu(),
            disk_mb: config.disk_size.unwrap_or(512),
            timeout: seconds(config.timeout.unwrap_or(3)),
            concurrency: config.instance_concurrency.unwrap_or(1),
            idle: config.idle_timeout.map_or(IDLE, seconds),
            initializer: hook(config, |hooks| hooks.initializer.as_ref()),
            pre_stop: hook(config, |hooks| hooks.pre_stop.as_ref()),
            custom: custom(config),
            container: container(config),
            tracing: config.traced_to().map(str::to_owned),
            identity: self.identity(config, qualifier),
        })
    }

    /// File systems of the network, each as a folder of its own by its address. A folder that cannot be made shows when the
    /// code looks for it.
    fn mounts(&self, config: &Config) -> Vec<Mount> {
        let points = config
            .other
            .get("nasConfig")
            .and_then(|nas| nas["mountPoints"].as_array());
        let mount = |point: &serde_json::Value| {
            let address = point["serverAddr"]
                .as_str()
                .filter(|text| !text.is_empty())?;
            let digest = wire::digest::sha256_hex(address.as_bytes());
            let folder = self.file_systems.join(&digest[..16]);
            let _ = std::fs::create_dir_all(&folder);
            Some(Mount {
                folder,
                at: point["mountDir"].as_str()?.to_owned(),
            })
        };
        points.into_iter().flatten().filter_map(mount).collect()
    }

    fn identity(&self, config: &Config, qualifier: &str) -> Identity {
        let keys = config.disable_inject_credentials.as_deref();
        let injected = !matches!(keys, Some("All" | "Env"));
        let key = |text: &str| {
            if injected {
                text.to_owned()
            } else {
                String::new()
            }
        };
        let log = |name: &str| {
            let value = config.log_config.as_ref().and_then(|log| log.get(name));
            let text = value.and_then(serde_json::Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        Identity {
            account: self.account.id.clone(),
            region: self.region.clone(),
            qualifier: qualifier.to_owned(),
            access_key_id: key(&self.account.access_key_id),
            access_key_secret: key(&self.account.access_key_secret),
            security_token: String::new(),
            log: (log("project"), log("logstore")),
            endpoints: self.endpoints.clone(),
        }
    }
}

/// The qualifier that is meant when none is said.
fn named(qualifier: &str) -> &str {
    match qualifier {
        "" => LATEST,
        said => said,
    }
}

/// Variables by which code finds this cloud: one for each product that is served, and the region as the vendor's tools
/// read it.
fn endpoints(address: SocketAddr, region: &str) -> BTreeMap<String, String> {
    let url = format!("http://{address}");
    let mut endpoints: BTreeMap<String, String> = [
        "OSS_ENDPOINT",
        "FC_ENDPOINT",
        "CDN_ENDPOINT",
        "FNF_ENDPOINT",
    ]
    .map(|name| (name.to_owned(), url.clone()))
    .into();
    endpoints.insert("ALIBABA_CLOUD_REGION_ID".to_owned(), region.to_owned());
    endpoints
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

fn hook(
    config: &Config,
    which: impl Fn(&super::model::Lifecycle) -> Option<&super::model::LifecycleHook>,
) -> Option<Hook> {
    let hook = which(config.instance_lifecycle_config.as_ref()?)?;
    let program = hook.command.clone().filter(|command| !command.is_empty());
    let handler = || hook.handler.clone().filter(|handler| !handler.is_empty());
    Some(Hook {
        command: match program {
            Some(program) => Command::Program(program),
            None => Command::Handler(handler()?),
        },
        timeout: seconds(hook.timeout.unwrap_or(3)),
    })
}

fn custom(config: &Config) -> Option<Custom> {
    let custom = config.custom_runtime_config.as_ref()?;
    Some(Custom {
        command: custom.command.clone().unwrap_or_default(),
        args: custom.args.clone().unwrap_or_default(),
        port: custom.port,
        health: custom.health_check_config.as_ref().and_then(health),
    })
}

fn container(config: &Config) -> Option<Container> {
    let container = config.custom_container_config.as_ref()?;
    Some(Container {
        image: container.image.clone(),
        entrypoint: container.entrypoint.clone().unwrap_or_default(),
        command: container.command.clone().unwrap_or_default(),
        port: container.port,
        health: container.health_check_config.as_ref().and_then(health),
    })
}

fn health(check: &super::model::HealthCheck) -> Option<Health> {
    let path = check.http_get_url.clone().filter(|path| !path.is_empty())?;
    Some(Health {
        path,
        initial_delay: seconds(check.initial_delay_seconds.unwrap_or(0)),
        period: seconds(check.period_seconds.unwrap_or(3)),
        timeout: seconds(check.timeout_seconds.unwrap_or(1)),
        failures: check.failure_threshold.unwrap_or(3),
        successes: check.success_threshold.unwrap_or(1),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::function::SCHEMA;

    #[tokio::test]
    async fn layers_are_handed_over_unpacked_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: folder.path().to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            account: Account {
                id: "1".to_owned(),
                access_key_id: "AKID".to_owned(),
                access_key_secret: "SECRET".to_owned(),
            },
            region: "cn-hangzhou".to_owned(),
            launcher: Vec::new(),
        };
        let store = Store::open(&folder.path().join("db"), &[SCHEMA]).unwrap();
        let layer = |digest: &str| json!({ "arn": digest, "compatible": [], "package": { "sha256": digest, "crc64": 0, "size": 0 } });
        let function: Function = serde_json::from_value(json!({
            "name": "f", "id": "i", "config": { "runtime": "python3.10" }, "code": null, "revision": 1,
            "layers": [layer("b"), layer("a")], "created_ms": 0, "modified_ms": 0,
        }))
        .unwrap();
        let saved = store.write(move |db| Ok::<_, FcError>(table::function::save(db, &function)?));
        saved.await.unwrap();
        let packages = Packages::open(folder.path().join("function")).unwrap();
        let resolver = Resolver::new(&settings, settings.listen, store, packages.clone());
        let target = resolver.target("f", LATEST).await.unwrap();
        let expected = ["b", "a"].map(|digest| runtime::Layer::Unpacked(packages.folder(digest)));
        assert_eq!(target.spec.layers, expected);
    }
}
