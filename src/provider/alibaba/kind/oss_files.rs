//! `oss.files`: the files of a local folder as objects of a bucket.

use std::collections::BTreeSet;
use std::path::PathBuf;

use async_trait::async_trait;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::attrs::{id_of, object, remote};
use super::driver::Driver;
use crate::provider::alibaba::fault::is_missing;
use crate::provider::alibaba::oss::{Listed, Oss, Put, Upload};
use crate::provider::alibaba::transport::CONCURRENCY;
use crate::provider::{ErrorKind, Made, Progress, ProviderError, Seen, Task, Tell};
use crate::resource::{KindSpec, Object, RemoteId};
use crate::state::Record;

const KIND: &str = "oss.files";
const FILES: &str = "files";
const ETAGS: &str = "etags";
/// How many failed files one error tells.
const MOST_TOLD: usize = 5;

/// Files in buckets of one account.
pub(in crate::provider::alibaba) struct OssFiles {
    oss: Oss,
}

/// A file as the attributes hold it.
#[derive(Debug, Clone, Deserialize)]
struct Entry {
    md5: String,
    size: u64,
    #[serde(rename = "type")]
    content_type: Option<String>,
    cache: Option<String>,
}

/// One file to send.
struct Job<'a> {
    key: &'a str,
    /// The entry as the state shall hold it.
    json: &'a Json,
    entry: Entry,
}

/// What a change has to do.
struct Work<'a> {
    bucket: &'a str,
    folder: PathBuf,
    /// Everything that pages refer to.
    assets: Vec<Job<'a>>,
    /// Pages: sent when all they refer to is there.
    pages: Vec<Job<'a>>,
    /// Deleted when no page refers to them any more.
    gone: Vec<&'a str>,
}

impl OssFiles {
    pub(in crate::provider::alibaba) fn new(oss: Oss) -> Self {
        Self { oss }
    }

    async fn carry_out(
        &self,
        work: Work<'_>,
        task: &Task<'_>,
        mut etags: Object,
    ) -> Result<Made, ProviderError> {
        let bucket = work.bucket;
        for jobs in [work.assets, work.pages] {
            for job in &jobs {
                etags.remove(job.key);
            }
            let sent = self.send_all(bucket, &work.folder, jobs, task.tell).await?;
            etags.extend(sent);
        }
        self.delete_all(bucket, &work.gone, task.tell).await?;
        let files = task.attrs.get(FILES).and_then(Json::as_object);
        etags.retain(|key, _| files.is_some_and(|files| files.contains_key(key)));
        Ok(made(bucket, files, etags))
    }

    /// Sends files side by side. After a failure nothing new is begun, unless it is about the local file alone: the other
    /// files go on then, so that all such files are told at once. What is under way is waited for and told in any case, so
    /// that the state stays true. The result holds the `ETag`s that are no MD5.
    async fn send_all(
        &self,
        bucket: &str,
        folder: &std::path::Path,
        jobs: Vec<Job<'_>>,
        tell: &dyn Tell,
    ) -> Result<Object, ProviderError> {
        let mut jobs = jobs.into_iter();
        let mut under_way = FuturesUnordered::new();
        let mut etags = Object::new();
        let mut failed: Vec<ProviderError> = Vec::new();
        loop {
            while failed.iter().all(is_of_one_file) && under_way.len() < CONCURRENCY {
                let Some(job) = jobs.next() else { break };
                match stopped(tell) {
                    Some(error) => failed.push(error),
                    None => under_way.push(self.send(bucket, folder, job, tell)),
                }
            }
            match under_way.next().await {
                None => break,
                Some(Err(error)) => failed.push(error),
                Some(Ok((job, etag))) => {
                    tell.progress(item(job.key, Some(job.json.clone())));
                    etags.extend(etag.map(|etag| (job.key.to_owned(), Json::String(etag))));
                }
            }
        }
        match together(failed) {
            Some(error) => Err(error),
            None => Ok(etags),
        }
    }

    async fn send<'a>(
        &self,
        bucket: &str,
        folder: &std::path::Path,
        job: Job<'a>,
        tell: &dyn Tell,
    ) -> Result<(Job<'a>, Option<String>), ProviderError> {
        let put = Put {
            bucket,
            key: job.key,
            content_type: job.entry.content_type.as_deref(),
            cache_control: job.entry.cache.as_deref(),
        };
        let upload = Upload {
            folder,
            size: job.entry.size,
            md5: &job.entry.md5,
        };
        match self.oss.upload(&put, &upload, tell).await {
            Ok(etag) => Ok((job, etag)),
            Err(error) => Err(naming(job.key, error)),
        }
    }

    async fn delete_all(
        &self,
        bucket: &str,
        keys: &[&str],
        tell: &dyn Tell,
    ) -> Result<(), ProviderError> {
        if keys.is_empty() {
            return Ok(());
        }
        if let Some(error) = stopped(tell) {
            return Err(error);
        }
        let gone = |key: &str| tell.progress(item(key, None));
        self.oss.delete_objects(bucket, keys, &gone).await
    }
}

#[async_trait]
impl Driver for OssFiles {
    fn name(&self) -> &'static str {
        KIND
    }

    fn spec(&self) -> KindSpec {
        // The region is the bucket's: files go where it goes.
        let mut spec = KindSpec::new(&["bucket", "region"], &["count", "bytes", ETAGS]);
        spec.identity.insert("bucket".into());
        spec.contained = true;
        spec.items.insert(FILES.into());
        spec.local.insert("source".into());
        spec
    }

    fn identity(&self, attrs: &Object) -> Option<RemoteId> {
        id_of(attrs, "bucket")
    }

    async fn read(
        &self,
        id: &RemoteId,
        known: Option<&Record>,
    ) -> Result<Option<Seen>, ProviderError> {
        let listed = match self.oss.list(id.as_str()).await {
            Err(error) if is_missing(&error, &["NoSuchBucket"]) => return Ok(None),
            listed => listed?,
        };
        let mut files = Object::new();
        for object in listed {
            let entry = json!({ "md5": md5_of(&object, known), "size": object.size });
            files.insert(object.key, entry);
        }
        let mut attrs = Object::new();
        attrs.insert("bucket".into(), json!(id.as_str()));
        attrs.insert(FILES.into(), Json::Object(files));
        Ok(Some(Seen { attrs, owner: None }))
    }

    async fn create(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let files = task.attrs.get(FILES).and_then(Json::as_object);
        let all = files.into_iter().flatten().map(|(key, _)| key.as_str());
        let changed = changed_keys(task);
        let keys = if changed.is_empty() {
            all.collect()
        } else {
            changed
        };
        let work = work(task, keys)?;
        self.carry_out(work, task, Object::new()).await
    }

    async fn update(&self, task: &Task<'_>) -> Result<Made, ProviderError> {
        let work = work(task, changed_keys(task))?;
        let etags = task.record.and_then(|record| record.outputs.get(ETAGS));
        let etags = etags.and_then(Json::as_object).cloned().unwrap_or_default();
        self.carry_out(work, task, etags).await
    }

    async fn delete(&self, task: &Task<'_>) -> Result<(), ProviderError> {
        let id = remote(task, self.identity(task.attrs))?;
        let files = task.record.and_then(|record| object(record, FILES));
        let keys: Vec<&str> = files
            .into_iter()
            .flat_map(Object::keys)
            .map(String::as_str)
            .collect();
        match self.delete_all(id.as_str(), &keys, task.tell).await {
            Err(error) if is_missing(&error, &["NoSuchBucket"]) => Ok(()),
            done => done,
        }
    }

    /// `content`: the `texts` of the files `keys` as the cloud has them, without those that are gone or no UTF-8.
    async fn act(&self, action: &str, on: &Record, args: &Json) -> Result<Json, ProviderError> {
        let bucket = on.remote.clone().or_else(|| self.identity(&on.attrs));
        let ("content", Some(bucket), Some(keys)) = (action, bucket, args["keys"].as_array())
        else {
            let message = format!("`{KIND}` cannot do `{action}` with {args}");
            return Err(ProviderError::new(ErrorKind::Unsupported, action, message));
        };
        let mut texts = Object::new();
        for key in keys.iter().filter_map(Json::as_str) {
            let content = match self.oss.content(bucket.as_str(), key).await {
                Err(error) if is_missing(&error, &["NoSuchKey", "NoSuchBucket"]) => continue,
                content => content?,
            };
            if let Ok(text) = std::str::from_utf8(&content) {
                texts.insert(key.to_owned(), text.into());
            }
        }
        Ok(json!({ "texts": texts }))
    }
}

/// The keys that the plan wants changed.
fn changed_keys<'a>(task: &Task<'a>) -> BTreeSet<&'a str> {
    let key = |path: &'a [String]| match path {
        [first, key, ..] if first == FILES => Some(key.as_str()),
        _ => None,
    };
    task.diff
        .iter()
        .filter_map(|diff| key(&diff.path))
        .collect()
}

fn work<'a>(task: &Task<'a>, keys: BTreeSet<&'a str>) -> Result<Work<'a>, ProviderError> {
    let invalid = |message: String| ProviderError::new(ErrorKind::Invalid, KIND, message);
    let text = |name: &str| task.attrs.get(name).and_then(Json::as_str);
    let missing = |name: &str| invalid(format!("the attribute `{name}` is missing"));
    let files = task.attrs.get(FILES).and_then(Json::as_object);
    let mut work = Work {
        bucket: text("bucket").ok_or_else(|| missing("bucket"))?,
        folder: text("source").ok_or_else(|| missing("source"))?.into(),
        assets: Vec::new(),
        pages: Vec::new(),
        gone: Vec::new(),
    };
    for key in keys {
        let Some(json) = files.and_then(|files| files.get(key)) else {
            work.gone.push(key);
            continue;
        };
        let entry = Entry::deserialize(json);
        let entry = entry.map_err(|error| invalid(format!("file `{key}`: {error}")))?;
        let job = Job { key, json, entry };
        if job.is_page() {
            work.pages.push(job);
        } else {
            work.assets.push(job);
        }
    }
    Ok(work)
}

impl Job<'_> {
    fn is_page(&self) -> bool {
        let content_type = self.entry.content_type.as_deref().unwrap_or_default();
        let extension = self.key.rsplit_once('.').map(|(_, extension)| extension);
        let named = |name: &str| extension.is_some_and(|e| e.eq_ignore_ascii_case(name));
        content_type.starts_with("text/html") || named("html") || named("htm")
    }
}

/// The MD5 that an object's `ETag` tells. The `ETag` of an object made of parts is none; for one that is still as we
/// left it the state knows the MD5, any other is a difference.
fn md5_of(object: &Listed, known: Option<&Record>) -> String {
    let remembered = || {
        let known = known?;
        let etag = known.outputs.get(ETAGS)?.get(&object.key)?.as_str()?;
        let md5 = known.attrs.get(FILES)?.get(&object.key)?.get("md5")?;
        (etag == object.etag).then(|| md5.as_str().map(str::to_owned))?
    };
    remembered().unwrap_or_else(|| object.etag.to_ascii_lowercase())
}

fn made(bucket: &str, files: Option<&Object>, etags: Object) -> Made {
    let sizes = files.into_iter().flatten();
    let sizes = sizes.filter_map(|(_, entry)| entry.get("size").and_then(Json::as_u64));
    let mut outputs = Object::new();
    outputs.insert("count".into(), files.map_or(0, Object::len).into());
    outputs.insert("bytes".into(), sizes.sum::<u64>().into());
    outputs.insert(ETAGS.into(), Json::Object(etags));
    Made {
        id: RemoteId::from(bucket),
        outputs,
    }
}

fn item(key: &str, entry: Option<Json>) -> Progress {
    Progress::Item {
        attr: FILES.to_owned(),
        key: key.to_owned(),
        entry,
    }
}

/// Whether a failure says nothing about other files.
fn is_of_one_file(error: &ProviderError) -> bool {
    error.kind == ErrorKind::Source
}

/// The failure of one file's upload, with the file's name.
fn naming(key: &str, mut error: ProviderError) -> ProviderError {
    error.operation = format!("{} of {key}", error.operation);
    error
}

/// Several failures as one. The first that concerns more than its file decides what happens next; the others are told with
/// it, as far as a reader wants to see them.
fn together(mut failed: Vec<ProviderError>) -> Option<ProviderError> {
    let decisive = failed.iter().position(|error| !is_of_one_file(error));
    if failed.is_empty() {
        return None;
    }
    let mut error = failed.remove(decisive.unwrap_or(0));
    let others = failed.iter().take(MOST_TOLD - 1).map(ToString::to_string);
    let mut told: Vec<String> = others.collect();
    if failed.len() > told.len() {
        told.push(format!("and {} more", failed.len() - told.len()));
    }
    for other in told {
        error.message.push_str("; ");
        error.message.push_str(&other);
    }
    Some(error)
}

fn stopped(tell: &dyn Tell) -> Option<ProviderError> {
    let stopped = || ProviderError::new(ErrorKind::Stopped, KIND, "stopped between two files");
    tell.stopped().then(stopped)
}
