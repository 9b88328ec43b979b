//! `oss.bucket`: a bucket with its access and its website.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, parse, remote, touches};
use super::driver::{Driver, OWNER_TAG};
use crate::provider::alibaba::fault::is_missing;
use crate::provider::alibaba::oss::{BucketInfo, Oss, Website};
use crate::provider::{ErrorKind, Made, ProviderError, Seen, Task};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "oss.bucket";
const PRIVATE: &str = "private";
const STANDARD: &str = "Standard";
const NOT_FOUND: u16 = 404;

/// Buckets of one account.
pub(in crate::provider::alibaba) struct OssBucket {
    oss: Oss,
}

#[derive(Debug, Deserialize)]
struct Attrs {
    name: String,
    region: Option<String>,
    acl: Option<String>,
    website: Option<WebsiteAttrs>,
    storage_class: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WebsiteAttrs {
    index: String,
    error: Option<String>,
    error_status: Option<u16>,
    #[serde(default)]
    sub_dirs: bool,
}

impl Attrs {
    fn acl(&self) -> &str {
        self.acl.as_deref().unwrap_or(PRIVATE)
    }

    fn storage_class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or(STANDARD)
    }

    fn website(&self) -> Option<Website> {
        let website = self.website.as_ref()?;
        Some(Website {
            index: website.index.clone(),
            error: website.error.clone(),
            error_status: website.error_status.unwrap_or(NOT_FOUND),
            sub_dirs: website.sub_dirs,
        })
    }
}

impl OssBucket {
    pub(in crate::provider::alibaba) fn new(oss: Oss) -> Self {
        Self { oss }
    }

    /// Makes the bucket private and empty, or finds the one that an earlier try made.
    async fn ensure(&self, attrs: &Attrs, owner: &str) -> Result<(), ProviderError> {
        let info = match self.oss.bucket_info(&attrs.name).await {
            Err(error) if error.code.as_deref() == Some("AccessDenied") => {
                return Err(foreign_account(&attrs.name, error));
            }
            info => info?,
        };
        match info {
            None => {
                let made = self.oss.put_bucket(&attrs.name, attrs.storage_class());
                made.await.map_err(|error| match error.kind {
                    ErrorKind::Conflict => foreign_account(&attrs.name, error),
                    _ => error,
                })
            }
            Some(info) => self.check_ours(attrs, &info, owner).await,
        }
    }

    /// A bucket that exists may be taken over if it carries our mark, or no mark and nothing in it: a creation that
    /// was cut off before the mark was set leaves it like that.
    async fn check_ours(
        &self,
        attrs: &Attrs,
        info: &BucketInfo,
        owner: &str,
    ) -> Result<(), ProviderError> {
        let name = &attrs.name;
        let class = info.storage_class.as_deref().unwrap_or(STANDARD);
        if info.region != self.oss.target().region {
            return Err(conflict(format!(
                "bucket `{name}` is in region {}",
                info.region
            )));
        }
        if class != attrs.storage_class() {
            return Err(conflict(format!(
                "bucket `{name}` has storage class {class}"
            )));
        }
        match self.oss.bucket_tags(name).await?.get(OWNER_TAG) {
            Some(mark) if mark == owner => Ok(()),
            Some(mark) => Err(conflict(format!("bucket `{name}` belongs to `{mark}`"))
                .with_hint("choose another bucket name, or remove that application first")),
            None if self.oss.first_objects(name, 1).await?.is_empty() => Ok(()),
            None => Err(conflict(format!(
                "bucket `{name}` exists, holds objects and was not made by sdev"
            ))
            .with_hint("choose another bucket name, or take it over: sdev deploy --adopt")),
        }
    }

    async fn mark(&self, bucket: &str, owner: &str) -> Result<(), ProviderError> {
        let mut tags: BTreeMap<String, String> = self.oss.bucket_tags(bucket).await?;
        if tags.get(OWNER_TAG).is_some_and(|mark| mark == owner) {
            return Ok(());
        }
        tags.insert(OWNER_TAG.to_owned(), owner.to_owned());
        self.oss.put_bucket_tags(bucket, &tags).await
    }

    /// Explains a bucket that is not empty. Parts of uploads that were cut off count as content too, and nothing
    /// shows them; they are dropped and the deletion is tried again.
    async fn delete_unfinished(
        &self,
        bucket: &str,
        error: ProviderError,
    ) -> Result<(), ProviderError> {
        let first = self.oss.first_objects(bucket, 4).await?;
        if !first.is_empty() {
            let keys: Vec<_> = first
                .iter()
                .take(3)
                .map(|o| format!("`{}`", o.key))
                .collect();
            let more = if first.len() > 3 { " and more" } else { "" };
            let message = format!(
                "bucket `{bucket}` still holds objects that sdev did not put there: {}{more}",
                keys.join(", ")
            );
            return Err(ProviderError { message, ..error }
                .with_hint("delete or move them, then run the same command again"));
        }
        let uploads = self.oss.unfinished_uploads(bucket).await?;
        if uploads.is_empty() {
            return Err(error);
        }
        for (key, upload) in uploads {
            self.oss.abort_upload(bucket, &key, &upload).await?;
        }
        self.oss.delete_bucket(bucket).await
    }

    fn made(&self, name: &str) -> Made {
        let target = self.oss.target();
        let outputs = json!({
            "name": name,
            "url": target.bucket_url(name),
            "endpoint": target.oss_endpoint(),
            "origin": target.bucket_host(name),
        });
        Made {
            id: RemoteId::from(name),
            outputs: outputs.as_object().cloned().unwrap_or_default(),
        }
    }

    fn check_region(&self, attrs: &Attrs) -> Result<(), ProviderError> {
        let region = &self.oss.target().region;
        match &attrs.region {
            Some(wanted) if wanted != region => {
                let message =
                    format!("region {wanted} is asked for, but the access is for {region}");
                Err(ProviderError::new(ErrorKind::Invalid, KIND, message))
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Driver for OssBucket {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        let outputs = ["name", "url", "endpoint", "origin"];
        let mut spec = KindSpec::new(&["name", "region", "storage_class"], &outputs);
        spec.identity.insert("name".into());
        spec.defaults.insert("acl".into(), json!(PRIVATE));
        spec.defaults
            .insert("storage_class".into(), json!(STANDARD));
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "name")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let name = id.as_str();
        let Some(info) = self.oss.bucket_info(name).await? else {
            return Ok(None);
        };
        let (website, tags) = tokio::join!(self.oss.website(name), self.oss.bucket_tags(name));
        let acl = match info.acl {
            Some(acl) => acl,
            None => self.oss.bucket_acl(name).await?,
        };
        let mut attrs = Object::new();
        attrs.insert("name".into(), json!(name));
        attrs.insert("region".into(), json!(info.region));
        attrs.insert("acl".into(), json!(acl));
        if let Some(class) = info.storage_class {
            attrs.insert("storage_class".into(), json!(class));
        }
        // Said even when there is none, so that a website that was taken away is seen as a difference.
        let website = website?.map(|website| website_json(&website, known));
        attrs.insert("website".into(), website.unwrap_or(Json::Null));
        Ok(Some(Seen {
            attrs,
            owner: tags?.remove(OWNER_TAG),
        }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let attrs: Attrs = parse(KIND, task.attrs)?;
        self.check_region(&attrs)?;
        self.ensure(&attrs, task.owner).await?;
        // The mark comes before anything else, so that a try that is cut off can be told from a stranger's bucket.
        self.mark(&attrs.name, task.owner).await?;
        self.oss.put_bucket_acl(&attrs.name, attrs.acl()).await?;
        let website = attrs.website();
        if website.is_some() || self.oss.website(&attrs.name).await?.is_some() {
            self.oss.put_website(&attrs.name, website.as_ref()).await?;
        }
        Ok(self.made(&attrs.name))
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let attrs: Attrs = parse(KIND, task.attrs)?;
        self.mark(&attrs.name, task.owner).await?;
        if touches(task, "acl") {
            self.oss.put_bucket_acl(&attrs.name, attrs.acl()).await?;
        }
        if touches(task, "website") {
            let website = attrs.website();
            self.oss.put_website(&attrs.name, website.as_ref()).await?;
        }
        Ok(self.made(&attrs.name))
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        match self.oss.delete_bucket(id.as_str()).await {
            Err(error) if is_missing(&error, &["NoSuchBucket"]) => Ok(()),
            Err(error) if error.code.as_deref() == Some("BucketNotEmpty") => {
                self.delete_unfinished(id.as_str(), error).await
            }
            done => done,
        }
    }
}

/// The website in the form that attributes have. A status that was left to the default stays left out, so that the
/// next plan finds no difference.
fn website_json(website: &Website, known: Option<&Record>) -> Json {
    let known = known.and_then(|record| record.attrs.get("website"));
    let spelled = |name: &str| known.is_none_or(|known| known.get(name).is_some());
    let mut json = Object::new();
    json.insert("index".into(), website.index.as_str().into());
    if let Some(error) = &website.error {
        json.insert("error".into(), error.as_str().into());
        if website.error_status != NOT_FOUND || spelled("error_status") {
            json.insert("error_status".into(), website.error_status.into());
        }
    }
    if website.sub_dirs || spelled("sub_dirs") {
        json.insert("sub_dirs".into(), website.sub_dirs.into());
    }
    Json::Object(json)
}

fn foreign_account(bucket: &str, error: ProviderError) -> ProviderError {
    let said = &error.message;
    let message = format!("bucket `{bucket}` exists, and this account may not use it: {said}");
    let conflict = ProviderError {
        kind: ErrorKind::Conflict,
        message,
        ..error
    };
    conflict.with_hint("bucket names are shared by all accounts of the cloud; choose another one")
}

fn conflict(message: String) -> ProviderError {
    ProviderError::new(ErrorKind::Conflict, "PutBucket", message)
}
