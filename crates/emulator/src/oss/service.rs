//! The object storage as the router and the CDN see it; which operation a call asks for.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::blob::Blobs;
use super::call::Call;
use super::content::Content;
use super::error::{OssError, Outcome};
use super::operation::{
    append, bucket, configure, copy, delete, get, list, multipart, put, site, uploads,
};
use super::watch::Watch;
use super::{auth, reply, staging, table};
use crate::body::Reply;
use crate::clock::Clock;
use crate::settings::{Account, Settings};
use crate::store::{Store, StoreError};

/// Bytes of a refused request's body that are read so that its sender sees the refusal.
const DRAINED: usize = 4 * 1024 * 1024;
/// Parameters that are served, of those that a version 1 signature covers.
const SERVED: [&str; 25] = [
    "acl",
    "append",
    "bucketInfo",
    "continuation-token",
    "delete",
    "location",
    "objectMeta",
    "partNumber",
    "position",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "security-token",
    "sequential",
    "stat",
    "tagging",
    "uploadId",
    "uploads",
    "website",
    "x-oss-request-payer",
    "x-oss-traffic-limit",
    "x-oss-ac-source-ip",
];

/// The object storage of a cloud; clones share it.
#[derive(Clone)]
pub(crate) struct Oss(pub(super) Arc<Shared>);

/// What the operations work with.
pub(super) struct Shared {
    pub(super) account: Account,
    pub(super) region: String,
    pub(super) clock: Clock,
    pub(super) store: Store,
    pub(super) blobs: Blobs,
    /// Who hears of changed objects.
    pub(super) watch: OnceLock<Arc<dyn Watch>>,
}

/// How a request names its bucket outside its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OssHost {
    /// The host is an endpoint: the path starts with the bucket, if any.
    Endpoint,
    /// The host names the bucket; empty for the service itself.
    Bucket(String),
}

/// A visitor's request to a bucket's website.
pub(crate) struct WebRequest {
    pub(crate) method: Method,
    /// Decoded, starting with `/`.
    pub(crate) path: String,
    /// As sent, without the `?`.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
}

impl Oss {
    /// Opens what the data folder holds and sweeps what a crash left behind. Blocks.
    pub(crate) fn open(
        settings: &Settings,
        clock: Clock,
        store: Store,
    ) -> Result<Self, StoreError> {
        let blobs = Blobs::open(settings.data.join("oss"))?;
        let named = store.peek(|db| {
            table::piece::blobs(db).map_err(|error| StoreError::Commit(error.to_string()))
        })?;
        blobs.sweep(&named.into_iter().collect())?;
        Ok(Self(Arc::new(Shared {
            account: settings.account.clone(),
            region: settings.region.clone(),
            clock,
            store,
            blobs,
            watch: OnceLock::new(),
        })))
    }

    /// Tells `watch` of changed objects from now on; only the first one counts.
    pub(crate) fn watch(&self, watch: Arc<dyn Watch>) {
        let _ = self.0.watch.set(watch);
    }

    /// Answers an API call, signed or not.
    pub(crate) async fn answer(&self, host: OssHost, request: Request<Incoming>) -> Reply {
        let (head, mut body) = request.into_parts();
        let mut call = Call::new(&host, head);
        let outcome = self.0.run(&mut call, &mut body).await;
        if call.told.load(Ordering::Acquire)
            && let Some(watch) = self.0.watch.get()
        {
            watch.committed();
        }
        let refused = outcome.is_err();
        let mut reply = outcome.unwrap_or_else(|error| reply::error(&call, &error));
        if refused && call.header("expect").is_none() {
            drain(&mut body).await;
        }
        reply::finish(&mut reply, &call.request_id, self.0.clock.now());
        reply
    }

    /// Answers an anonymous visitor as the bucket's website would: index and error documents, access as the acl allows.
    pub(crate) async fn web(&self, bucket: &str, request: WebRequest) -> Reply {
        let (call, path) = Call::visit(bucket, request);
        let outcome = site::visit(&self.0, &call, &path).await;
        let mut reply = outcome.unwrap_or_else(|error| reply::error(&call, &error));
        reply::finish(&mut reply, &call.request_id, self.0.clock.now());
        reply
    }

    /// Whether a bucket of this name exists.
    pub(crate) async fn has_bucket(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        let found = self
            .0
            .store
            .read(move |db| table::bucket::exists(db, &name))
            .await;
        found.map_err(|error: OssError| StoreError::Commit(error.to_string()))
    }

    /// The whole content of an object, for other rooms of this cloud: they act for the account, and reach what is staged.
    pub(crate) async fn fetch(&self, bucket: &str, key: &str, most: u64) -> Result<Bytes, String> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let found = self.0.store.read(move |db| {
            if bucket != staging::BUCKET && !table::bucket::exists(db, &bucket)? {
                return Ok(None);
            }
            let Some(object) = table::object::find(db, &bucket, &key)? else {
                return Ok(None);
            };
            Ok::<_, OssError>(Some((object.size, Content::find(db, &object.pieces)?)))
        });
        let found = found.await.map_err(|error| error.to_string())?;
        let (size, content) = found.ok_or("there is no such object")?;
        if size > most {
            return Err(format!("it is larger than {} MB", most >> 20));
        }
        let body = content.send(&self.0, 0, size).await;
        let body = body.map_err(|error| error.to_string())?;
        let read = body.collect().await.map_err(|error| error.to_string())?;
        Ok(read.to_bytes())
    }

    /// What the status says about this room.
    pub(crate) async fn counts(&self) -> Result<Value, StoreError> {
        let counts = self.0.store.read(|db| {
            let buckets = table::bucket::list(db, "", "", usize::MAX)?.len();
            let (objects, bytes) = table::object::totals(db, None)?;
            Ok(json!({"buckets": buckets, "objects": objects, "bytes": bytes}))
        });
        counts
            .await
            .map_err(|error: OssError| StoreError::Commit(error.to_string()))
    }

    /// Deletes every bucket and object.
    pub(crate) async fn reset(&self) -> Result<(), StoreError> {
        let cleared = self.0.store.write(table::clear).await;
        let blobs = cleared.map_err(|error: OssError| StoreError::Commit(error.to_string()))?;
        self.0.blobs.remove(blobs).await;
        Ok(())
    }
}

impl Shared {
    /// The cloud's time in milliseconds of Unix time.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    async fn run(&self, call: &mut Call, body: &mut Incoming) -> Outcome<Reply> {
        call.caller = auth::authenticate(call, &self.account, &self.clock)?;
        staging::refuse_strangers(call)?;
        refuse_unserved(call)?;
        match (&call.bucket, &call.key) {
            (None, _) => self.run_service(call).await,
            (Some(_), None) => self.run_bucket(call, body).await,
            (Some(_), Some(_)) => self.run_object(call, body).await,
        }
    }

    async fn run_service(&self, call: &Call) -> Outcome<Reply> {
        match call.method.as_str() {
            "GET" => list::buckets(self, call).await,
            _ => Err(OssError::MethodNotAllowed),
        }
    }

    async fn run_bucket(&self, call: &Call, body: &mut Incoming) -> Outcome<Reply> {
        let asked = [
            "acl",
            "bucketInfo",
            "location",
            "website",
            "tagging",
            "stat",
            "uploads",
            "delete",
        ];
        let asked = asked
            .into_iter()
            .find(|name| call.has(name))
            .unwrap_or_default();
        match (call.method.as_str(), asked) {
            ("GET", "acl") => configure::get_bucket_acl(self, call).await,
            ("PUT", "acl") => configure::put_bucket_acl(self, call).await,
            ("GET", "website") => configure::get_website(self, call).await,
            ("PUT", "website") => configure::put_website(self, call, body).await,
            ("DELETE", "website") => configure::delete_website(self, call).await,
            ("GET", "tagging") => configure::get_bucket_tagging(self, call).await,
            ("PUT", "tagging") => configure::put_bucket_tagging(self, call, body).await,
            ("DELETE", "tagging") => configure::delete_bucket_tagging(self, call).await,
            ("GET" | "HEAD", "bucketInfo") | ("HEAD", "") => bucket::info(self, call).await,
            ("GET", "location") => bucket::location(self, call).await,
            ("GET", "stat") => bucket::stat(self, call).await,
            ("GET", "uploads") => uploads::list_uploads(self, call).await,
            ("GET", "") => list::objects(self, call).await,
            ("PUT", "") => bucket::put(self, call, body).await,
            ("DELETE", "") => bucket::delete(self, call).await,
            ("POST", "delete") => delete::many(self, call, body).await,
            ("POST", "") => Err(OssError::NotImplemented("uploads by HTML form".to_owned())),
            _ => Err(OssError::MethodNotAllowed),
        }
    }

    async fn run_object(&self, call: &Call, body: &mut Incoming) -> Outcome<Reply> {
        let asked = [
            "acl",
            "tagging",
            "uploadId",
            "uploads",
            "append",
            "objectMeta",
        ];
        let asked = asked
            .into_iter()
            .find(|name| call.has(name))
            .unwrap_or_default();
        let is_copy = call.headers.contains_key(copy::SOURCE_HEADER);
        match (call.method.as_str(), asked) {
            ("GET", "acl") => configure::get_object_acl(self, call).await,
            ("PUT", "acl") => configure::put_object_acl(self, call).await,
            ("GET", "tagging") => configure::get_object_tagging(self, call).await,
            ("PUT", "tagging") => configure::put_object_tagging(self, call, body).await,
            ("DELETE", "tagging") => configure::delete_object_tagging(self, call).await,
            ("GET" | "HEAD", "objectMeta") => get::meta(self, call).await,
            ("GET" | "HEAD", "") => get::object(self, call).await,
            ("PUT", "") if is_copy => copy::object(self, call).await,
            ("PUT", "") => put::object(self, call, body).await,
            ("DELETE", "") => delete::one(self, call).await,
            ("POST", "append") => append::object(self, call, body).await,
            ("POST", "uploads") => multipart::initiate(self, call).await,
            ("PUT", "uploadId") if is_copy => copy::part(self, call).await,
            ("PUT", "uploadId") => multipart::put_part(self, call, body).await,
            ("GET", "uploadId") => uploads::list_parts(self, call).await,
            ("POST", "uploadId") => multipart::complete(self, call, body).await,
            ("DELETE", "uploadId") => multipart::abort(self, call).await,
            _ => Err(OssError::MethodNotAllowed),
        }
    }
}

/// Refuses sub-resources that are not served. A write must not have any parameter that is not known: what looks like
/// a setting would be taken for a bucket or an object.
fn refuse_unserved(call: &Call) -> Outcome<()> {
    let writes = call.method != Method::GET && call.method != Method::HEAD;
    let is_known = |name: &str| {
        SERVED.contains(&name)
            || name.starts_with("x-oss-")
            || ["OSSAccessKeyId", "Signature", "Expires", "encoding-type"].contains(&name)
    };
    let is_refused = |name: &str| {
        let is_setting = wire::oss::v1::is_signed_param(name) && !SERVED.contains(&name);
        is_setting || (writes && !is_known(name))
    };
    match call.query.iter().find(|(name, _)| is_refused(name)) {
        Some((name, _)) => Err(OssError::NotImplemented(format!(
            "the sub-resource {name:?}"
        ))),
        None => Ok(()),
    }
}

/// Whether a query asks for something of a bucket or object other than its content.
pub(crate) fn has_subresource(query: &str) -> bool {
    let is_other = |name: &str| {
        name == "list-type"
            || (wire::oss::v1::is_signed_param(name) && !name.starts_with("response-"))
    };
    query
        .split('&')
        .any(|pair| is_other(pair.split('=').next().unwrap_or_default()))
}

async fn drain(body: &mut Incoming) {
    let mut left = DRAINED;
    while let Some(Ok(frame)) = body.frame().await {
        let read = frame.data_ref().map_or(0, bytes::Bytes::len);
        if read > left {
            return;
        }
        left -= read;
    }
}
