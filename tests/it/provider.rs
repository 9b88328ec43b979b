//! Every kind of the provider `alibaba` against the local cloud: made, read, changed and removed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use emulator::{Account, LocalCloud, Settings};
use md5::{Digest as _, Md5};
use sdev::plan::FieldDiff;
use sdev::provider::alibaba::{Alibaba, Target};
use sdev::provider::{ErrorKind, Made, Progress, Provider, ProviderError, Seen, Task, Tell};
use sdev::resource::{Kind, Object, RemoteId};
use sdev::state::{Record, Status};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const OWNER: &str = "shop/dev:0123";

/// A local cloud of its own, and a provider that talks to it.
struct Local {
    cloud: LocalCloud,
    provider: Alibaba,
    folder: TempDir,
}

/// Keeps the items told; asks to stop once there are enough.
struct Ear {
    items: Mutex<Vec<(String, bool)>>,
    bytes: AtomicUsize,
    stop_after: usize,
}

impl Ear {
    fn new(stop_after: usize) -> Self {
        Self {
            items: Mutex::default(),
            bytes: AtomicUsize::new(0),
            stop_after,
        }
    }

    /// Keys with whether they are there now, in the order told.
    fn items(&self) -> Vec<(String, bool)> {
        let items = self.items.lock();
        items.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keys(&self) -> Vec<String> {
        self.items().into_iter().map(|(key, _)| key).collect()
    }
}

impl Tell for Ear {
    fn progress(&self, progress: Progress) {
        match progress {
            Progress::Note(_) => {}
            Progress::Item { key, entry, .. } => {
                self.items.lock().unwrap().push((key, entry.is_some()));
            }
            Progress::Bytes(count) => {
                let count = usize::try_from(count).unwrap();
                self.bytes.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    fn stopped(&self) -> bool {
        self.items().len() >= self.stop_after
    }
}

impl Local {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: folder.path().join("cloud"),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            account: Account {
                id: "1234567890123456".into(),
                access_key_id: "AKID".into(),
                access_key_secret: "SECRET".into(),
            },
            region: "cn-hangzhou".into(),
            launcher: vec![env!("CARGO_BIN_EXE_sdev").into(), "__instance".into()],
        };
        let cloud = LocalCloud::start(settings).await.unwrap();
        let provider = provider(&cloud, "AKID", "SECRET");
        Self {
            cloud,
            provider,
            folder,
        }
    }

    /// Writes a file into the folder of sources and tells its entry.
    fn file(&self, key: &str, bytes: &[u8], cache: &str) -> Json {
        let path = self.folder.path().join("site").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        let content_type = match key.rsplit_once('.') {
            Some((_, "html")) => "text/html; charset=utf-8",
            Some((_, "css")) => "text/css",
            _ => "application/octet-stream",
        };
        json!({ "md5": md5(bytes), "size": bytes.len(), "type": content_type, "cache": cache })
    }

    fn files(&self, bucket: &str, files: &Object) -> Object {
        let source = self.folder.path().join("site");
        object(json!({ "bucket": bucket, "source": source, "files": files }))
    }

    async fn read(&self, record: &Record) -> Result<Option<Seen>, ProviderError> {
        let id = record.remote.clone().unwrap();
        self.provider.read(&record.kind, &id, Some(record)).await
    }

    async fn change(&self, change: Change<'_>) -> Result<Made, ProviderError> {
        let task = Task {
            kind: &Kind::from(change.kind),
            attrs: change.attrs,
            record: change.record,
            diff: change.diff,
            owner: change.owner,
            token: "t1",
            tell: change.ear,
        };
        match change.record {
            None => self.provider.create(&task).await,
            Some(_) => self.provider.update(&task).await,
        }
    }

    async fn create(&self, kind: &str, attrs: &Object) -> Result<Record, ProviderError> {
        let ear = Ear::new(usize::MAX);
        let made = self.change(Change::new(kind, attrs, &ear)).await?;
        Ok(record(kind, attrs, made))
    }

    async fn update(
        &self,
        record_before: &Record,
        attrs: &Object,
        diff: &[FieldDiff],
    ) -> Result<Record, ProviderError> {
        let ear = Ear::new(usize::MAX);
        let kind = record_before.kind.as_str();
        let change = Change {
            record: Some(record_before),
            diff,
            ..Change::new(kind, attrs, &ear)
        };
        let made = self.change(change).await?;
        Ok(record(kind, attrs, made))
    }

    async fn delete(&self, record: &Record) -> Result<(), ProviderError> {
        let task = Task {
            kind: &record.kind,
            attrs: &record.attrs,
            record: Some(record),
            diff: &[],
            owner: OWNER,
            token: "t1",
            tell: &Ear::new(usize::MAX),
        };
        self.provider.delete(&task).await
    }

    async fn bucket(&self, name: &str) -> Record {
        let attrs = object(json!({ "name": name, "region": "cn-hangzhou", "acl": "public-read" }));
        self.create("oss.bucket", &attrs).await.unwrap()
    }
}

/// One creation or update.
struct Change<'a> {
    kind: &'a str,
    attrs: &'a Object,
    record: Option<&'a Record>,
    diff: &'a [FieldDiff],
    owner: &'a str,
    ear: &'a Ear,
}

impl<'a> Change<'a> {
    fn new(kind: &'a str, attrs: &'a Object, ear: &'a Ear) -> Self {
        Self {
            kind,
            attrs,
            record: None,
            diff: &[],
            owner: OWNER,
            ear,
        }
    }
}

fn provider(cloud: &LocalCloud, key_id: &str, key_secret: &str) -> Alibaba {
    let target = Target {
        account_id: None,
        region: "cn-hangzhou".into(),
        key_id: key_id.into(),
        key_secret: key_secret.into(),
        security_token: None,
        endpoint: Some(format!("http://{}", cloud.address())),
    };
    Alibaba::new(target).unwrap()
}

fn record(kind: &str, attrs: &Object, made: Made) -> Record {
    Record {
        kind: kind.into(),
        remote: Some(made.id),
        attrs: attrs.clone(),
        outputs: made.outputs,
        after: BTreeSet::new(),
        status: Status::Ready,
        owed: BTreeSet::new(),
        pending: BTreeSet::new(),
        protected: false,
        manifest: None,
    }
}

fn object(json: Json) -> Object {
    match json {
        Json::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn diff(path: &[&str]) -> FieldDiff {
    FieldDiff {
        path: path.iter().map(|&p| p.to_owned()).collect(),
        before: None,
        after: None,
        unknown: false,
    }
}

fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A page as a visitor gets it.
async fn get(url: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    client.build().unwrap().get(url).send().await.unwrap()
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn a_bucket_is_made_read_changed_and_removed() {
    let local = Local::start().await;
    let website = json!({ "index": "index.html", "error": "404.html", "error_status": 404, "sub_dirs": true });
    let mut attrs = object(json!({
        "name": "site-1", "region": "cn-hangzhou", "acl": "private", "website": website,
    }));
    let bucket = local.create("oss.bucket", &attrs).await.unwrap();
    assert_eq!(bucket.outputs["name"], "site-1");
    let base = format!("http://{}", local.cloud.address());
    assert_eq!(bucket.outputs["url"], format!("{base}/_site/site-1/"));
    assert_eq!(
        bucket.outputs["origin"],
        "site-1.oss-cn-hangzhou.aliyuncs.com"
    );
    let seen = local.read(&bucket).await.unwrap().unwrap();
    assert_eq!(seen.owner.as_deref(), Some(OWNER));
    attrs.insert("storage_class".into(), json!("Standard"));
    assert_eq!(Json::Object(seen.attrs), Json::Object(attrs.clone()));

    attrs.insert("acl".into(), json!("public-read"));
    attrs.insert("website".into(), json!({ "index": "index.html", "error": "index.html", "error_status": 200, "sub_dirs": false }));
    let changed = [diff(&["acl"]), diff(&["website", "error"])];
    let bucket = local.update(&bucket, &attrs, &changed).await.unwrap();
    let seen = local.read(&bucket).await.unwrap().unwrap();
    assert_eq!(Json::Object(seen.attrs), Json::Object(attrs.clone()));

    attrs.insert("website".into(), Json::Null);
    let bucket = local
        .update(&bucket, &attrs, &[diff(&["website"])])
        .await
        .unwrap();
    let seen = local.read(&bucket).await.unwrap().unwrap();
    assert_eq!(Json::Object(seen.attrs), Json::Object(attrs));

    local.delete(&bucket).await.unwrap();
    assert_eq!(local.read(&bucket).await.unwrap(), None);
    local.delete(&bucket).await.unwrap();
}

#[tokio::test]
async fn a_bucket_is_made_once_and_never_taken_from_others() {
    let local = Local::start().await;
    let bucket = local.bucket("site-1").await;
    local.create("oss.bucket", &bucket.attrs).await.unwrap();

    let ear = Ear::new(usize::MAX);
    let stranger = Change {
        owner: "other/dev:9999",
        ..Change::new("oss.bucket", &bucket.attrs, &ear)
    };
    let error = local.change(stranger).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains(OWNER), "{error}");

    let illegal = object(json!({ "name": "No Such/Name", "region": "cn-hangzhou" }));
    let error = local.create("oss.bucket", &illegal).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn a_bucket_that_holds_what_others_put_there_stays() {
    let local = Local::start().await;
    let bucket = local.bucket("site-1").await;
    let entry = local.file("notes/mine.txt", b"mine", "no-cache");
    let files = local.files("site-1", &object(json!({ "notes/mine.txt": entry })));
    let files = local.create("oss.files", &files).await.unwrap();
    let error = local.delete(&bucket).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains("`notes/mine.txt`"), "{error}");
    local.delete(&files).await.unwrap();
    local.delete(&bucket).await.unwrap();
}

#[tokio::test]
async fn files_are_sent_assets_first_read_back_changed_and_removed() {
    let local = Local::start().await;
    let bucket = local.bucket("site-1").await;
    let large: Vec<u8> = (0..=250_u8).cycle().take(20 * 1024 * 1024).collect();
    let mut files = object(json!({
        "index.html": local.file("index.html", b"<p>1</p>", "no-cache"),
        "assets/a b+\u{4e2d}.css": local.file("assets/a b+\u{4e2d}.css", b"p{}", "max-age=9"),
        "stream.bin": local.file("stream.bin", &large[..300_000], "no-cache"),
        "large.bin": local.file("large.bin", &large, "no-cache"),
    }));
    let attrs = local.files("site-1", &files);
    let ear = Ear::new(usize::MAX);
    let made = local
        .change(Change::new("oss.files", &attrs, &ear))
        .await
        .unwrap();
    assert_eq!(made.outputs["count"], 4);
    let bytes = large.len() + 300_000 + 8 + 3;
    assert_eq!(made.outputs["bytes"], bytes);
    assert_eq!(ear.bytes.load(Ordering::Relaxed), bytes);
    assert_eq!(ear.keys().last().map(String::as_str), Some("index.html"));
    let record_1 = record("oss.files", &attrs, made);
    assert_eq!(seen_md5s(&local, &record_1).await, md5s(&files));

    let url = bucket.outputs["url"].as_str().unwrap();
    let page = get(&format!("{url}assets/a%20b%2B%E4%B8%AD.css")).await;
    assert_eq!(page.status(), 200);
    assert_eq!(header(&page, "cache-control"), "max-age=9");
    assert_eq!(header(&page, "content-type"), "text/css");
    assert_eq!(page.bytes().await.unwrap(), "p{}");
    let page = get(&format!("{url}large.bin")).await;
    assert!(
        page.bytes().await.unwrap() == large,
        "the large file differs"
    );

    files.insert(
        "index.html".into(),
        local.file("index.html", b"<p>2</p>", "no-cache"),
    );
    files.insert("new.css".into(), local.file("new.css", b"q{}", "no-cache"));
    files.remove("stream.bin");
    let attrs = local.files("site-1", &files);
    let changed = ["index.html", "new.css", "stream.bin"].map(|key| diff(&["files", key]));
    let ear = Ear::new(usize::MAX);
    let change = Change {
        record: Some(&record_1),
        diff: &changed,
        ..Change::new("oss.files", &attrs, &ear)
    };
    let made = local.change(change).await.unwrap();
    let told = [
        ("new.css", true),
        ("index.html", true),
        ("stream.bin", false),
    ];
    assert_eq!(
        ear.items(),
        told.map(|(key, there)| (key.to_owned(), there))
    );
    let record_2 = record("oss.files", &attrs, made);
    assert_eq!(seen_md5s(&local, &record_2).await, md5s(&files));

    removed_for_good(&local, &record_2, &bucket).await;
}

async fn removed_for_good(local: &Local, files: &Record, bucket: &Record) {
    local.delete(files).await.unwrap();
    assert_eq!(seen_md5s(local, files).await, Vec::new());
    local.delete(bucket).await.unwrap();
    assert_eq!(local.read(files).await.unwrap(), None);
    local.delete(files).await.unwrap();
}

async fn seen_md5s(local: &Local, record: &Record) -> Vec<(String, String)> {
    let seen = local.read(record).await.unwrap().unwrap();
    md5s(seen.attrs["files"].as_object().unwrap())
}

fn md5s(files: &Object) -> Vec<(String, String)> {
    let md5 = |entry: &Json| entry["md5"].as_str().unwrap().to_owned();
    let mut all: Vec<_> = files
        .iter()
        .map(|(key, entry)| (key.clone(), md5(entry)))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_long_listing_is_read_to_its_end() {
    let local = Local::start().await;
    local.bucket("site-1").await;
    let files: Object = (0..1234)
        .map(|n| {
            (
                format!("f/{n:04} x.txt"),
                local.file(
                    &format!("f/{n:04} x.txt"),
                    n.to_string().as_bytes(),
                    "no-cache",
                ),
            )
        })
        .collect();
    let attrs = local.files("site-1", &files);
    let record = local.create("oss.files", &attrs).await.unwrap();
    assert_eq!(seen_md5s(&local, &record).await, md5s(&files));
    local.delete(&record).await.unwrap();
    assert_eq!(seen_md5s(&local, &record).await, Vec::new());
}

#[tokio::test]
async fn a_file_that_changed_since_the_plan_does_not_get_into_the_cloud() {
    let local = Local::start().await;
    local.bucket("site-1").await;
    for size in [10_usize, 100_000, 17 * 1024 * 1024] {
        let entry = local.file("a.bin", &vec![1; size], "no-cache");
        local.file("a.bin", &vec![2; size], "no-cache");
        let attrs = local.files("site-1", &object(json!({ "a.bin": entry })));
        let ear = Ear::new(usize::MAX);
        let change = Change::new("oss.files", &attrs, &ear);
        let error = local.change(change).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Source, "{size}: {error}");
        assert!(error.message.contains("a.bin"), "{error}");
        assert_eq!(ear.items(), []);
        let seen = local
            .provider
            .read(&"oss.files".into(), &RemoteId::from("site-1"), None)
            .await;
        assert_eq!(seen.unwrap().unwrap().attrs["files"], json!({}), "{size}");
    }
}

#[tokio::test]
async fn a_stop_is_obeyed_between_files() {
    let local = Local::start().await;
    local.bucket("site-1").await;
    let files: Object = (0..100)
        .map(|n| {
            (
                format!("{n}.txt"),
                local.file(&format!("{n}.txt"), b"x", "no-cache"),
            )
        })
        .collect();
    let attrs = local.files("site-1", &files);
    let ear = Ear::new(3);
    let error = local
        .change(Change::new("oss.files", &attrs, &ear))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stopped);
    let seen = local
        .provider
        .read(&"oss.files".into(), &RemoteId::from("site-1"), None)
        .await;
    let seen = seen.unwrap().unwrap();
    let there: BTreeSet<String> = seen.attrs["files"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(there, ear.keys().into_iter().collect());
    assert!(there.len() < 100, "{}", there.len());
}

#[tokio::test]
async fn wrong_keys_are_denied_and_never_mean_that_nothing_is_there() {
    let local = Local::start().await;
    local.bucket("site-1").await;
    for (id, secret) in [("AKID", "WRONG"), ("NOBODY", "SECRET")] {
        let provider = provider(&local.cloud, id, secret);
        for kind in ["oss.bucket", "oss.files", "cdn.domain"] {
            let read = provider
                .read(&kind.into(), &RemoteId::from("site-1"), None)
                .await;
            let error = read.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Denied, "{kind}: {error}");
            assert!(error.hint.is_some(), "{kind}: {error}");
            assert!(!format!("{error:?}").contains(secret), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_domain_is_added_read_changed_refreshed_and_removed() {
    let local = Local::start().await;
    local.bucket("site-1").await;
    local.bucket("site-2").await;
    for (bucket, text) in [("site-1", "one"), ("site-2", "two")] {
        let entry = local.file("a.txt", text.as_bytes(), "max-age=600");
        let files = local.files(bucket, &object(json!({ "a.txt": entry })));
        local.create("oss.files", &files).await.unwrap();
    }
    let mut attrs = object(json!({
        "domain": "www.shop.test", "origin": "site-1.oss-cn-hangzhou.aliyuncs.com", "scope": "domestic", "kind": "web",
        "ttl": [{ "path": "/assets/", "seconds": 60 }, { "extensions": ["txt", "png"], "seconds": 3600 }],
        "headers": { "X-Frame-Options": "DENY" },
    }));
    let domain = local.create("cdn.domain", &attrs).await.unwrap();
    let port = local.cloud.address().port();
    assert_eq!(
        domain.outputs["url"],
        format!("http://www.shop.test.localhost:{port}/")
    );
    let seen = local.read(&domain).await.unwrap().unwrap();
    assert_eq!(seen.owner.as_deref(), Some(OWNER));
    assert_eq!(Json::Object(seen.attrs), Json::Object(attrs.clone()));

    let page = format!("{}a.txt", domain.outputs["path_url"].as_str().unwrap());
    assert_eq!(get(&page).await.text().await.unwrap(), "one");
    let entry = local.file("a.txt", b"new", "max-age=600");
    let files = local.files("site-1", &object(json!({ "a.txt": entry })));
    local.create("oss.files", &files).await.unwrap();
    assert_eq!(get(&page).await.text().await.unwrap(), "one");
    let args = json!({ "paths": ["/a.txt", "/"] });
    let told = local.provider.act("refresh", &domain, &args).await.unwrap();
    assert_eq!(told["count"], 2);
    let tasks = local
        .provider
        .act("refresh_status", &domain, &told)
        .await
        .unwrap();
    assert!(
        !tasks["tasks"].as_array().unwrap().is_empty(),
        "{told} {tasks}"
    );
    assert_eq!(get(&page).await.text().await.unwrap(), "new");

    attrs.insert(
        "origin".into(),
        json!("site-2.oss-cn-hangzhou.aliyuncs.com"),
    );
    attrs.insert(
        "ttl".into(),
        json!([{ "extensions": ["txt"], "seconds": 5 }]),
    );
    let changed = [diff(&["origin"]), diff(&["ttl"])];
    let domain = local.update(&domain, &attrs, &changed).await.unwrap();
    let seen = local.read(&domain).await.unwrap().unwrap();
    assert_eq!(Json::Object(seen.attrs), Json::Object(attrs.clone()));

    local.delete(&domain).await.unwrap();
    assert_eq!(local.read(&domain).await.unwrap(), None);
    local.delete(&domain).await.unwrap();
}

#[tokio::test]
async fn a_domain_is_added_once_and_never_taken_from_others() {
    let local = Local::start().await;
    let attrs = object(
        json!({ "domain": "www.shop.test", "origin": "site-1.oss-cn-hangzhou.aliyuncs.com" }),
    );
    local.create("cdn.domain", &attrs).await.unwrap();
    local.create("cdn.domain", &attrs).await.unwrap();
    let ear = Ear::new(usize::MAX);
    let stranger = Change {
        owner: "other/dev:9999",
        ..Change::new("cdn.domain", &attrs, &ear)
    };
    let error = local.change(stranger).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains(OWNER), "{error}");
}

#[tokio::test]
async fn many_refreshed_paths_become_one_folder() {
    let local = Local::start().await;
    let attrs = object(
        json!({ "domain": "www.shop.test", "origin": "site-1.oss-cn-hangzhou.aliyuncs.com" }),
    );
    let domain = local.create("cdn.domain", &attrs).await.unwrap();
    for (count, purge, urls) in [(250, "File", 250), (501, "Directory", 1)] {
        let paths: Vec<_> = (0..count).map(|n| format!("/{n}")).collect();
        let args = json!({ "paths": paths });
        let told = local.provider.act("refresh", &domain, &args).await.unwrap();
        assert_eq!(
            (&told["type"], &told["count"]),
            (&json!(purge), &json!(urls))
        );
    }
    let error = local
        .provider
        .act("dance", &domain, &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn wrong_keys_are_denied_while_a_file_is_still_being_sent() {
    let local = Local::start().await;
    local.bucket("site-1").await;
    let provider = provider(&local.cloud, "AKID", "WRONG");
    for size in [10, 3_000_000, 17 * 1024 * 1024] {
        let entry = local.file("a.bin", &vec![1; size], "no-cache");
        let attrs = local.files("site-1", &object(json!({ "a.bin": entry })));
        let task = Task {
            kind: &Kind::from("oss.files"),
            attrs: &attrs,
            record: None,
            diff: &[],
            owner: OWNER,
            token: "t1",
            tell: &Ear::new(usize::MAX),
        };
        let error = provider.create(&task).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{size}: {error}");
    }
}
