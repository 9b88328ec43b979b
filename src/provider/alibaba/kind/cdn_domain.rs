//! `cdn.domain`: a domain accelerated by the CDN in front of a bucket.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, parse, remote, touches};
use super::driver::{Driver, OWNER_TAG};
use super::header;
use super::origin::Origin;
use super::patience::Patience;
use super::ttl::{self, Rule};
use crate::provider::alibaba::cdn::{Cdn, Detail, NewDomain, Purge, Setting};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task, Tell};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "cdn.domain";
const DOMESTIC: &str = "domestic";
const WEB: &str = "web";
/// More paths than this are refreshed as one folder: the daily quota of files is finite, and so is patience.
const MOST_PATHS: usize = 500;

/// Accelerated domains of one account.
pub(in crate::provider::alibaba) struct CdnDomain {
    cdn: Cdn,
}

#[derive(Debug, Deserialize)]
struct Attrs {
    domain: String,
    origin: Origin,
    kind: Option<String>,
    check_url: Option<String>,
    scope: Option<String>,
    #[serde(default)]
    ttl: Vec<Rule>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Attrs {
    /// All settings of the domain that are managed here.
    fn settings(&self) -> Result<Vec<Setting>, ProviderError> {
        let mut settings = ttl::lower(&self.ttl)?;
        settings.extend(header::lower(&self.headers)?);
        Ok(settings)
    }
}

impl CdnDomain {
    pub(in crate::provider::alibaba) fn new(cdn: Cdn) -> Self {
        Self { cdn }
    }

    /// Adds the domain, or finds the one that an earlier try added.
    async fn ensure(&self, attrs: &Attrs, owner: &str) -> Result<(), ProviderError> {
        let domain = attrs.domain.as_str();
        if self.cdn.domain(domain).await?.is_some() {
            return self.check_ours(domain, owner).await;
        }
        let new = NewDomain {
            domain,
            kind: attrs.kind.as_deref().unwrap_or(WEB),
            sources: &attrs.origin.sources(),
            check_url: attrs.check_url.as_deref(),
            scope: attrs.scope.as_deref().unwrap_or(DOMESTIC),
            tag: Some((OWNER_TAG, owner)),
        };
        match self.cdn.add_domain(&new).await {
            // Either it is somebody else's, or the answer to an earlier try was lost.
            Err(error) if is_taken(&error) => match self.cdn.domain(domain).await? {
                Some(_) => self.check_ours(domain, owner).await,
                None => Err(foreign_account(domain, error)),
            },
            Err(error) if error.code.as_deref() == Some("DomainOwnerVerifyFail") => {
                Err(error.with_hint("prove that the domain is yours in the CDN console first"))
            }
            done => done,
        }
    }

    async fn check_ours(&self, domain: &str, owner: &str) -> Result<(), ProviderError> {
        let conflict = |message| ProviderError::new(ErrorKind::Conflict, "AddCdnDomain", message);
        match self.cdn.tag(domain, OWNER_TAG).await? {
            Some(mark) if mark == owner => Ok(()),
            Some(mark) => Err(conflict(format!("domain `{domain}` belongs to `{mark}`"))
                .with_hint("choose another domain, or remove that application first")),
            None => Err(
                conflict(format!("domain `{domain}` exists and was not made by sdev"))
                    .with_hint("choose another domain, or take it over: sdev deploy --adopt"),
            ),
        }
    }

    /// Waits until the domain serves.
    async fn wait_online(&self, domain: &str, tell: &dyn Tell) -> Result<Detail, ProviderError> {
        let mut patience = Patience::begin();
        loop {
            let detail = self.cdn.domain(domain).await?.ok_or_else(|| {
                failure(
                    ErrorKind::NotFound,
                    format!("domain `{domain}` has vanished"),
                )
            })?;
            match detail.domain_status.as_str() {
                "online" => return Ok(detail),
                "configure_failed" | "check_failed" | "offline" | "stopping" => {
                    let message = format!("domain `{domain}` is {}", detail.domain_status);
                    let hint = "the CDN console says why";
                    return Err(failure(ErrorKind::Invalid, message).with_hint(hint));
                }
                status => {
                    let what = format!("{domain} is {status}");
                    patience.pause(KIND, &what, tell).await?;
                }
            }
        }
    }

    /// Waits until the domain is gone, so that its name is free again.
    async fn wait_gone(&self, domain: &str, tell: &dyn Tell) -> Result<(), ProviderError> {
        let mut patience = Patience::begin();
        while let Some(detail) = self.cdn.domain(domain).await? {
            let what = format!("{domain} is {}", detail.domain_status);
            patience.pause(KIND, &what, tell).await?;
        }
        Ok(())
    }

    fn made(&self, domain: &str, detail: &Detail) -> Made {
        let target = self.cdn.target();
        let mut outputs = Object::new();
        outputs.insert("domain".into(), domain.into());
        outputs.insert("cname".into(), detail.cname.as_str().into());
        outputs.insert("url".into(), target.domain_url(domain).into());
        if let Some(url) = target.domain_path_url(domain) {
            outputs.insert("path_url".into(), url.into());
        }
        Made {
            id: RemoteId::from(domain),
            outputs,
        }
    }

    async fn refresh(&self, domain: &str, args: &Json) -> Result<Json, ProviderError> {
        let paths = texts(args, "paths");
        let base = format!("http://{domain}");
        let (urls, purge) = match paths.len() {
            0..=MOST_PATHS if !paths.contains(&"/*") => {
                let url = |path: &str| {
                    format!(
                        "{base}/{}",
                        wire::escape::path(path.trim_start_matches('/'))
                    )
                };
                (paths.into_iter().map(url).collect(), Purge::File)
            }
            _ => (vec![format!("{base}/")], Purge::Directory),
        };
        let tasks = self.cdn.refresh(&urls, purge).await?;
        Ok(json!({ "type": purge.name(), "count": urls.len(), "tasks": tasks }))
    }

    async fn refresh_status(&self, args: &Json) -> Result<Json, ProviderError> {
        let mut tasks = Vec::new();
        for id in texts(args, "tasks") {
            tasks.extend(self.cdn.refresh_task(id).await?);
        }
        Ok(json!({ "tasks": tasks }))
    }
}

#[async_trait]
impl Driver for CdnDomain {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let mut spec = KindSpec::new(&["domain", "kind"], &["domain", "cname", "url", "path_url"]);
        spec.identity.insert("domain".into());
        spec.local
            .extend(["files", "index", "fallback", "check_url"].map(Into::into));
        spec.refresh_from = Some("files".into());
        spec.defaults.insert("kind".into(), json!(WEB));
        spec.defaults.insert("scope".into(), json!(DOMESTIC));
        spec.defaults.insert("ttl".into(), json!([]));
        spec.defaults.insert("headers".into(), json!({}));
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "domain")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let domain = id.as_str();
        let Some(detail) = self.cdn.domain(domain).await? else {
            return Ok(None);
        };
        let (settings, owner) =
            tokio::join!(self.cdn.settings(domain), self.cdn.tag(domain, OWNER_TAG));
        let settings: Vec<_> = settings?.into_iter().map(|placed| placed.setting).collect();
        let known_of = |name: &str| known.and_then(|record| record.attrs.get(name));
        let mut attrs = Object::new();
        attrs.insert("domain".into(), domain.into());
        attrs.insert(
            "origin".into(),
            Origin::json(&detail.sources(), known_of("origin")),
        );
        let kind = detail.cdn_type.as_deref().unwrap_or(WEB);
        attrs.insert("kind".into(), kind.into());
        attrs.insert(
            "scope".into(),
            detail.scope.as_deref().unwrap_or(DOMESTIC).into(),
        );
        attrs.insert("headers".into(), header::raise(&settings));
        attrs.insert("ttl".into(), ttl::raise(settings, known_of("ttl")));
        Ok(Some(Seen {
            attrs,
            owner: owner?,
        }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let attrs: Attrs = parse(KIND, task.attrs)?;
        check_domain(&attrs.domain)?;
        let settings = attrs.settings()?;
        self.ensure(&attrs, task.owner).await?;
        let detail = self.wait_online(&attrs.domain, task.tell).await?;
        // An earlier try may have added it for another origin or region.
        let sources = attrs.origin.sources();
        if detail.sources() != sources {
            self.cdn.set_sources(&attrs.domain, &sources).await?;
        }
        let scope = attrs.scope.as_deref().unwrap_or(DOMESTIC);
        if detail.scope.as_deref().is_some_and(|there| there != scope) {
            self.cdn.set_scope(&attrs.domain, scope).await?;
        }
        self.cdn.sync_settings(&attrs.domain, &settings).await?;
        let detail = self.wait_online(&attrs.domain, task.tell).await?;
        Ok(self.made(&attrs.domain, &detail))
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let attrs: Attrs = parse(KIND, task.attrs)?;
        let settings = attrs.settings()?;
        let domain = attrs.domain.as_str();
        if self.cdn.tag(domain, OWNER_TAG).await?.as_deref() != Some(task.owner) {
            self.cdn.set_tag(domain, OWNER_TAG, task.owner).await?;
        }
        if touches(task, "origin") {
            let sources = attrs.origin.sources();
            self.cdn.set_sources(domain, &sources).await?;
        }
        if touches(task, "scope") {
            let scope = attrs.scope.as_deref().unwrap_or(DOMESTIC);
            self.cdn.set_scope(domain, scope).await?;
        }
        if touches(task, "ttl") || touches(task, "headers") {
            self.cdn.sync_settings(domain, &settings).await?;
        }
        let detail = self.wait_online(domain, task.tell).await?;
        Ok(self.made(domain, &detail))
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        self.cdn.delete_domain(id.as_str()).await?;
        self.wait_gone(id.as_str(), task.tell).await
    }

    async fn act(&self, action: &str, on: &Record, args: &Json) -> Result<Json, ProviderError> {
        let id = on.remote.clone().or_else(|| self.identity(&on.attrs));
        let id = id.ok_or_else(|| failure(ErrorKind::Invalid, "it has no name yet".into()))?;
        match action {
            "refresh" => self.refresh(id.as_str(), args).await,
            "refresh_status" => self.refresh_status(args).await,
            _ => {
                let message = format!("`{KIND}` knows no action `{action}`");
                Err(ProviderError::new(ErrorKind::Unsupported, action, message))
            }
        }
    }
}

/// Whether a domain cannot be added because it is somewhere already. The vendor's list of codes for this is not
/// public as a whole: `InvalidDomainName.Conflict`, `BusinessExist` and `DomainAlreadyExist` are seen.
fn is_taken(error: &ProviderError) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    error.kind == ErrorKind::Conflict
        || code == "BusinessExist"
        || code.ends_with(".Conflict")
        || code.contains("AlreadyExist")
}

fn foreign_account(domain: &str, error: ProviderError) -> ProviderError {
    let message = format!("domain `{domain}` is accelerated for another account already");
    ProviderError {
        kind: ErrorKind::Conflict,
        message,
        ..error
    }
}

/// A domain name is letters, digits, hyphens and dots; a leading dot stands for all names below.
fn check_domain(domain: &str) -> Result<(), ProviderError> {
    let label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(allowed)
    };
    let name = domain.strip_prefix('.').unwrap_or(domain);
    if name.contains('.') && name.split('.').all(label) {
        Ok(())
    } else {
        Err(failure(
            ErrorKind::Invalid,
            format!(
                "`{domain}` is not a domain name in lower-case letters, digits, hyphens and dots"
            ),
        ))
    }
}

fn texts<'a>(args: &'a Json, name: &str) -> Vec<&'a str> {
    let list = args.get(name).and_then(Json::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

fn failure(kind: ErrorKind, message: String) -> ProviderError {
    ProviderError::new(kind, KIND, message)
}
